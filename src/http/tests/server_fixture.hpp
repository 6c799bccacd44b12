#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "herdflow/http/problem.hpp"
#include "herdflow/http/server.hpp"
#include "herdflow/http_testing/client.hpp"

namespace herdflow::http {

/// Answers that a test gives when it likes, from its own thread.
class Held {
 public:
  void Add(Respond respond) {
    const std::lock_guard lock(mutex_);
    held_.push_back(std::move(respond));
  }
  [[nodiscard]] std::size_t size() {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void WaitFor(std::size_t count) {
    while (size() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  std::vector<Respond> TakeAll() {
    const std::lock_guard lock(mutex_);
    return std::exchange(held_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Respond> held_;
};

/// A server on a free loopback port with a route of each kind.
class ServerTest : public testing::Test {
 protected:
  void Start(const ServerOptions& options = {}) {
    auto server = Server::Start(options, Routes());
    ASSERT_TRUE(server) << server.error().message();
    server_ = std::move(*server);
  }

  static Route Make(std::string method, std::string path,
                    std::function<void(const Request&, Respond)> handle,
                    http::Run run = http::Run::kInline) {
    Route route;
    route.method = std::move(method);
    route.path = std::move(path);
    route.run = run;
    route.max_body_bytes = 1000;
    route.handle = std::move(handle);
    return route;
  }

  static void SayHi(const Request&, const Respond& respond) {
    respond(JsonResponse(200, "\"hi\""));
  }

  std::vector<Route> Routes() {
    return {
        Make("GET", "/hello", SayHi),
        Make("GET", "/echo/{what}",
             [](const Request& request, const Respond& respond) {
               respond(JsonResponse(200, std::string(request.Parameter("what"))));
             }),
        Make("POST", "/echo",
             [](const Request& request, const Respond& respond) {
               respond(JsonResponse(200, request.body));
             }),
        Make("GET", "/held",
             [this](const Request&, Respond respond) { held_->Add(std::move(respond)); }),
        Make("GET", "/large",
             [](const Request&, const Respond& respond) {
               respond(JsonResponse(200, std::string(kLargeBytes, 'x')));
             }),
        Make("GET", "/dropped", [](const Request&, const Respond&) {}),
        Make("GET", "/throws",
             [](const Request&, const Respond&) {
               throw std::runtime_error("SELECT secret FROM /var/lib");
             }),
        Make(
            "GET", "/slow",
            [this](const Request&, const Respond& respond) {
              held_->Add(respond);
              std::this_thread::sleep_for(std::chrono::milliseconds(300));
              respond(JsonResponse(200, "\"slow\""));
            },
            http::Run::kBlocking),
        Make("GET", "/reads", SayHi, http::Run::kBlocking),
        Make("GET", "/probes", SayHi, http::Run::kProbing),
        Make(
            "GET", "/writes",
            [this](const Request& request, const Respond& respond) {
              held_->Add(respond);
              while (!writes_may_end_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
              SayHi(request, respond);
            },
            http::Run::kWriting),
    };
  }

  [[nodiscard]] http_testing::Answer Ask(std::string_view request) const {
    const auto answer = http_testing::Ask(server_->port(), request);
    if (!answer) ADD_FAILURE() << "no answer to " << request.substr(0, 80);
    return answer.value_or(http_testing::Answer{});
  }

  /// The last word of the problem's type: `not-found`.
  static std::string Problem(const http_testing::Answer& answer) {
    EXPECT_EQ(answer.Header("content-type"), "application/problem+json");
    const std::string start = R"({"type":"urn:herdflow:problem:)";
    if (!answer.body.starts_with(start)) return answer.body;
    return answer.body.substr(start.size(), answer.body.find('"', start.size()) - start.size());
  }

  /// More than a socket takes at once.
  static constexpr std::size_t kLargeBytes = std::size_t{16} << 20;

  std::shared_ptr<Held> held_ = std::make_shared<Held>();
  std::atomic<bool> writes_may_end_ = false;
  std::unique_ptr<Server> server_;
};

}  // namespace herdflow::http
