// The loader alone, beside a store that writes down what it is told. How it works with a real one
// is in the layer stores' contract.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fake_event_log.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

using ::testing::ElementsAre;
using testing::FakeEventLog;
using testing::FakeEventReader;
using ::testing::IsEmpty;

constexpr TopicPartition kReadings{Topic::kMeasurements, 0};
constexpr std::chrono::milliseconds kNoWait{0};

/// What was written of one message.
struct Written {
  TopicPartition partition;
  std::int64_t offset = 0, version = 0;
  std::string payload, headers;
  bool canonical = false;
};

/// Keeps offsets and rows of committed transactions.
class WritingDownStore : public LayerStore {
 public:
  struct Place {
    std::int64_t epoch = 0, next_offset = 0, last_version = 0, holes = 0, hidden = 0;
    std::optional<std::int64_t> last_offset;
    std::optional<MessageHash> hash;
  };

  [[nodiscard]] const std::string& id() const override { return id_; }
  Result<PartitionClaim> Claim(const Assigned::Partition& partition, std::int64_t,
                               std::string_view) override {
    if (claims_to_fail > 0 && claims_to_fail-- > 0) {
      return Fail(ErrorCode::kUnavailable, "no claim now");
    }
    Place& place = places[partition.partition];
    PartitionClaim claim;
    claim.partition = partition.partition;
    claim.stream_id = partition.stream_id;
    claim.epoch = ++place.epoch;
    claim.next_offset = place.next_offset;
    claim.last_offset = place.last_offset.value_or(place.next_offset - 1);
    claim.last_version = place.last_version;
    claim.last_hash = place.hash;
    return claim;
  }
  Result<std::unique_ptr<LoadTx>> BeginLoad() override { return std::make_unique<Tx>(*this); }
  Result<> Adopt(const Assigned::Partition&, std::int64_t) override { return NotHere(); }

  Result<std::unique_ptr<CleanseTx>> BeginCleanse() override { return NotHere(); }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override { return NotHere(); }
  Result<std::unique_ptr<AggregateTx>> BeginAggregate(AggregateTask) override { return NotHere(); }
  Result<> RequestRebuild(const std::optional<DayRange>&) override { return NotHere(); }
  Result<CowReservation> ReserveCow(const CowWish&) override { return NotHere(); }

  std::map<TopicPartition, Place> places;
  std::vector<Written> rows;
  int claims_to_fail = 0;
  int commits_to_fail = 0;
  bool failed_commits_happen = false;
  std::optional<TopicPartition> refused;  ///< Its messages are refused for good.

 private:
  class Tx : public LoadTx {
   public:
    explicit Tx(WritingDownStore& store) : store_(store) {}

    Result<bool> Advance(const PartitionClaim& claim, const PartitionClaim& after,
                         const LeftOut& left_out) override {
      partition_ = claim.partition;
      place_ = store_.places[claim.partition];
      if (place_.epoch != claim.epoch || place_.next_offset != claim.next_offset) return false;
      place_ = {place_.epoch,
                after.next_offset,
                after.last_version,
                place_.holes + left_out.holes,
                place_.hidden + left_out.hidden,
                after.last_offset,
                after.last_hash};
      return true;
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeMeasurement& row) override {
      return Write(claim, row, row.is_canonical);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeCow& row) override {
      return Write(claim, row, false);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeSensor& row) override {
      return Write(claim, row, false);
    }
    Result<> Insert(const PartitionClaim& claim, const BronzeFarm& row) override {
      return Write(claim, row, false);
    }
    Result<> Commit() override {
      if (partition_ == store_.refused) return Fail(ErrorCode::kInvalidInput, "it is too large");
      const bool fails = store_.commits_to_fail > 0 && store_.commits_to_fail-- > 0;
      if (!fails || store_.failed_commits_happen) {
        store_.places[partition_] = place_;
        store_.rows.insert(store_.rows.end(), rows_.begin(), rows_.end());
      }
      if (fails) return Fail(ErrorCode::kTimeout, "nobody knows");
      return {};
    }

   private:
    Result<> Write(const PartitionClaim& claim, const BronzeMessage& row, bool canonical) {
      rows_.push_back({claim.partition, row.offset, row.version, std::string(row.payload),
                       row.headers, canonical});
      return {};
    }

    WritingDownStore& store_;
    TopicPartition partition_;
    Place place_;
    std::vector<Written> rows_;
  };

  const std::string id_ = "written-down";

  static tl::unexpected<Error> NotHere() {
    return Fail(ErrorCode::kInternal, "the loader has no business there");
  }
};

/// What that store says of the log's partitions.
class WrittenDown final : public HerdQueries {
 public:
  WrittenDown(const WritingDownStore& store, const FakeEventLog& log) : store_(store), log_(log) {}

  Result<std::vector<PartitionProgress>> ReadProgress() override {
    if (reads_to_fail > 0 && reads_to_fail-- > 0) return Fail(fails_with, "the connection is lost");
    std::vector<PartitionProgress> all;
    for (const auto& [partition, place] : store_.places) {
      PartitionProgress& at = all.emplace_back();
      at.topic = Name(partition.topic);
      at.stream_id = at.log_id = log_.StreamId(partition.topic);
      at.partition = partition.partition;
      at.next_offset = place.next_offset;
      at.last_offset = place.last_offset.value_or(-1);
      at.last_hash = place.hash;
      at.owner = "test";
    }
    return all;
  }
  Result<std::vector<FarmView>> ListFarms() override { return None(); }
  Result<std::optional<FarmView>> FindFarm(std::string_view) override { return None(); }
  Result<std::optional<CowView>> FindCow(std::string_view, std::string_view) override {
    return None();
  }
  Result<ReportData> ReadReportData(std::string_view, FarmDay) override { return None(); }
  Result<std::optional<herd::DataRange>> ReadDataRange(std::string_view) override { return None(); }
  Result<StoreStatus> ReadStatus() override { return None(); }
  Result<FarmStatus> ReadFarmStatus(std::string_view) override { return None(); }

  int reads_to_fail = 0;
  ErrorCode fails_with = ErrorCode::kUnavailable;

 private:
  static tl::unexpected<Error> None() { return Fail(ErrorCode::kInternal, "nobody asks this"); }

  const WritingDownStore& store_;
  const FakeEventLog& log_;
};

class LoaderTest : public ::testing::Test {
 protected:
  void Put(std::string value, int seconds = 0) {
    log_.Put(kReadings, log_.clock + std::chrono::seconds(seconds), "S_C", std::move(value));
  }
  Result<std::int64_t> Step() { return loader_.Step(kNoWait); }
  /// Steps until nothing comes any more, whatever fails meanwhile. Returns the messages loaded.
  std::int64_t LoadAll() {
    std::int64_t loaded = 0;
    for (int idle = 0; idle < 3;) {
      const auto step = Step();
      if (step) loaded += *step;
      idle = step && *step == 0 ? idle + 1 : 0;
    }
    return loaded;
  }
  Result<std::int64_t> ToEnd(Loader& loader, const StepProgress& progress) {
    return LoadToEnd(loader, log_, queries_, {}, progress);
  }
  [[nodiscard]] std::vector<std::int64_t> Offsets() const {
    std::vector<std::int64_t> offsets;
    for (const Written& row : store_.rows) offsets.push_back(row.offset);
    return offsets;
  }
  [[nodiscard]] std::vector<std::int64_t> VersionSeconds() const {
    std::vector<std::int64_t> versions;
    for (const Written& row : store_.rows) versions.push_back(row.version - ToMicros(log_.clock));
    return versions;
  }

  FakeEventLog log_;
  FakeEventReader reader_{log_};
  WritingDownStore store_;
  WrittenDown queries_{store_, log_};
  Loader loader_{{reader_, store_, "test"}};
};

TEST_F(LoaderTest, ReadsEveryPartitionFromWhereTheStoreStands) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  store_.places[kReadings].next_offset = 2;
  EXPECT_EQ(*Step(), 0);
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size());
  EXPECT_EQ(reader_.positions().at(kReadings), 2);
  EXPECT_EQ(*Step(), 1);
  EXPECT_THAT(Offsets(), ElementsAre(2));
}

TEST_F(LoaderTest, TheVersionIsTheBrokersTimeButRises) {
  for (const int second : {0, 0, 1, 0, 1, 2}) Put("x", second);
  reader_.max_batch = 4;  // Across batches too.
  LoadAll();
  EXPECT_THAT(VersionSeconds(), ElementsAre(0, 1, 1'000'000, 1'000'001, 1'000'002, 2'000'000));
  EXPECT_EQ(store_.places[kReadings].last_version, store_.rows.back().version);
}

TEST_F(LoaderTest, AFirstMessageOlderThanTheStoresVersionIsStillNewer) {
  store_.places[kReadings].last_version = ToMicros(log_.clock) + 100;
  Put("x");
  LoadAll();
  EXPECT_THAT(VersionSeconds(), ElementsAre(101));
}

TEST_F(LoaderTest, KeepsTheHashOfTheLastMessageAndCountsHoles) {
  Put("a");
  log_.PutHole(kReadings, 3);
  Put("b");
  LoadAll();
  EXPECT_EQ(store_.places[kReadings].next_offset, 5);
  EXPECT_EQ(store_.places[kReadings].holes, 3);
  EXPECT_EQ(store_.places[kReadings].hash, HashOf("S_C", "b"));
}

TEST_F(LoaderTest, AsksOnceMoreForWhatTheReaderSkipped) {
  for (const char* value : {"0", "1", "2", "3"}) Put(value);
  EXPECT_EQ(*Step(), 0);
  MessageBatch skipping = log_.Batch(kReadings, 0, 10);
  skipping.messages.erase(skipping.messages.begin() + 1, skipping.messages.begin() + 3);
  reader_.GiveNext(std::move(skipping));
  EXPECT_EQ(LoadAll(), 4);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(store_.places[kReadings].holes, 0);
}

TEST_F(LoaderTest, WhatIsHiddenIsNoHoleAndIsPassedAtTheEndToo) {
  Put("a");
  log_.PutHidden(kReadings, 2);
  Put("b");
  log_.PutHidden(kReadings, 1);
  EXPECT_EQ(LoadAll(), 2);
  EXPECT_EQ(store_.places[kReadings].next_offset, 5);
  EXPECT_EQ(store_.places[kReadings].last_offset, 3);
  EXPECT_EQ(store_.places[kReadings].hidden, 3);
  EXPECT_EQ(store_.places[kReadings].holes, 0);
  EXPECT_EQ(reader_.reported.at(kReadings), 5);
  log_.PutHidden(kReadings, 4);
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_EQ(store_.places[kReadings].next_offset, 9);
}

TEST_F(LoaderTest, ManyGapsAreAskedForOnceMoreTogether) {
  for (int i = 0; i < 100; ++i) {
    Put("a");
    log_.PutHidden(kReadings, 1);
  }
  int steps = 0;
  for (; store_.places[kReadings].next_offset < 200 && steps < 20; ++steps) ASSERT_TRUE(Step());
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(store_.places[kReadings].hidden, 100);
}

TEST_F(LoaderTest, APartitionThatIsAwayIsTriedAgainAndDoesNotStopTheOthers) {
  log_.away.insert({{Topic::kCows, 0}, Error(ErrorCode::kUnavailable, "no broker leads it")});
  log_.away.insert({{Topic::kSensors, 1}, Error(ErrorCode::kUnavailable, "no broker leads it")});
  Put("a");
  EXPECT_EQ(LoadAll(), 1);
  EXPECT_EQ(loader_.halted().size(), 2u);
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size() - 2);
}

TEST_F(LoaderTest, WhoIsNotTriedYetComesBeforePartitionsThatAreAwayAndDueAgain) {
  for (const std::int32_t number : {0, 1, 2}) {
    log_.away.insert({{Topic::kCows, number}, Error(ErrorCode::kUnavailable, "no broker")});
  }
  for (int asked = 1; asked <= 3; ++asked) {
    ASSERT_TRUE(Step());
    EXPECT_EQ(loader_.halted().size(), static_cast<std::size_t>(asked));
  }
  // As if each had kept it waiting: the first of them is due again.
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  ASSERT_TRUE(Step());
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size() - 3);
}

TEST_F(LoaderTest, MessagesThatTheStoreRefusesForGoodStopTheirPartitionAlone) {
  const TopicPartition refused{Topic::kMeasurements, 1};
  log_.Put(refused, log_.clock, "S_C", "a");
  store_.refused = refused;
  Put("b");
  EXPECT_EQ(LoadAll(), 1);
  ASSERT_EQ(loader_.halted().size(), 1u);
  EXPECT_EQ(loader_.halted()[0].partition, refused);
  EXPECT_EQ(loader_.halted()[0].error.message(), "it is too large");
  Put("c");
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, TellsTheLogWhatIsInTheStore) {
  for (const char* value : {"0", "1"}) Put(value);
  LoadAll();
  EXPECT_EQ(reader_.reported.at(kReadings), 2);
}

TEST_F(LoaderTest, StaysAMemberOfItsGroupWhileTheStoreIsAway) {
  Put("0");
  store_.claims_to_fail = 1'000;
  EXPECT_FALSE(Step());
  reader_.GiveNext(Revoked{{kReadings}});
  EXPECT_FALSE(Step());
  store_.claims_to_fail = 0;
  EXPECT_EQ(LoadAll(), 0) << "it was revoked meanwhile";
}

TEST_F(LoaderTest, APartitionTrimmedBeyondTheStoreOrShorterThanItIsHalted) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  store_.places[kReadings].next_offset = 1;
  log_.TrimTo(kReadings, 2);
  EXPECT_EQ(LoadAll(), 0);
  ASSERT_EQ(loader_.halted().size(), 1u);
  EXPECT_THAT(loader_.halted()[0].error.message(), ::testing::HasSubstr("deleted before"));
  store_.places[{Topic::kCows, 0}].next_offset = 1;
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  ASSERT_TRUE(loader.Step(kNoWait));
  ASSERT_EQ(loader.halted().size(), 2u);
  EXPECT_THAT(loader.halted()[0].error.message(), ::testing::HasSubstr("the log ends at 0"));
}

TEST_F(LoaderTest, SkipsWhatTheStoreHasAlready) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  LoadAll();
  Put("3");
  reader_.GiveNext(log_.Batch(kReadings, 1, 10));
  EXPECT_EQ(LoadAll(), 1);
  reader_.GiveNext(log_.Batch(kReadings, 0, 2));
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 3));
}

TEST_F(LoaderTest, FencedItClaimsAgainAndGoesOnWhereTheOtherOwnerStood) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  EXPECT_EQ(*Step(), 0);
  store_.places[kReadings].epoch += 1;
  store_.places[kReadings].next_offset = 1;  // The other owner loaded one message.
  EXPECT_EQ(*Step(), 0);
  EXPECT_THAT(Offsets(), IsEmpty());
  EXPECT_EQ(*Step(), 2);
  EXPECT_THAT(Offsets(), ElementsAre(1, 2));
}

TEST_F(LoaderTest, AfterAFailedCommitItAsksTheStoreWhereItStands) {
  for (const char* value : {"0", "1"}) Put(value);
  store_.commits_to_fail = 2;
  EXPECT_EQ(*Step(), 0);
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 2);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1));
}

TEST_F(LoaderTest, ACommitThatHappenedAlthoughItFailedIsNotDoneTwice) {
  for (const char* value : {"0", "1"}) Put(value);
  store_.commits_to_fail = 1;
  store_.failed_commits_happen = true;
  EXPECT_EQ(*Step(), 0);
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1));
}

TEST_F(LoaderTest, AClaimThatFailedIsMadeInALaterStep) {
  Put("0");
  store_.claims_to_fail = 2;
  EXPECT_FALSE(Step());
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, WorksNoMoreOnWhatWasRevoked) {
  Put("0");
  Put("1");
  reader_.max_batch = 1;
  EXPECT_EQ(*Step(), 0);
  EXPECT_EQ(*Step(), 1);
  reader_.Forget(kReadings);
  reader_.GiveNext(Revoked{{kReadings}});
  reader_.GiveNext(log_.Batch(kReadings, 1, 1));  // Was under way.
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0));
  reader_.GiveNext(Assigned{{log_.Assignment(kReadings)}});
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, WritesWhateverTheMessageHolds) {
  const std::string canonical = R"({"sensor_id":"S","cow_id":"C","timestamp":1,"value":2})";
  for (const std::string payload : {"", "\xFF", "{", "[]"}) Put(payload);
  Put(canonical);
  log_.Put(kReadings, log_.clock, "other", canonical, {{"a", "b"}});
  log_.Put({Topic::kCows, 1}, log_.clock, "C", "no cow");
  log_.Put({Topic::kSensors, 2}, log_.clock, "S", R"({"id":"S","unit":"L"})");
  EXPECT_EQ(LoadAll(), 8);
  std::vector<std::string> payloads;
  for (const Written& row : store_.rows) payloads.push_back(row.payload);
  EXPECT_THAT(payloads, ElementsAre("no cow", R"({"id":"S","unit":"L"})", "", "\xFF", "{", "[]",
                                    canonical, canonical));
  EXPECT_TRUE(store_.rows[6].canonical);
  EXPECT_FALSE(store_.rows[7].canonical);
  EXPECT_EQ(store_.rows[7].headers, EncodeHeaders({{"a", "b"}}));
}

TEST_F(LoaderTest, ALogThatWasRestoredAndWentOnIsNotTakenForTheSame) {
  for (const char* value : {"1", "2", "3"}) Put(value);
  EXPECT_EQ(LoadAll(), 3);
  log_.CutFrom(kReadings, 1);
  for (const char* value : {"other 2", "other 3", "4"}) Put(value);
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  ASSERT_TRUE(loader.Step(kNoWait));  // Assigned.
  EXPECT_THAT(loader.checking(), ElementsAre(kReadings));
  log_.Put({Topic::kCows, 1}, log_.clock, "C", "the others go on");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(loader.Step(kNoWait));
  ASSERT_EQ(loader.halted().size(), 1u);
  EXPECT_EQ(loader.halted()[0].partition, kReadings);
  EXPECT_EQ(loader.halted()[0].error.code(), ErrorCode::kConflict);
  EXPECT_THAT(loader.halted()[0].error.message(), ::testing::HasSubstr("--adopt"));
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 0));
}

TEST_F(LoaderTest, TheLastMessageIsComparedAndNotLoadedAgain) {
  for (const char* value : {"1", "2"}) Put(value);
  EXPECT_EQ(LoadAll(), 2);
  Put("3");
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  std::int64_t loaded = 0;
  for (int i = 0; i < 4; ++i) loaded += loader.Step(kNoWait).value();
  EXPECT_EQ(loaded, 1);
  EXPECT_THAT(loader.checking(), IsEmpty());
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2));
}

TEST_F(LoaderTest, ALoadEndsThoughTheLeaderOfAPartitionGoesAwayMeanwhile) {
  const TopicPartition busy{Topic::kCows, 0};
  const TopicPartition loaded_before{Topic::kMeasurements, 1};
  const TopicPartition last{Topic::kMeasurements, 2};
  log_.Put(loaded_before, log_.clock, "S_C", "a");
  EXPECT_EQ(LoadAll(), 1);
  for (const TopicPartition each : {busy, kReadings, last}) log_.Put(each, log_.clock, "k", "b");
  FakeEventReader reader{log_};
  reader.pick = [next = std::size_t{0}](std::size_t) mutable { return next++; };
  Loader loader({reader, store_, "test"});
  std::vector<TopicPartition> compared_still;
  const auto loaded = ToEnd(loader, [&](std::string_view, std::int64_t rows) {
    if (rows == 1) compared_still = loader.checking();
    for (const TopicPartition gone : {kReadings, loaded_before}) {
      log_.away.insert({gone, Error(ErrorCode::kUnavailable, "no broker leads it")});
    }
    // What comes after the end that was to be reached is no sign that the end is coming nearer.
    log_.Put(busy, log_.clock, "k", "more");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  EXPECT_THAT(compared_still, ElementsAre(loaded_before));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(loaded.error().message(), "no broker leads it");
  EXPECT_EQ(store_.places[kReadings].next_offset, 0);
  EXPECT_EQ(store_.places[last].next_offset, 1) << "the others are to be loaded";
}

TEST_F(LoaderTest, ALoadGoesOnWhenTheStoreIsBack) {
  const auto lose_the_store = [&](std::string_view, std::int64_t) { queries_.reads_to_fail = 1; };
  Put("a");
  const auto loaded = ToEnd(loader_, lose_the_store);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(*loaded, 1);
  Put("b");
  queries_.fails_with = ErrorCode::kCorruptData;
  const auto failed = ToEnd(loader_, lose_the_store);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace herdflow::pipeline
