#include "herdflow/orchestration/scheduler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stop_token>

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;

/// A clock that goes on by `step` each time it is read.
class NewsTest : public ::testing::Test {
 protected:
  News::Clock::time_point Read() {
    const std::lock_guard lock(mutex_);
    ++reads_;
    read_.notify_all();
    return clock_ += step_;
  }
  /// Wait for news on another thread. After `kGiveUp` it counts as one that never ends.
  std::future<void> Wait() {
    return std::async(std::launch::async, [this] { news_.Wait(stop_.get_token()); });
  }
  bool Ends(std::future<void>& wait) {
    const bool ends = wait.wait_for(kGiveUp) == std::future_status::ready;
    stop_.request_stop();
    wait.wait();
    if (ends) stop_ = {};
    return ends;
  }
  /// Until a wait that began after `reads` has read the clock, which it does as it begins: whatever
  /// is announced then, it hears of while it waits.
  void AwaitBegin(int reads) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(read_.wait_for(lock, kGiveUp, [&] { return reads_ > reads; }));
  }

  static constexpr auto kGiveUp = 20s;
  std::mutex mutex_;
  std::condition_variable read_;
  int reads_ = 0;
  News::Clock::time_point clock_{1h};
  std::chrono::milliseconds step_{0};
  News news_{[this] { return Read(); }};
  std::stop_source stop_;
};

TEST_F(NewsTest, WhoIsIdleLooksAtOnce) {
  news_.Announce();
  news_.Wait(stop_.get_token());
  const int reads = reads_;
  auto wait = Wait();
  AwaitBegin(reads);
  news_.Announce();
  EXPECT_TRUE(Ends(wait));  // The clock stands: no wait for a time would end.
}

TEST_F(NewsTest, WhatCameDuringALookIsOneLookMoreApartFromIt) {
  step_ = 5ms;
  news_.Announce();
  news_.Wait(stop_.get_token());
  const auto began = clock_;
  for (int i = 0; i < 100; ++i) news_.Announce();
  news_.Wait(stop_.get_token());
  EXPECT_GE(clock_, began + News::kApart);
  step_ = 0ms;
  auto idle = Wait();  // Were something left over, it would wait for a clock that stands.
  EXPECT_TRUE(Ends(idle));
}

TEST_F(NewsTest, ALookThatTookLongIsFollowedAtOnce) {
  news_.Announce();
  news_.Wait(stop_.get_token());
  news_.Announce();
  clock_ += News::kApart;
  auto wait = Wait();
  EXPECT_TRUE(Ends(wait));
}

TEST_F(NewsTest, AStopEndsAnyWait) {
  news_.Announce();
  news_.Wait(stop_.get_token());
  news_.Announce();
  const int reads = reads_;
  auto collecting = Wait();  // For ever: the clock stands.
  AwaitBegin(reads);
  stop_.request_stop();
  EXPECT_EQ(collecting.wait_for(kGiveUp), std::future_status::ready);
  auto idle = Wait();
  EXPECT_EQ(idle.wait_for(kGiveUp), std::future_status::ready);
}

}  // namespace
}  // namespace herdflow::orchestration
