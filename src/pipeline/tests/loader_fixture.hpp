#pragma once

// The loader beside a store that writes down what it is told.

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
  Result<std::unique_ptr<CleanseAhead>> BeginCleanseAhead() override { return NotHere(); }
  Result<std::unique_ptr<HerdBookTx>> BeginHerdBook() override { return NotHere(); }
  Result<std::unique_ptr<FeedTx>> BeginFeed(const DerivedTable&) override { return NotHere(); }
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
class WrittenDown final : public OperationsQueries {
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
  Result<StoreStatus> ReadStatus() override { return None(); }
  Result<StoreAudit> Audit() override { return None(); }
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

}  // namespace herdflow::pipeline
