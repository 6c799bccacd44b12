#include "herdflow/http/access.hpp"

#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

using http_testing::Answer;
using http_testing::Connection;

constexpr const char* kToken = "0123456789abcdef";

TEST(Access, ATokenIsSixteenVisibleCharactersOrMore) {
  EXPECT_TRUE(Access::IsToken(kToken));
  EXPECT_TRUE(Access::IsToken("!\"#$%&'()*+,-./~"));
  for (const auto* text : {"", "0123456789abcde", "0123456789 abcdef", "0123456789abcdef\t",
                           "0123456789abcdef\r", "0123456789abcdé"}) {
    EXPECT_FALSE(Access::IsToken(text)) << text;
  }
}

TEST(Access, WithoutATokenEverybodyIsAdmitted) {
  EXPECT_TRUE(Access().Admits(""));
  EXPECT_TRUE(Access().Admits("Bearer whatever"));
}

TEST(Access, TheTokenAdmitsWhateverTheLettersOfItsScheme) {
  const Access access(kToken);
  for (const auto* scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer   "}) {
    EXPECT_TRUE(access.Admits(std::string(scheme) + kToken)) << scheme;
  }
}

TEST(Access, NothingElseAdmits) {
  const Access access(kToken);
  for (const auto* sent :
       {"", "Bearer", "Bearer ", "0123456789abcdef", "Basic 0123456789abcdef",
        "Bearer0123456789abcdef", "Bearer 0123456789abcde", "Bearer 0123456789abcdef0",
        "Bearer 0123456789abcdeg", "Bearer 0123456789ABCDEF", "Bearer 1123456789abcdef",
        "Bearer 0123456789abcdef0123456789abcdef", "Bearer 0123456789abcdef, Bearer x"}) {
    EXPECT_FALSE(access.Admits(sent)) << sent;
  }
}

class AccessTest : public ServerTest {
 protected:
  AccessTest() {
    ServerOptions options;
    options.access = Access(kToken);
    auto routes = Routes();
    routes.push_back(Make("GET", "/open", [](const Request&, const Respond& respond) {
      respond(JsonResponse(200, "\"open\""));
    }));
    routes.back().is_open = true;
    routes.push_back(Make("GET", "/page", [](const Request&, const Respond& respond) {
      respond(JsonResponse(200, "\"page\""));
    }));
    routes.back().without_token = JsonResponse(200, "\"ask\"");
    server_ = std::move(*Server::Start(options, std::move(routes)));
  }

  static std::string Line(std::string_view method, std::string_view path,
                          std::string_view authorization) {
    std::string text =
        std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!authorization.empty()) text += "Authorization: " + std::string(authorization) + "\r\n";
    return text + "\r\n";
  }
};

TEST_F(AccessTest, EveryRequestNeedsTheToken) {
  for (const auto* path : {"/hello", "/hello/", "/nowhere", "/echo/%zz", "/", "*"}) {
    const Answer answer = Ask(Line("GET", path, ""));
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_EQ(Problem(answer), "unauthorized") << path;
    EXPECT_EQ(answer.Header("www-authenticate"), "Bearer realm=\"herdflow\"") << path;
  }
  for (const auto* method : {"HEAD", "PUT", "DELETE", "OPTIONS", "FETCH"}) {
    Connection connection(server_->port());
    connection.Send(Line(method, "/hello", ""));
    EXPECT_EQ(connection.Read(true)->status, 401) << method;
  }
  EXPECT_EQ(Ask(Line("PUT", "/open", "")).status, 401);
}

TEST_F(AccessTest, AWrongTokenIsCalledInvalid) {
  for (const auto* sent : {"Bearer 0123456789abcdeX", "Basic abc"}) {
    const Answer answer = Ask(Line("GET", "/hello", sent));
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.Header("www-authenticate"),
              "Bearer realm=\"herdflow\", error=\"invalid_token\"");
  }
  const std::string good = std::string("Authorization: Bearer ") + kToken + "\r\n";
  EXPECT_EQ(Ask("GET /hello HTTP/1.1\r\nHost: localhost\r\n" + good + good + "\r\n").status, 401);
}

TEST_F(AccessTest, TheTokenOpensEverything) {
  const std::string sent = std::string("Bearer ") + kToken;
  EXPECT_EQ(Ask(Line("GET", "/hello", sent)).status, 200);
  EXPECT_EQ(Ask(Line("GET", "/page", sent)).body, "\"page\"");
  EXPECT_EQ(Ask(Line("GET", "/nowhere", sent)).status, 404);
  EXPECT_EQ(Ask(Line("PUT", "/hello", sent)).status, 405);
  EXPECT_EQ(Ask(Line("GET", "*", sent)).status, 400);
  const std::string header = "Authorization: " + sent + "\r\n";
  EXPECT_EQ(Ask(http_testing::Post("/echo", "cow", header)).body, "cow");
}

TEST_F(AccessTest, OpenRoutesNeedNone) {
  EXPECT_EQ(Ask(Line("GET", "/open", "")).body, "\"open\"");
  EXPECT_EQ(Ask(Line("GET", "/open", "Bearer wrong")).status, 200);
}

TEST_F(AccessTest, ARouteMayAnswerWithAPageThatAsksForIt) {
  const Answer answer = Ask(Line("GET", "/page", ""));
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body, "\"ask\"");
  EXPECT_NE(answer.Header("www-authenticate"), "");
}

TEST_F(AccessTest, ARefusedBodyIsNotReadAndNotWaitedFor) {
  Connection connection(server_->port());
  connection.Send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\nExpect: "
      "100-continue\r\n\r\n");
  EXPECT_EQ(connection.Read()->status, 401);
  EXPECT_TRUE(connection.AtEnd());
}

TEST_F(AccessTest, TheConnectionIsKeptWhereNothingWouldFollow) {
  Connection connection(server_->port());
  connection.Send(Line("GET", "/hello", "") + Line("GET", "/open", ""));
  EXPECT_EQ(connection.Read()->status, 401);
  EXPECT_EQ(connection.Read()->status, 200);
}

TEST(Listening, WithATokenOnAnyAddress) {
  ServerOptions options;
  options.access = Access(kToken);
  options.address = "0.0.0.0";
  const auto server = Server::Start(options, {});
  ASSERT_TRUE(server) << server.error().message();
  const auto answer = http_testing::Ask((*server)->port(), http_testing::Get("/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
}

}  // namespace
}  // namespace herdflow::http
