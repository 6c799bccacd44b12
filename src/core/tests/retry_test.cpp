#include "herdflow/core/retry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/stop.hpp"

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

TEST_F(RetryTest, PausesDoubleUpToTheLongestAndChanceSpreadsThem) {
  for (const auto longest : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    const auto pause = retry_.Failed(Away(), At(0ms));
    EXPECT_GE(pause, longest / 2);
    EXPECT_LE(pause, longest);
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
  EXPECT_LE(retry_.Failed(Away(), At(7s)), 100ms);
  EXPECT_THAT(lines_, SizeIs(5));
}

TEST_F(RetryTest, ASuccessThatDoesNotLastEndsNothing) {
  retry_.Failed(Away(), At(0ms));
  retry_.Failed(Away(), At(100ms));
  retry_.Succeeded(At(300ms));
  retry_.Succeeded(At(499ms));
  EXPECT_GE(retry_.Failed(Away(), At(500ms)), 200ms);
  retry_.Succeeded(At(900ms));
  retry_.Succeeded(At(1300ms));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("no server"), HasSubstr("goes on, after 3 failures")));
}

/// A turn that fails so often, and then gives how often it was done.
class Turn {
 public:
  explicit Turn(int failures, ErrorCode code = ErrorCode::kUnavailable)
      : failures_(failures), code_(code) {}
  Result<int> operator()() {
    ++done;
    if (failures_-- > 0) return Fail(code_, "no server");
    return done;
  }

  int done = 0;

 private:
  int failures_;
  ErrorCode code_;
};

TEST_F(RetryTest, WhereTheRuleSaysSoOneSuccessEndsIt) {
  Retry retry("opening", {.first = 100ms, .ends_at_once = true});
  retry.Failed(Away(), At(0ms));
  retry.Failed(Away(), At(100ms));
  retry.Succeeded(At(300ms));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("no server"),
                                  HasSubstr("opening: goes on, after 2 failures in 0 s")));
  EXPECT_LE(retry.Failed(Away(), At(310ms)), 100ms);
}

TEST_F(RetryTest, UntilItGoesWell) {
  Retry retry("loading", {.first = 1ms});
  Turn turn(3);
  EXPECT_EQ(retry.Until({}, std::ref(turn)).value(), 4);
}

TEST_F(RetryTest, GivesUpAfterSoManyTriesEachTime) {
  Retry retry("loading", {.first = 1ms, .longest = 1ms, .tries = 3});
  for (int time = 0; time < 2; ++time) {
    Turn turn(3);
    EXPECT_EQ(retry.Until({}, std::ref(turn)).error().code(), ErrorCode::kUnavailable);
    EXPECT_EQ(turn.done, 3);
  }
}

TEST_F(RetryTest, WhatDoesNotPassIsNotTriedAgainWhereTheRuleSaysSo) {
  Retry retry("loading", {.only_passing = true});
  Turn turn(1, ErrorCode::kInvalidInput);
  EXPECT_EQ(retry.Until({}, std::ref(turn)).error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(turn.done, 1);
}

TEST_F(RetryTest, WhatShortPausesMendIsNotTold) {
  Retry retry("seeding", {.first = 100ms, .quiet = 400ms});
  retry.Failed(Away(), At(0ms));
  retry.Failed(Away(), At(100ms));
  retry.Succeeded(At(300ms));
  retry.Succeeded(At(600ms));
  EXPECT_THAT(lines_, SizeIs(0));
  for (int i = 0; i < 3; ++i) retry.Failed(Away(), At(1s));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("seeding: no server")));
}

TEST_F(RetryTest, WhoeverIsAskedToStopDoesNotWaitForTheNextTry) {
  Retry retry("loading", {.first = 1h, .longest = 1h});
  std::stop_source stop;
  int done = 0;
  const auto result = retry.Until(stop.get_token(), [&]() -> Result<int> {
    ++done;
    stop.request_stop();
    return Fail(ErrorCode::kUnavailable, "no server");
  });
  EXPECT_EQ(result.error().code(), ErrorCode::kShuttingDown);
  EXPECT_THAT(result.error().message(), HasSubstr("stopped; it had failed before: no server"));
  EXPECT_EQ(done, 1);
  EXPECT_THAT(lines_, SizeIs(0));  // It is not tried again.
}

TEST(PartialStop, EndsByItselfAndWithTheWhole) {
  std::stop_source whole;
  PartialStop first(whole.get_token()), second(whole.get_token());
  first.Request();
  EXPECT_TRUE(first.token().stop_requested());
  EXPECT_FALSE(second.token().stop_requested());
  EXPECT_FALSE(whole.stop_requested());
  whole.request_stop();
  EXPECT_TRUE(second.token().stop_requested());
  EXPECT_TRUE(PartialStop(whole.get_token()).token().stop_requested());
}

TEST(SleepFor, IsCutShortByAStop) {
  std::stop_source stop;
  std::thread asking([&] { stop.request_stop(); });
  SleepFor(1h, stop.get_token());
  asking.join();
}

}  // namespace
}  // namespace herdflow
