#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace herdflow::http {

using NamedText = std::pair<std::string, std::string>;

struct Request {
  std::string method;                 ///< `GET` also where the client sent `HEAD`.
  std::string path;                   ///< As sent, percent-encoded, without the query.
  std::string query;                  ///< What stood behind `?`, as sent.
  std::vector<NamedText> parameters;  ///< Of the route's path, percent-decoded: any bytes.
  std::vector<NamedText> headers;
  std::string body;
  std::string client;  ///< `127.0.0.1:40312`.

  /// The header of this name in any letter case; empty where there is none.
  [[nodiscard]] std::string_view Header(std::string_view name) const;
  /// The value behind `name=` in the query, percent-decoded, `+` being a blank, as forms send it;
  /// nothing where there is none.
  [[nodiscard]] std::optional<std::string> QueryValue(std::string_view name) const;
  /// The path's parameter of this name. REQUIRES: the route's path has it.
  [[nodiscard]] std::string_view Parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;  ///< Empty: no body (204, 304, redirects).
  std::string body;
  std::vector<NamedText> headers;  ///< Beside those that the server sets. Never a client's text.
  std::string log;                 ///< Why, for the log alone: written where `status` is a 5xx.
};

/// Answers a request. From any thread, at any time until the request's deadline; the first call
/// counts. Never called and destroyed in every copy: the client gets a 500.
using Respond = std::function<void(Response)>;

[[nodiscard]] Response JsonResponse(int status, std::string body);

[[nodiscard]] bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace herdflow::http
