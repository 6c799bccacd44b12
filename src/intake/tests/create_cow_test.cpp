// How cows wait for one another; what becomes of one is the layer store's contract.

#include "herdflow/intake/create_cow.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "empty_store.hpp"
#include "event_log_helpers.hpp"
#include "fake_event_log.hpp"

namespace herdflow::intake {
namespace {

using namespace pipeline;
namespace testing = pipeline::testing;
using namespace std::chrono_literals;

/// A log that takes its time, and then is away.
class SlowLog final : public pipeline::testing::FakeEventLog {
 public:
  Result<TopicDescription> Look(Topic) override {
    ++looks;
    while (!is_answering) std::this_thread::sleep_for(1ms);
    return Fail(ErrorCode::kUnavailable, "no broker");
  }

  std::atomic<int> looks = 0;
  std::atomic<bool> is_answering = false;
};

/// Another process keeps its lock: it is waited for once as long as a new cow may wait at most.
class LockedStore final : public testing::NoStore {
 public:
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override {
    if (++begun == 2) std::this_thread::sleep_for(3s);
    return Fail(ErrorCode::kUnavailable, "locked");
  }

  int begun = 0;
};

/// Knows nothing of the log's partitions.
class BehindOperations : public testing::EmptyOperations {
 public:
  Result<std::vector<PartitionProgress>> ReadProgress() override {
    ++asked;
    return EmptyOperations::ReadProgress();
  }

  std::atomic<int> asked = 0;
};

/// Of the cows a message is loaded, and not judged yet.
class UnjudgedOperations final : public BehindOperations {
 public:
  Result<std::vector<PartitionProgress>> ReadProgress() override {
    PartitionProgress cows;
    cows.topic = Name(Topic::kCows);
    cows.next_offset = 1;
    return std::vector{cows};
  }
};

TEST(CowMaker, AllThatWaitAreServedByOneLookAtTheLog) {
  SlowLog log;
  testing::NoStore store;
  testing::EmptyHerd herd;
  BehindOperations operations;
  CowMaker maker({store, log, log, herd, operations, {}});
  std::vector<std::thread> clients;
  const auto ask = [&] {
    clients.emplace_back([&] {
      const auto made = maker.Create({"default", "Alma", std::nullopt, {}, false});
      EXPECT_EQ(made.error().message(), "no broker");
    });
  };
  ask();
  while (log.looks == 0) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 20; ++i) ask();
  std::this_thread::sleep_for(200ms);  // Until all of them wait.
  log.is_answering = true;
  for (std::thread& client : clients) client.join();
  EXPECT_LE(log.looks, 3);  // Theirs began after they came; a slow one may come late.
}

TEST(CowMaker, TheFakeLogTellsOfOneTopicWhatItTellsOfAll) {
  pipeline::testing::FakeEventLog log;
  log.Put({Topic::kCows, 0}, Now(), "key", "{}");
  log.PutHidden({Topic::kCows, 1}, 2);
  log.away.insert({{Topic::kCows, 2}, Error(ErrorCode::kUnavailable, "no broker leads it")});
  testing::ExpectLooksToTellWhatIsListed(log);
}

TEST(CowMaker, WhoWaitsForTheLoaderEndsWithTheProcess) {
  pipeline::testing::FakeEventLog log;
  log.Put({Topic::kCows, 0}, Now(), "key", "{}");
  testing::NoStore store;
  testing::EmptyHerd herd;
  BehindOperations operations;
  std::stop_source stop;
  CowMaker maker({store, log, log, herd, operations, stop.get_token()});
  std::thread client([&] {
    const auto made = maker.Create({"default", "Alma", std::nullopt, {}, false});
    EXPECT_EQ(made.error().code(), ErrorCode::kShuttingDown);
  });
  while (operations.asked == 0) std::this_thread::sleep_for(1ms);
  stop.request_stop();
  client.join();
}

TEST(CowMaker, AStoreThatStaysLockedIsTriedAgainUntilItHasTakenTooLong) {
  testing::FakeEventLog log;
  log.Put({Topic::kCows, 0}, Now(), "key", "{}");
  LockedStore store;
  testing::EmptyHerd herd;
  UnjudgedOperations operations;
  CowMaker maker({store, log, log, herd, operations, {}});
  EXPECT_EQ(maker.Create({"default", "Alma", std::nullopt, {}, false}).error().message(), "locked");
  EXPECT_EQ(store.begun, 2);
}

/// Its keys are known, and what they have made.
class KeyedStore final : public testing::NoStore {
 public:
  Result<CowReservation> ReserveCow(const CowWish& wish) override {
    return CowReservation{wish.idempotency_key, wish.name};
  }
};
class MadeCow final : public testing::EmptyHerd {
 public:
  Result<std::optional<CowView>> FindCow(std::string_view, std::string_view id) override {
    if (id != "made") return std::optional<CowView>();
    CowView cow;
    cow.id = id;
    return std::optional(std::move(cow));
  }
};

TEST(CowMaker, OfAClosedFarmGivesOnlyTheCowThatTheKeyHasMade) {
  testing::FakeEventLog log;
  KeyedStore store;
  MadeCow herd;
  testing::EmptyOperations operations;
  CowMaker maker({store, log, log, herd, operations, {}});
  NewCow cow{"hill", "Alma", std::nullopt, "made", /*is_farm_closed=*/true};
  EXPECT_EQ(maker.Create(cow)->id, "made");
  cow.idempotency_key = "new";
  EXPECT_EQ(maker.Create(cow).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(log.End({Topic::kCows, 0}), 0);
}

}  // namespace
}  // namespace herdflow::intake
