#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contract.hpp"
#include "fakes.hpp"
#include "herdflow/http/server.hpp"
#include "herdflow/http_testing/client.hpp"

namespace herdflow::api {

/// A real server of one port's routes. Every answer is held against the port's document.
class Port {
 public:
  Port(std::vector<http::Route> routes, std::string_view document, http::Access access = {})
      : contract_(document) {
    http::ServerOptions options;
    options.access = std::move(access);
    auto server = http::Server::Start(options, std::move(routes));
    EXPECT_TRUE(server);
    server_ = std::move(*server);
  }

  /// `headers`: more of them, each with its end of line.
  http_testing::Answer Get(const std::string& path, std::string_view headers = {}) const {
    std::string request = http_testing::Get(path);
    request.insert(request.size() - std::string_view("\r\n").size(), headers);
    return Checked("GET", path, request);
  }
  http_testing::Answer Post(const std::string& path, std::string_view body,
                            std::string_view headers = {}) const {
    return Checked("POST", path, http_testing::Post(path, body, headers));
  }
  http_testing::Answer Put(const std::string& path, std::string_view body) const {
    const std::string post = http_testing::Post(path, body);
    return Checked("PUT", path, "PUT" + post.substr(std::string_view("POST").size()));
  }
  [[nodiscard]] std::uint16_t number() const { return server_->port(); }
  /// For what no document describes (pages, redirects).
  [[nodiscard]] http_testing::Answer Unchecked(std::string_view request) const {
    return http_testing::Ask(server_->port(), request).value_or(http_testing::Answer{});
  }

 private:
  [[nodiscard]] http_testing::Answer Checked(std::string_view method, std::string_view path,
                                             std::string_view request) const {
    auto answer = Unchecked(request);
    EXPECT_EQ(contract_.Misfit(method, path, answer), "")
        << method << " " << path << " " << answer.status << " " << answer.body;
    return answer;
  }

  Contract contract_;
  std::unique_ptr<http::Server> server_;
};

/// `body.cow_id missing, body.timestamp bad_timestamp` of a problem or of an answer's warnings.
inline std::string Complaints(const http_testing::Answer& answer, const char* member = "errors") {
  std::string text;
  const auto body = boost::json::parse(answer.body);
  for (const auto& error : body.at(member).as_array()) {
    if (!text.empty()) text += ", ";
    text += std::string(error.at("location").as_string()) + " ";
    text += std::string(error.at("code").as_string());
  }
  return text;
}

}  // namespace herdflow::api
