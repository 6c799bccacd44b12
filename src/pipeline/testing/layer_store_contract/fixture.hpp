#pragma once

// What the contract's tests are written with.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fake_event_log.hpp"
#include "herdflow/intake/create_cow.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "herdflow/pipeline/store_queries.hpp"
#include "layer_dump.hpp"
#include "load_all.hpp"
#include "meddling_store.hpp"

namespace herdflow::pipeline::testing {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <class T>
T Must(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  if (!result) std::abort();  // What follows would use a value that is not there.
  return std::move(*result);
}
inline void Must(const Result<>& result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
}

/// The code of a failure; nothing where there was none.
template <class T>
std::optional<ErrorCode> CodeOf(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error().code());
}

inline constexpr TopicPartition kReadings{Topic::kMeasurements, 0};
inline const std::stop_token Never;
inline void Quiet(std::string_view, std::int64_t) {}

/// Cleanse no more than so many chunks. Returns the versions judged.
inline std::int64_t CleanseChunks(CleanseContext& context, int chunks) {
  std::stop_source stop;
  return Must(Cleanse(context, stop.get_token(), [&](std::string_view, std::int64_t) {
    if (--chunks == 0) stop.request_stop();
  }));
}

/// A measurement of bronze, whose message it makes again.
struct ReadBack {
  Lineage lineage;
  bool canonical = false;
  std::string payload;
};
inline ReadBack ReadBackOf(const UnjudgedMeasurement& message) {
  ReadBack read{message.lineage, message.fields.has_value(), std::string(message.payload)};
  if (message.fields) {
    herd::MeasurementFields fields = *message.fields;
    if (!message.farm_id.empty()) fields.farm = {herd::Field::Kind::kText, message.farm_id};
    fields.sensor_id = {herd::Field::Kind::kText, message.sensor_id};
    fields.cow_id = {herd::Field::Kind::kText, message.cow_id};
    herd::WriteMeasurement(fields, read.payload);
  }
  return read;
}

/// The JSON of a reading. `value`: as it stands in the JSON.
inline std::string Reading(std::string_view sensor, std::string_view cow, std::string_view at,
                           std::string_view value) {
  return fmt::format(R"({{"sensor_id":"{}","cow_id":"{}","timestamp":"{}","value":{}}})", sensor,
                     cow, at, value);
}
inline std::string Deletion(std::string_view sensor, std::string_view cow, std::string_view at) {
  return fmt::format(R"({{"sensor_id":"{}","cow_id":"{}","timestamp":"{}","deleted":true}})",
                     sensor, cow, at);
}

class LayerStoreContract : public ::testing::TestWithParam<MakeLayerStoreFixture> {
 protected:
  LayerStoreContract() : reader_(log_) {}

  void SetUp() override {
    layers_ = GetParam()();
    if (layers_ == nullptr) SkipWithoutServer();
    if (IsSkipped() || HasFatalFailure()) return;
    store_ = Must(layers_->Open({}));
    loader_.emplace(LoadContext{reader_, *store_, "test"});
  }

  /// Whatever the test did, the counts that are kept are those of the rows.
  void TearDown() override {
    if (!store_ || has_meddled_ || HasFatalFailure()) return;
    EXPECT_THAT(Miscounted(), IsEmpty());
  }

  /// `table of: kept, counted` of each count that is not that of the rows.
  Lines Miscounted() {
    Lines lines;
    for (const auto& [table, of, kept, counted] :
         Must(layers_->Queries().operations->Audit()).differences) {
      lines.push_back(fmt::format("{} {}: {}, {}", table, of, kept, counted));
    }
    return lines;
  }

  /// One message, a second after the one before. Returns its offset.
  std::int64_t Send(Topic topic, std::string json, std::int32_t partition = 0) {
    log_.clock += std::chrono::seconds(1);
    return log_.Put({topic, partition}, log_.clock, "key", std::move(json));
  }
  std::int64_t SendReading(std::string_view sensor, std::string_view cow, std::string_view at,
                           std::string_view value, std::int32_t partition = 0) {
    return Send(Topic::kMeasurements, Reading(sensor, cow, at, value), partition);
  }
  std::int64_t SendCow(std::string_view id, std::string_view name = "Berta",
                       std::int32_t partition = 0) {
    return Send(Topic::kCows, fmt::format(R"({{"id":"{}","name":"{}"}})", id, name), partition);
  }
  std::int64_t SendSensor(std::string_view id, std::string_view unit = "L",
                          std::int32_t partition = 0) {
    return Send(Topic::kSensors, fmt::format(R"({{"id":"{}","unit":"{}"}})", id, unit), partition);
  }
  std::int64_t SendSensorOfKind(std::string_view id, std::string_view unit, std::string_view kind) {
    return Send(Topic::kSensors,
                fmt::format(R"({{"id":"{}","unit":"{}","kind":"{}"}})", id, unit, kind));
  }
  /// `rest`: what else the farm's event says, each field with a comma before it.
  std::int64_t SendFarm(std::string_view id, std::string_view rest = "") {
    return Send(Topic::kFarms, fmt::format(R"({{"id":"{}","name":"name of {}"{}}})", id, id, rest));
  }
  /// What the farm sends: the JSON of something, which names it. `default` names none.
  std::int64_t SendOf(std::string_view farm, Topic topic, std::string json) {
    if (farm != herd::kDefaultFarm) json.insert(1, fmt::format(R"("farm":"{}",)", farm));
    return Send(topic, std::move(json));
  }
  /// A herd of two cows and the sensors S1 and S2 (litre), W1 and W2 (kilogram).
  void SendHerd() {
    for (const char* cow : {"C1", "C2"}) SendCow(cow, std::string("name of ") + cow);
    for (const char* sensor : {"S1", "S2"}) SendSensor(sensor, "L");
    for (const char* sensor : {"W1", "W2"}) SendSensor(sensor, "kg");
  }

  void Load() { Must(LoadAll(*loader_)); }
  void Judge(Topic topic) {
    Load();
    switch (topic) {
      case Topic::kCows:
        Must(JudgeCows(*store_, Never, Quiet));
        break;
      case Topic::kSensors:
        Must(JudgeSensors(*store_, Never, Quiet));
        break;
      case Topic::kFarms:
        Must(JudgeFarms(*store_, Never, Quiet));
        break;
      case Topic::kMeasurements:
        CleanseAll();
        break;
    }
  }
  /// Returns the versions judged.
  std::int64_t CleanseAll(std::size_t chunk = 25'000) {
    CleanseContext context{*store_, chunk};
    return Must(Cleanse(context, Never, Quiet));
  }
  /// Returns the rows computed, of all derived tables together.
  std::int64_t DeriveAll() {
    std::int64_t done = 0;
    for (const DerivedTable* table : DerivedTables()) {
      done += Must(Derive(*store_, *table, Never, Quiet));
    }
    return done;
  }
  /// Loads and runs every pipeline. Returns the rows computed, of all derived tables together.
  std::int64_t RunAll() {
    for (const Topic topic : {Topic::kFarms, Topic::kCows, Topic::kSensors, Topic::kMeasurements}) {
      Judge(topic);
    }
    return DeriveAll();
  }

  /// What Verify finds, which looks at a few messages at a time.
  Lines Different(const std::optional<DayRange>& days = {}) {
    CleanseContext context{*store_, 2};
    Lines lines;
    for (const auto& [table, rows, examples] : Must(Verify(context, days, Never, Quiet))) {
      lines.push_back(fmt::format("{} {}: {}", table, rows, fmt::join(examples, "; ")));
    }
    return lines;
  }

  Result<CowView> MakeCow(const intake::NewCow& cow, const StoreQueries& queries) {
    return intake::CowMaker({*store_, log_, log_, *queries.herd, *queries.operations, Never})
        .Create(cow);
  }

  PartitionClaim ClaimReadings(LayerStore& store, std::string_view owner = "test") {
    return Must(store.Claim(log_.Assignment(kReadings), 0, owner));
  }
  /// The keys of the next block of a table, committed as done.
  std::vector<DerivedKey> NextKeys(const DerivedTable& table, std::size_t max = 1'000) {
    const auto tx = Must(store_->BeginFeed(table));
    const auto block = Must(tx->Next(max));
    Must(tx->Commit());
    return block ? block->keys : std::vector<DerivedKey>();
  }

  Lines Silver() { return SilverLines(*layers_); }
  Lines Quarantined() { return QuarantineLines(*layers_); }
  Lines Displaced() { return DisplacedLines(*layers_); }
  Lines CowDays() { return CowDayLines(*layers_); }
  Lines Waiting() { return WaitingLines(*layers_); }
  Lines Daily() { return AggregateLines(*layers_, "daily"); }
  std::int64_t Count(std::string_view table) {
    return Number(layers_->Query(fmt::format("SELECT COUNT(*) FROM {}", table), 1).at(0).at(0));
  }

  std::unique_ptr<LayerStoreFixture> layers_;
  bool has_meddled_ = false;  ///< The test changed rows behind the store's back, and left it so.
  std::unique_ptr<LayerStore> store_;
  FakeEventLog log_;
  FakeEventReader reader_;
  std::optional<Loader> loader_;
};

}  // namespace herdflow::pipeline::testing
