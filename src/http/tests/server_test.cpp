#include <thread>

#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

using http_testing::Connection;
using http_testing::Get;
using http_testing::Post;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_F(ServerTest, AnswersWithTheHeadersThatEveryAnswerHas) {
  Start();
  const auto answer = Ask(Get("/hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "\"hi\"");
  EXPECT_EQ(answer.Header("content-type"), "application/json");
  EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.Header("cache-control"), "no-store");
  EXPECT_NE(answer.Header("date"), "");
  EXPECT_EQ(answer.Header("access-control-allow-origin"), "");
}

TEST_F(ServerTest, KeepsTheConnection) {
  Start();
  Connection connection(server_->port());
  for (int i = 0; i < 3; ++i) {
    connection.Send(Get("/hello"));
    ASSERT_EQ(connection.Read()->status, 200);
  }
}

TEST_F(ServerTest, ClosesWhenTheClientWantsThat) {
  Start();
  for (const auto* request : {"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                              "GET /hello HTTP/1.0\r\n\r\n"}) {
    Connection connection(server_->port());
    connection.Send(request);
    EXPECT_EQ(connection.Read()->Header("connection"), "close");
    EXPECT_TRUE(connection.AtEnd());
  }
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  Connection connection(server_->port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += Get("/echo/" + std::to_string(i));
    requests += Post("/echo", "body" + std::to_string(i));
  }
  connection.Send(requests + Get("/nowhere") + Get("/hello"));
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(connection.Read()->body, std::to_string(i));
    ASSERT_EQ(connection.Read()->body, "body" + std::to_string(i));
  }
  EXPECT_EQ(connection.Read()->status, 404);
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(ServerTest, AnAnswerThatTheSocketDoesNotTakeAtOnceIsWholeAndKeepsItsPlace) {
  Start();
  Connection connection(server_->port());
  connection.Send(Get("/large") + Get("/hello"));
  const auto large = connection.Read();
  ASSERT_TRUE(large);
  EXPECT_EQ(large->body.size(), kLargeBytes);
  EXPECT_EQ(large->body.find_first_not_of('x'), std::string::npos);
  const auto next = connection.Read();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->body, "\"hi\"");
}

TEST_F(ServerTest, APipelinedRequestWaitsForTheOneBeforeIt) {
  Start();
  Connection connection(server_->port());
  connection.Send(Get("/held") + Get("/hello"));
  held_->WaitFor(1);
  held_->TakeAll().front()(JsonResponse(200, "\"first\""));
  EXPECT_EQ(connection.Read()->body, "\"first\"");
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(ServerTest, KnowsUnknownPathsAndOtherMethods) {
  Start();
  EXPECT_EQ(Problem(Ask(Get("/nowhere"))), "not-found");
  const auto answer = Ask(Post("/hello", ""));
  EXPECT_EQ(Problem(answer), "method-not-allowed");
  EXPECT_EQ(answer.Header("allow"), "GET, HEAD");
  EXPECT_EQ(Ask(Get("/hello/")).status, 200);
  EXPECT_EQ(Ask(Get("/hello?a=b")).status, 200);
  for (const auto* target :
       {"http://localhost/hello", "HTTP://localhost/hello", "hTTp://localhost/%68ello"}) {
    EXPECT_EQ(Ask(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", target)).status, 200)
        << target;
  }
  for (const auto& [target, status] : {std::pair{"//hello", 404},
                                       {"/hello%2F", 404},
                                       {"/%zz", 400},
                                       {"/hell%", 400},
                                       {"ftp://localhost/hello", 400},
                                       {"http://localhost?/hello", 404},
                                       {"http://evil.example/hello", 403},
                                       {"http:///hello", 400},
                                       {"http://:80/hello", 400},
                                       {"http://localhost:x@evil.example/hello", 400},
                                       {"*", 400}}) {
    EXPECT_EQ(Ask(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", target)).status, status)
        << target;
  }
}

TEST_F(ServerTest, TheHostOfTheTargetCountsBeforeTheHeader) {
  Start();
  EXPECT_EQ(Ask("GET http://localhost/hello HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 200);
  EXPECT_EQ(Problem(Ask("GET http://localhost/hello HTTP/1.1\r\nHost: evil.example\r\n"
                        "Origin: http://evil.example\r\n\r\n")),
            "cross-origin");
}

TEST_F(ServerTest, HeadIsGetWithoutBody) {
  Start();
  Connection connection(server_->port());
  connection.Send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + Get("/hello"));
  const auto head = connection.Read(true);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->Header("content-length"), "4");
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(ServerTest, ManyRequestsWaitWithoutHoldingAThread) {
  ServerOptions options;
  options.threads = 1;
  options.blocking_threads = 1;
  Start(options);
  std::vector<Connection> connections;
  for (int i = 0; i < 200; ++i) {
    connections.emplace_back(server_->port());
    connections.back().Send(Get("/held"));
  }
  held_->WaitFor(200);
  EXPECT_EQ(Ask(Get("/hello")).status, 200);
  std::thread([held = held_] {
    for (const auto& respond : held->TakeAll()) respond(JsonResponse(200, "\"late\""));
  }).join();
  for (auto& connection : connections) EXPECT_EQ(connection.Read()->body, "\"late\"");
}

TEST_F(ServerTest, TheFirstAnswerCounts) {
  Start();
  Connection connection(server_->port());
  connection.Send(Get("/held"));
  held_->WaitFor(1);
  const auto respond = held_->TakeAll().front();
  respond(JsonResponse(200, "1"));
  respond(JsonResponse(200, "2"));
  EXPECT_EQ(connection.Read()->body, "1");
  connection.Send(Get("/hello"));
  EXPECT_EQ(connection.Read()->body, "\"hi\"");
}

TEST_F(ServerTest, AHandlerThatFailsIsA500WithoutItsReason) {
  Start();
  for (const auto* path : {"/dropped", "/throws"}) {
    const auto answer = Ask(Get(path));
    EXPECT_EQ(answer.status, 500) << path;
    EXPECT_EQ(Problem(answer), "internal");
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  }
}

TEST_F(ServerTest, BlockingRoutesDoNotBlockTheOthers) {
  ServerOptions options;
  options.threads = 1;
  options.blocking_threads = 1;
  options.limits.blocking_requests = 1;
  Start(options);
  Connection slow(server_->port());
  slow.Send(Get("/slow"));
  held_->WaitFor(1);
  EXPECT_EQ(Ask(Get("/hello")).status, 200);
  const auto second = Ask(Get("/slow"));
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.Header("retry-after"), "1");
  EXPECT_EQ(slow.Read()->body, "\"slow\"");
}

TEST_F(ServerTest, DrainFinishesWhatWasBegun) {
  Start();
  Connection idle(server_->port());
  idle.Send(Get("/hello"));
  idle.Read();
  Connection pending(server_->port());
  pending.Send(Get("/held"));
  held_->WaitFor(1);
  std::thread drain([&] { server_->Drain(seconds(10)); });
  EXPECT_TRUE(idle.AtEnd());
  while (Connection(server_->port()).connected()) std::this_thread::sleep_for(milliseconds(1));
  held_->TakeAll().front()(JsonResponse(200, "\"done\""));
  const auto answer = pending.Read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "\"done\"");
  EXPECT_EQ(answer->Header("connection"), "close");
  EXPECT_TRUE(pending.AtEnd());
  drain.join();
}

TEST_F(ServerTest, DrainCutsOffWhatIsNotAnsweredInTime) {
  Start();
  Connection pending(server_->port());
  pending.Send(Get("/held"));
  held_->WaitFor(1);
  server_->Drain(milliseconds(50));
  EXPECT_FALSE(pending.Read());
}

TEST_F(ServerTest, AnAnswerAfterTheServersEndIsHarmless) {
  Start();
  Connection pending(server_->port());
  pending.Send(Get("/held"));
  held_->WaitFor(1);
  server_.reset();
  for (const auto& respond : held_->TakeAll()) respond(JsonResponse(200, "1"));
}

TEST_F(ServerTest, SurvivesClientsThatGoAway) {
  Start();
  for (int i = 0; i < 50; ++i) {
    Connection(server_->port()).Send(Get("/held"));
    Connection(server_->port())
        .Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nab");
  }
  held_->WaitFor(50);
  for (const auto& respond : held_->TakeAll()) respond(JsonResponse(200, "1"));
  EXPECT_EQ(Ask(Get("/hello")).status, 200);
}

// What it is about is seen by ThreadSanitizer alone (tests/tsan/run): elsewhere the race has no
// effect.
TEST_F(ServerTest, ConnectionsThatEndAtOnceEndOnTheirOwnThread) {
  Start();
  for (int i = 0; i < 500; ++i) Connection(server_->port()).Send(Get("/hello"));
  EXPECT_EQ(Ask(Get("/hello")).status, 200);
}

}  // namespace
}  // namespace herdflow::http
