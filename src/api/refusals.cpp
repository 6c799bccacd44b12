#include "refusals.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "herdflow/core/text.hpp"

namespace herdflow::api {

bool IsUtf8Type(std::string_view type) {
  constexpr std::string_view kCharset = "charset=";
  while (!type.empty()) {
    const std::size_t semicolon = std::min(type.find(';'), type.size());
    std::string_view part = Trimmed(type.substr(0, semicolon));
    type.remove_prefix(std::min(semicolon + 1, type.size()));
    if (!http::EqualsIgnoringCase(part.substr(0, kCharset.size()), kCharset)) continue;
    part.remove_prefix(kCharset.size());
    if (part.size() >= 2 && part.front() == '"' && part.back() == '"') {
      part = part.substr(1, part.size() - 2);
    }
    const bool fits = http::EqualsIgnoringCase(part, "utf-8") ||
                      http::EqualsIgnoringCase(part, "utf8") ||
                      http::EqualsIgnoringCase(part, "us-ascii");
    if (!fits) return false;
  }
  return true;
}

std::optional<http::Response> RefuseEncoding(const http::Request& request) {
  for (const auto& [name, value] : request.headers) {
    if (http::EqualsIgnoringCase(name, "Content-Encoding") && !value.empty() &&
        !http::EqualsIgnoringCase(value, "identity")) {
      constexpr std::size_t kShown = 40;
      return http::ProblemResponse(
          http::ProblemKind::kUnsupportedEncoding,
          fmt::format("Content-Encoding is {}; send the body as it is, without that header.",
                      ReplaceBadUtf8(CutUtf8(value, kShown))));
    }
    if (http::EqualsIgnoringCase(name, "Content-Type") && !IsUtf8Type(value)) {
      return http::ProblemResponse(http::ProblemKind::kUnsupportedCharset);
    }
  }
  return std::nullopt;
}

std::optional<http::Response> RefuseIdempotencyKey(const http::Request& request, bool is_required) {
  static constexpr std::string_view kName = "Idempotency-Key";
  constexpr std::size_t kMaxKeyBytes = 255;
  const auto times = std::count_if(
      request.headers.begin(), request.headers.end(),
      [](const auto& header) { return http::EqualsIgnoringCase(header.first, kName); });
  if (times == 0 && !is_required) return std::nullopt;
  const std::string_view key = request.Header(kName);
  const bool is_visible =
      std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (times == 1 && !key.empty() && key.size() <= kMaxKeyBytes && is_visible) return std::nullopt;
  return http::ProblemResponse(
      http::ProblemKind::kInvalidInput, {},
      {{"header.Idempotency-Key", key.empty() ? "missing" : "bad_characters",
        "send 1 to 255 visible ASCII characters without blanks, in one header"}});
}

http::FieldError ToFieldError(const herd::Rejection& rejection) {
  std::string location =
      rejection.field.empty() ? std::string("body") : fmt::format("body.{}", rejection.field);
  return {std::move(location), std::string(herd::Name(rejection.code)), rejection.reason};
}

std::vector<http::FieldError> ToFieldErrors(const std::vector<herd::Rejection>& rejections) {
  std::vector<http::FieldError> errors;
  errors.reserve(rejections.size());
  for (const auto& rejection : rejections) errors.push_back(ToFieldError(rejection));
  return errors;
}

http::Response RefuseBody(const herd::Rejection& rejection) {
  return http::ProblemResponse(http::ProblemKind::kInvalidJson, {}, {ToFieldError(rejection)});
}

http::Response RefuseFields(const std::vector<herd::Rejection>& rejections) {
  return http::ProblemResponse(http::ProblemKind::kInvalidInput, {}, ToFieldErrors(rejections));
}

}  // namespace herdflow::api
