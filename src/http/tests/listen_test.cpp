#include <unistd.h>

#include "server_fixture.hpp"

namespace herdflow::http {
namespace {

Error FailToStart(const ServerOptions& options) {
  auto server = Server::Start(options, {});
  EXPECT_FALSE(server);
  return server ? Error(ErrorCode::kInternal, "it started") : server.error();
}

bool Contains(const Error& error, std::string_view text) {
  return error.message().find(text) != std::string::npos;
}

TEST_F(ServerTest, TellsWhereItListens) {
  Start();
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->url(), "http://127.0.0.1:" + std::to_string(server_->port()));
}

TEST(Listening, WithoutATokenOnlyOnLoopback) {
  ServerOptions options;
  options.address_setting = "[backend] address";
  options.token_setting = "[http] token_file";
  for (const auto* address : {"0.0.0.0", "::", "192.168.1.7", "8.8.8.8", "farm.example", ""}) {
    options.address = address;
    const Error error = FailToStart(options);
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput) << address;
    EXPECT_TRUE(Contains(error, "[backend] address")) << error.message();
  }
  for (const auto* address : {"0.0.0.0", "::"}) {
    options.address = address;
    EXPECT_TRUE(Contains(FailToStart(options), "[http] token_file")) << address;
  }
}

TEST_F(ServerTest, APortInUseTellsHowToSeeWhoHasItAndTheSetting) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  options.port_setting = "--backend-port";
  const Error error = FailToStart(options);
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_TRUE(Contains(error, ":" + std::to_string(options.port))) << error.message();
  EXPECT_TRUE(Contains(error, "ss -ltnp")) << error.message();
  EXPECT_TRUE(Contains(error, "--backend-port")) << error.message();
}

TEST_F(ServerTest, ThePortIsFreeAgainAfterTheEnd) {
  Start();
  ServerOptions options;
  options.port = server_->port();
  EXPECT_EQ(Ask(http_testing::Get("/hello")).status, 200);
  server_.reset();
  Start(options);
  EXPECT_EQ(Ask(http_testing::Get("/hello")).status, 200);
}

TEST(Problems, EveryKindHasATypeOfItsOwn) {
  for (const ProblemKind kind : kAllProblemKinds) {
    EXPECT_TRUE(Facts(kind).type.starts_with("urn:herdflow:problem:"));
    for (const ProblemKind other : kAllProblemKinds) {
      EXPECT_EQ(kind == other, Facts(kind).type == Facts(other).type);
    }
  }
}

TEST(Problems, AServerFailureKeepsItsReasonToItself) {
  const Error error(ErrorCode::kCorruptData, "reading /data/store.db: SELECT failed");
  const Response response = ProblemResponse(error);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("store.db"), std::string::npos);
  EXPECT_EQ(response.log, error.message());
  EXPECT_EQ(ProblemResponse(Error(ErrorCode::kInvalidInput, "why")).status, 422);
  EXPECT_EQ(ProblemResponse(Error(ErrorCode::kNotFound, "why")).status, 404);
  EXPECT_EQ(ProblemResponse(Error(ErrorCode::kConflict, "why")).status, 409);
  EXPECT_EQ(ProblemResponse(Error(ErrorCode::kTimeout, "why")).status, 504);
  for (const auto code : {ErrorCode::kUnavailable, ErrorCode::kShuttingDown}) {
    const Response busy = ProblemResponse(Error(code, "why"));
    EXPECT_EQ(busy.status, 503);
    EXPECT_EQ(busy.headers, (std::vector<NamedText>{{"Retry-After", "1"}}));
  }
}

TEST(Problems, OnlyWhereARetryAloneMayHelpThereIsRetryAfter) {
  for (const ProblemKind kind : kAllProblemKinds) {
    EXPECT_EQ(ProblemResponse(kind).headers.empty(), kind != ProblemKind::kUnavailable);
  }
}

}  // namespace
}  // namespace herdflow::http
