#include "herdflow/intake/cached_farms.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "empty_store.hpp"

namespace herdflow::intake {
namespace {

using namespace std::chrono_literals;
using pipeline::FarmView;

/// What the store says, and how it does.
struct Store {
  void Say(std::vector<FarmView> farms) {
    const std::lock_guard lock(mutex);
    said = std::move(farms);
  }

  std::mutex mutex;
  Result<std::vector<FarmView>> said;
  std::atomic<int> looks = 0;
  std::atomic<bool> is_held = false;  ///< It takes its time.
};

FarmView Farm(std::string id, bool is_closed = false) {
  FarmView farm;
  farm.id = std::move(id);
  if (is_closed) farm.closed_at = Instant();
  return farm;
}

class StoreHerd final : public pipeline::testing::EmptyHerd {
 public:
  explicit StoreHerd(Store& store) : store_(store) {}

  Result<std::vector<FarmView>> ListFarms() override {
    ++store_.looks;
    while (store_.is_held) std::this_thread::sleep_for(1ms);
    const std::lock_guard lock(store_.mutex);
    return store_.said;
  }

 private:
  Store& store_;
};

class CachedFarmsTest : public ::testing::Test {
 protected:
  Result<FarmState> Find(std::string_view farm) { return Ask(farm).get(); }
  std::future<Result<FarmState>> Ask(std::string_view farm) {
    const auto promise = std::make_shared<std::promise<Result<FarmState>>>();
    book_->Find(farm, [promise](Result<FarmState> state) { promise->set_value(std::move(state)); });
    return promise->get_future();
  }
  void Fails(ErrorCode code) {
    const std::lock_guard lock(store_.mutex);
    store_.said = Fail(code, "as the test says");
  }

  Store store_;
  std::atomic<int> opened_ = 0;
  std::unique_ptr<CachedFarms> book_ =
      std::make_unique<CachedFarms>([this]() -> Result<std::unique_ptr<pipeline::HerdQueries>> {
        ++opened_;
        return std::make_unique<StoreHerd>(store_);
      });
};

TEST_F(CachedFarmsTest, DefaultIsOpenAndNobodyIsAsked) {
  EXPECT_EQ(Find("default"), FarmState::kOpen);
  EXPECT_EQ(opened_, 0);
}

TEST_F(CachedFarmsTest, TellsHowAFarmStands) {
  store_.Say({Farm("default"), Farm("hill"), Farm("old", true)});
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  EXPECT_EQ(Find("old"), FarmState::kClosed);
  EXPECT_EQ(Find("nowhere"), FarmState::kUnknown);
  EXPECT_EQ(opened_, 1);
}

TEST_F(CachedFarmsTest, WhatIsRememberedIsToldAtOnce) {
  store_.Say({Farm("hill")});
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  store_.is_held = true;
  auto told = Ask("hill");
  EXPECT_EQ(told.wait_for(0s), std::future_status::ready);
  store_.is_held = false;
}

TEST_F(CachedFarmsTest, AFarmMadeSinceIsFoundWhenItIsAskedFor) {
  store_.Say({Farm("hill")});
  EXPECT_EQ(Find("valley"), FarmState::kUnknown);
  store_.Say({Farm("hill"), Farm("valley")});
  EXPECT_EQ(Find("valley"), FarmState::kOpen);
}

TEST_F(CachedFarmsTest, AFarmClosedSinceIsSeenWhileItIsAskedFor) {
  store_.Say({Farm("hill")});
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  store_.Say({Farm("hill", true)});
  while (Find("hill") == FarmState::kOpen) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(Find("hill"), FarmState::kClosed);
}

TEST_F(CachedFarmsTest, AllThatWaitAreServedByOneLook) {
  store_.Say({Farm("hill")});
  store_.is_held = true;
  auto first = Ask("hill");
  while (store_.looks == 0) std::this_thread::sleep_for(1ms);
  std::vector<std::future<Result<FarmState>>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(Ask(i % 2 == 0 ? "hill" : "nowhere"));
  store_.is_held = false;
  EXPECT_EQ(first.get(), FarmState::kOpen);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    EXPECT_EQ(waiting[i].get(), i % 2 == 0 ? FarmState::kOpen : FarmState::kUnknown);
  }
  EXPECT_EQ(store_.looks, 2);
}

TEST_F(CachedFarmsTest, WhereTheStoreIsAwayWhatIsRememberedStaysGood) {
  store_.Say({Farm("hill"), Farm("old", true)});
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  Fails(ErrorCode::kInternal);
  const int before = store_.looks;
  while (store_.looks == before) {  // Until it was seen to be away.
    EXPECT_EQ(Find("hill"), FarmState::kOpen);
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  EXPECT_EQ(Find("old"), FarmState::kClosed);
  const auto unknown = Find("nowhere");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(unknown.error().message(), "looking for the farm nowhere: as the test says");
  store_.Say({Farm("nowhere")});
  EXPECT_EQ(Find("nowhere"), FarmState::kOpen);
}

TEST_F(CachedFarmsTest, AStoreThatHangsKeepsNobodyWaitingWhoIsRemembered) {
  store_.Say({Farm("hill")});
  EXPECT_EQ(Find("hill"), FarmState::kOpen);
  store_.is_held = true;
  auto waiting = Ask("nowhere");
  const int before = store_.looks;
  // However long it hangs: each of these is told.
  for (const auto end = std::chrono::steady_clock::now() + 1'200ms;
       std::chrono::steady_clock::now() < end; std::this_thread::sleep_for(10ms)) {
    EXPECT_EQ(Ask("hill").wait_for(0s), std::future_status::ready);
  }
  EXPECT_LE(store_.looks, before + 1);
  store_.is_held = false;
  EXPECT_EQ(waiting.get(), FarmState::kUnknown);
}

TEST_F(CachedFarmsTest, WhoWaitsStillIsToldWhenItEnds) {
  store_.Say({});
  store_.is_held = true;
  auto asked = Ask("hill");
  while (store_.looks == 0) std::this_thread::sleep_for(1ms);
  auto waiting = Ask("valley");
  std::thread ending([this] { book_.reset(); });
  store_.is_held = false;
  ending.join();
  EXPECT_EQ(asked.get(), FarmState::kUnknown);
  const auto told = waiting.get();
  EXPECT_TRUE(!told || *told == FarmState::kUnknown);
}

TEST(CachedFarms, AStoreThatIsNotThereYetIsOpenedWhenItIs) {
  Store store;
  std::atomic<bool> is_there = false;
  CachedFarms book([&]() -> Result<std::unique_ptr<pipeline::HerdQueries>> {
    if (!is_there) return Fail(ErrorCode::kNotFound, "nothing was loaded yet");
    return std::make_unique<StoreHerd>(store);
  });
  const auto find = [&] {
    std::promise<Result<FarmState>> promise;
    book.Find("hill", [&](Result<FarmState> state) { promise.set_value(std::move(state)); });
    return promise.get_future().get();
  };
  EXPECT_EQ(find().error().code(), ErrorCode::kUnavailable);
  store.Say({Farm("hill")});
  is_there = true;
  EXPECT_EQ(find(), FarmState::kOpen);
}

}  // namespace
}  // namespace herdflow::intake
