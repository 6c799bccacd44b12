#include <sys/resource.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

using http_testing::Connection;
using http_testing::Get;
using http_testing::Post;
using std::chrono::milliseconds;

ServerOptions Impatient() {
  ServerOptions options;
  options.limits.read = milliseconds(200);
  options.limits.answer = milliseconds(200);
  options.limits.idle = milliseconds(200);
  return options;
}

TEST_F(ServerTest, RefusesALargeBodyUnread) {
  Start();
  EXPECT_EQ(Ask(Post("/echo", std::string(1000, 'x'))).status, 200);
  Connection connection(server_->port());
  connection.Send(Post("/echo", std::string(100'000, 'x')));
  const auto answer = connection.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(Problem(*answer), "body-too-large");
  EXPECT_EQ(answer->Header("connection"), "close");
}

TEST_F(ServerTest, ReadsChunkedBodiesUpToTheLimit) {
  Start();
  const std::string start =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Ask(start + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").body, "abcde");
  std::string many = start;
  for (int i = 0; i < 11; ++i) many += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_EQ(Problem(Ask(many)), "body-too-large");
  EXPECT_EQ(Ask(start + "1;" + std::string(100'000, 'e')).status, 400);
}

TEST_F(ServerTest, RefusesLargeHeaders) {
  Start();
  const std::string start = "GET /hello HTTP/1.1\r\nHost: localhost\r\n";
  EXPECT_EQ(Ask(start + "A: " + std::string(20'000, 'a') + "\r\n\r\n").status, 431);
  std::string many = start;
  for (int i = 0; i < 70; ++i) many += "A" + std::to_string(i) + ": b\r\n";
  EXPECT_EQ(Problem(Ask(many + "\r\n")), "headers-too-large");
  std::string endless = start;
  for (int i = 0; i < 10'000; ++i) endless += "A: b\r\n";
  EXPECT_EQ(Ask(endless).status, 431);
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  Start();
  for (const auto* request :
       {"hello\r\n\r\n", "GET /hello\r\n\r\n", "GET /hello HTTP/2.0\r\n\r\n",
        "GET /hello HTTP/1.1\r\n\r\n", "GET hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\nHost: y\r\n\r\n",
        "GET /echo/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: localhost\r\n: y\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: "
        "4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: "
        "chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    const auto answer = Ask(request);
    EXPECT_EQ(answer.status, 400) << request;
    EXPECT_EQ(Problem(answer), "malformed-request") << request;
  }
}

TEST_F(ServerTest, ClosesWhereTheLengthOfABodyIsInDoubt) {
  Start();
  const std::string hidden = Post("/echo", "hidden");
  for (const auto* encoding : {"Transfer-Encoding: gzip", "Transfer-Encoding: identity",
                               "Transfer-Encoding:", "Transfer-Encoding: chunked, identity",
                               "Transfer-Encoding: gzip, chunked",
                               "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked",
                               "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;q=1",
                               "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                               "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
                               "Content-Length: 0\r\nTransfer-Encoding: gzip",
                               "Transfer-Encoding: gzip\r\nContent-Length: 0",
                               "Transfer-Encoding:\r\n chunked", "X: a\r\n\tContent-Length: 9",
                               "Content-Length: 0, 0", "Content-Length: 0\r\nContent-Length: 0"}) {
    for (const auto* path : {"/echo", "/nowhere"}) {
      SCOPED_TRACE(encoding);
      Connection connection(server_->port());
      connection.Send(fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n{}", path,
                                  encoding, hidden));
      const auto answer = connection.Read();
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 400);
      EXPECT_EQ(answer->Header("connection"), "close");
      EXPECT_FALSE(connection.Read());
    }
  }
  Connection old(server_->port());
  old.Send(
      "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\n\r\n" +
      hidden);
  EXPECT_EQ(old.Read()->status, 400);
  EXPECT_FALSE(old.Read());
}

TEST_F(ServerTest, NothingEndsTheLineOfAChunksSizeButItsEnd) {
  Start();
  const std::string start =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(Ask(start + "1;a=\"b;\tc\"\r\nx\r\n0;d\r\n\r\n").body, "x");
  for (const auto* line : {"0;a=\"\n\"", "0;a=\"\n5\n\"", "0;a=\"\v\"", "0;a=\"\x7f\"", "0;a=\n"}) {
    Connection connection(server_->port());
    connection.Send(start + line + "\r\n\r\n" + Post("/echo", "hidden"));
    const auto answer = connection.Read();
    ASSERT_TRUE(answer) << line;
    EXPECT_EQ(answer->status, 400) << line;
    EXPECT_EQ(answer->Header("connection"), "close") << line;
    EXPECT_FALSE(connection.Read()) << line;
  }
}

TEST_F(ServerTest, RefusesPagesOfOtherOrigins) {
  Start();
  const auto from = [this](std::string_view origin) {
    return Ask("POST /echo HTTP/1.1\r\nHost: localhost:5000\r\nContent-Length: 1\r\nOrigin: " +
               std::string(origin) + "\r\n\r\nx")
        .status;
  };
  EXPECT_EQ(from("http://localhost:5000"), 200);
  for (const auto* origin : {"https://example.org", "http://localhost:5001", "null", "http://"}) {
    EXPECT_EQ(from(origin), 403) << origin;
  }
}

TEST_F(ServerTest, EveryOriginCounts) {
  Start();
  for (const auto* second : {"http://localhost", "null"}) {
    EXPECT_EQ(Ask(fmt::format("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
                              "Origin: http://localhost\r\nOrigin: {}\r\n\r\nx",
                              second))
                  .status,
              second == std::string_view("null") ? 403 : 200);
  }
}

TEST_F(ServerTest, IsReachedByTheNamesOfLoopbackAlone) {
  Start();
  const auto to = [this](std::string_view host) {
    return Ask(fmt::format("GET /hello HTTP/1.1\r\nHost: {}\r\n\r\n", host)).status;
  };
  for (const auto* host : {"localhost", "LOCALHOST:5000", "farm.localhost", "127.0.0.1",
                           "127.8.9.1:5000", "[::1]", "[::1]:5000"}) {
    EXPECT_EQ(to(host), 200) << host;
  }
  for (const auto* host : {"example.org", "localhost.example.org", "xlocalhost", ".localhost",
                           "127.0.0.1.example.org", "10.0.0.1", "0.0.0.0", "[::]", "[::1", "",
                           "localhost@evil", "[::1].example.org", "[::1]5000", "[localhost]",
                           "[127.0.0.1]", "localhost:5000.example.org", "[::1]:5000.example.org"}) {
    EXPECT_EQ(to(host), 403) << host;
  }
}

TEST_F(ServerTest, SendsContinueToWhoWaitsForIt) {
  Start();
  Connection connection(server_->port());
  connection.Send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(connection.Read()->status, 100);
  connection.Send("abc");
  EXPECT_EQ(connection.Read()->body, "abc");
}

TEST_F(ServerTest, ASlowRequestIsA408) {
  Start(Impatient());
  for (const auto* begin :
       {"G", "GET /hello HTTP/1.1\r\nHost: localhost\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab"}) {
    Connection connection(server_->port());
    connection.Send(begin);
    const auto answer = connection.Read();
    ASSERT_TRUE(answer) << begin;
    EXPECT_EQ(Problem(*answer), "request-timeout");
    EXPECT_TRUE(connection.AtEnd());
  }
}

TEST_F(ServerTest, ARequestThatEndsTooEarlyIsA400) {
  Start();
  for (const auto* begin :
       {"G", "GET /hello HTTP/1.1\r\nHost: localhost\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab"}) {
    Connection connection(server_->port());
    connection.Send(begin);
    connection.EndSending();
    const auto answer = connection.Read();
    ASSERT_TRUE(answer) << begin;
    EXPECT_EQ(Problem(*answer), "malformed-request");
    EXPECT_TRUE(connection.AtEnd());
  }
  Connection silent(server_->port());
  silent.EndSending();
  EXPECT_TRUE(silent.AtEnd());
}

TEST_F(ServerTest, DripFedBytesDoNotLengthenTheTime) {
  Start(Impatient());
  Connection connection(server_->port());
  const std::string request =
      "GET /hello HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(100, 'a');
  for (const char c : request) {
    if (!connection.Send({&c, 1})) break;
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(connection.Read()->status, 408);
}

TEST_F(ServerTest, AnIdleConnectionIsClosedWithoutAWord) {
  Start(Impatient());
  Connection connection(server_->port());
  connection.Send(Get("/hello"));
  EXPECT_EQ(connection.Read()->status, 200);
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(ServerTest, AHandlerThatDoesNotAnswerInTimeIsA504) {
  Start(Impatient());
  Connection connection(server_->port());
  connection.Send(Get("/held"));
  EXPECT_EQ(Problem(*connection.Read()), "outcome-unknown");
  for (const auto& respond : held_->TakeAll()) respond(JsonResponse(200, "\"late\""));
  connection.Send(Get("/hello"));
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(ServerTest, OneConnectionTooManyIsTurnedAwayWhereNoneIsIdle) {
  ServerOptions options;
  options.limits.connections = 2;
  Start(options);
  {
    Connection first(server_->port());
    Connection second(server_->port());
    first.Send(Get("/held"));
    second.Send(Get("/held"));
    held_->WaitFor(2);
    Connection third(server_->port());
    EXPECT_EQ(third.Read()->status, 503);
    EXPECT_TRUE(third.AtEnd());
    for (const auto& respond : held_->TakeAll()) respond(JsonResponse(200, "1"));
  }
  for (int status = 503; status == 503;) {
    Connection again(server_->port());
    again.Send(Get("/hello"));
    const auto answer = again.Read();
    if (answer) status = answer->status;
  }
}

TEST_F(ServerTest, AnIdleConnectionGivesWayToANewOne) {
  ServerOptions options;
  options.limits.connections = 2;
  Start(options);
  Connection silent(server_->port());
  Connection busy(server_->port());
  busy.Send(Get("/held"));
  held_->WaitFor(1);
  for (int status = 503; status == 503;) {  // Until the server has seen that it is idle.
    Connection again(server_->port());
    again.Send(Get("/hello"));
    const auto answer = again.Read();
    if (answer) status = answer->status;
  }
  EXPECT_TRUE(silent.AtEnd());
  held_->TakeAll().front()(JsonResponse(200, "\"kept\""));
  EXPECT_EQ(busy.Read()->body, "\"kept\"");
}

/// As many files as this process has open, and so many more.
class FewFiles {
 public:
  explicit FewFiles(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(next) + more;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewFiles(const FewFiles&) = delete;
  FewFiles& operator=(const FewFiles&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ServerTest, AnswersAgainWhenThereAreFilesToOpenAgain) {
  Start();
  const std::uint16_t port = server_->port();
  std::optional<Connection> waiting;
  {
    const FewFiles limit(1);  // The client's.
    waiting.emplace(port);
    waiting->Send(Get("/hello"));
    std::this_thread::sleep_for(milliseconds(200));  // Until the server has tried and failed.
  }
  const auto answer = waiting->Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST_F(ServerTest, ReadsAndProbesDoNotWaitBehindWrites) {
  ServerOptions options;
  options.threads = options.blocking_threads = options.writing_threads = 1;
  options.limits.writing_requests = 2;
  Start(options);
  Connection writing(server_->port());
  Connection waiting(server_->port());
  writing.Send(Get("/writes"));
  held_->WaitFor(1);
  waiting.Send(Get("/writes"));
  EXPECT_EQ(Ask(Get("/reads")).status, 200);
  EXPECT_EQ(Ask(Get("/probes")).status, 200);
  const auto refused = Ask(Get("/writes"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Header("retry-after"), "1");
  writes_may_end_ = true;
  EXPECT_EQ(writing.Read()->status, 200);
  EXPECT_EQ(waiting.Read()->status, 200);
}

TEST_F(ServerTest, WhatWaitedTooLongIsNotBegun) {
  ServerOptions options;
  options.writing_threads = 1;
  options.limits.turn = milliseconds(200);
  Start(options);
  Connection writing(server_->port());
  Connection waiting(server_->port());
  writing.Send(Get("/writes"));
  held_->WaitFor(1);
  waiting.Send(Get("/writes"));
  EXPECT_EQ(waiting.Read()->status, 503);
  writes_may_end_ = true;
  server_->Drain(milliseconds(5'000));
  EXPECT_EQ(held_->TakeAll().size(), 1U);
}

}  // namespace
}  // namespace herdflow::http
