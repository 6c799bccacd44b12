#include "herdflow/core/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "herdflow/core/logging.hpp"

namespace herdflow {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RetryTest : public ::testing::Test {
 protected:
  static Retry::Clock::time_point At(std::chrono::milliseconds time) {
    return Retry::Clock::time_point(1h + time);
  }
  static Error Away(std::string_view message = "no server") {
    return Error(ErrorCode::kUnavailable, std::string(message));
  }

  std::vector<std::string> lines_;
  LogListener listener_{[this](LogLevel, std::string_view line) { lines_.emplace_back(line); }};
  Retry retry_{"loading", {100ms, 1s}};
};

TEST_F(RetryTest, PausesDoubleUpToTheLongest) {
  for (const auto pause : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    EXPECT_EQ(retry_.Failed(Away(), At(0ms)), pause);
  }
}

TEST_F(RetryTest, TheSameFailureIsSaidOnceAndThatItIsOver) {
  for (int i = 0; i < 5; ++i)
    retry_.Failed(Away("no server for 1" + std::to_string(i) + " s"), At(0ms));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("loading: no server for 10 s; trying again")));
  retry_.Failed(Away("the disk is full"), At(1s));
  retry_.Failed(Away(), At(2s));
  retry_.Failed(Away("the disk is full"), At(3s));
  EXPECT_THAT(lines_, SizeIs(3));
  retry_.Succeeded(At(4s));
  retry_.Succeeded(At(5s));
  EXPECT_THAT(lines_.back(), HasSubstr("loading: goes on, after 8 failures in 4 s"));
  retry_.Succeeded(At(6s));
  EXPECT_THAT(lines_, SizeIs(4));
  EXPECT_EQ(retry_.Failed(Away(), At(7s)), 100ms);
  EXPECT_THAT(lines_, SizeIs(5));
}

TEST_F(RetryTest, ASuccessThatDoesNotLastEndsNothing) {
  retry_.Failed(Away(), At(0ms));
  retry_.Failed(Away(), At(100ms));
  retry_.Succeeded(At(300ms));
  retry_.Succeeded(At(499ms));
  EXPECT_TRUE(retry_.is_failing());
  EXPECT_EQ(retry_.Failed(Away(), At(500ms)), 400ms);
  retry_.Succeeded(At(900ms));
  retry_.Succeeded(At(1300ms));
  EXPECT_FALSE(retry_.is_failing());
  EXPECT_THAT(lines_, SizeIs(2));
}

}  // namespace
}  // namespace herdflow
