#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "chunks.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "reading_chunk.hpp"
#include "steps.hpp"

namespace herdflow::pipeline {
namespace {

/// In the order in which they are told.
enum class Table : std::uint8_t {
  kFarms,
  kCows,
  kSensors,
  kSilver,
  kDisplaced,
  kWaiting,
  kQuarantine,
};

std::string_view Name(Table table) {
  switch (table) {
    case Table::kFarms:
      return "gold_farms";
    case Table::kCows:
      return "gold_cows";
    case Table::kSensors:
      return "gold_sensors";
    case Table::kSilver:
      return "silver_measurements";
    case Table::kDisplaced:
      return "ops_displaced_versions";
    case Table::kWaiting:
      return "ops_waiting_versions";
    case Table::kQuarantine:
      return "silver_quarantine";
  }
  return "unknown";
}

/// What tells a row of any table from the others.
struct Row {
  std::optional<CowRef> cow;
  std::optional<SensorRef> sensor;
  std::optional<FarmDay> day;
  std::optional<Instant> at;
  std::optional<TopicPartition> partition;
  std::int64_t offset = 0;
  std::optional<FarmRef> farm = std::nullopt;

  auto operator<=>(const Row&) const = default;
};

Row RowOf(const ReadingKey& key) { return {key.cow, key.sensor, std::nullopt, key.at, {}}; }
Row RowOf(Topic topic, const Lineage& message) {
  return {{}, {}, {}, {}, TopicPartition{topic, message.partition}, message.offset};
}
Row RowOf(const DerivedTable& table, const DerivedKey& key) {
  Row row;
  row.day = key.day;
  if (table.shape().by_cow) row.cow = key.cow;
  if (table.shape().by_sensor) row.sensor = key.sensor;
  if (!table.shape().by_cow) row.farm = key.farm;
  return row;
}

/// What was found, each row once, since several pieces may show it.
class Found {
 public:
  void Add(Table table, const Row& row) { AddTo(rows_[table], row); }

  void Add(const DerivedTable& table, const DerivedKey& key) {
    AddTo(derived_[&table], RowOf(table, key));
  }

  void Add(const SilverChange& change) {
    for (const auto& reading : change.readings) Add(Table::kSilver, RowOf(reading.key));
    for (const auto& key : change.removed) Add(Table::kSilver, RowOf(key));
    for (const auto* versions : {&change.displaced, &change.no_longer_displaced}) {
      for (const auto& version : *versions) Add(Table::kDisplaced, RowOf(version.key));
    }
    for (const auto* versions : {&change.waiting, &change.no_longer_waiting}) {
      for (const auto& version : *versions) Add(Table::kWaiting, RowOf(version.key));
    }
    for (const auto& entry : change.quarantine) AddEntry(Topic::kMeasurements, entry.lineage);
    for (const auto& message : change.no_longer_refused) AddEntry(Topic::kMeasurements, message);
  }

  void Add(Topic topic, const BookDifferences& book) {
    for (const CowRef cow : book.cows) Add(Table::kCows, {cow, {}, {}, {}, {}});
    for (const FarmRef farm : book.farms) Add(Table::kFarms, {{}, {}, {}, {}, {}, 0, farm});
    for (const SensorRef sensor : book.sensors) Add(Table::kSensors, {{}, sensor, {}, {}, {}});
    for (const Lineage& message : book.entries) AddEntry(topic, message);
  }

  Result<std::vector<TableDifference>> Tell(LayerStore& store) const {
    std::vector<TableDifference> told;
    if (rows_.empty() && derived_.empty()) return told;
    HERDFLOW_ASSIGN(const auto tx, store.BeginCleanse());
    for (const auto& [table, rows] : rows_) {
      HERDFLOW_ASSIGN(told.emplace_back(), DifferenceOf(*tx, std::string(Name(table)), rows));
    }
    for (const DerivedTable* table : DerivedTables()) {
      const auto rows = derived_.find(table);
      if (rows == derived_.end()) continue;
      HERDFLOW_ASSIGN(
          told.emplace_back(),
          DifferenceOf(*tx, fmt::format("gold_{}", table->shape().table), rows->second));
    }
    return told;
  }

 private:
  using Rows = std::set<Row>;

  static void AddTo(Rows& rows, const Row& row) {
    if (static_cast<std::int64_t>(rows.size()) < kMostDifferences) rows.insert(row);
  }

  static Result<TableDifference> DifferenceOf(CleanseTx& tx, std::string table, const Rows& rows) {
    constexpr std::size_t kExamples = 3;
    TableDifference difference{std::move(table), static_cast<std::int64_t>(rows.size()), {}};
    for (const Row& row : rows) {
      HERDFLOW_ASSIGN(auto text, Text(tx, row));
      difference.examples.push_back(std::move(text));
      if (difference.examples.size() == kExamples) break;
    }
    return difference;
  }

  void AddEntry(Topic topic, const Lineage& message) {
    Add(Table::kQuarantine, RowOf(topic, message));
  }

  static Result<std::string> Text(CleanseTx& tx, const Row& row) {
    std::vector<std::string> parts;
    if (row.farm) {
      HERDFLOW_ASSIGN(const auto id, tx.judging().IdOf(*row.farm));
      parts.push_back("farm " + id);
    }
    if (row.cow) {
      HERDFLOW_ASSIGN(const auto id, tx.IdOf(*row.cow));
      parts.push_back("cow " + id);
    }
    if (row.sensor) {
      HERDFLOW_ASSIGN(const auto id, tx.IdOf(*row.sensor));
      parts.push_back("sensor " + id);
    }
    if (row.day) parts.push_back(FormatDate(*row.day));
    if (row.at) parts.push_back(FormatInstant(*row.at));
    if (row.partition) {
      parts.push_back(fmt::format("message {}/{}/{}", Name(row.partition->topic),
                                  row.partition->partition, row.offset));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  }

  std::map<Table, Rows> rows_;
  std::map<const DerivedTable*, Rows> derived_;
};

/// What is new is judged first, so that the topic is compared as it is when all of it is judged;
/// then all of it anew. Nothing of that is committed.
Result<> LookAtTopic(LayerStore& store, Topic topic, Found& found) {
  HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
  const auto judge_all = [&]() -> Result<> {
    for (std::size_t judged = 1; judged != 0;) {
      HERDFLOW_ASSIGN(judged, JudgeRecords(*tx, topic));
    }
    return {};
  };
  HERDFLOW_CHECK(judge_all());
  HERDFLOW_CHECK(tx->RequestAnew(topic));
  HERDFLOW_CHECK(tx->BeginAnew(topic));
  HERDFLOW_CHECK(judge_all());
  HERDFLOW_ASSIGN(const auto differences, tx->EndAnew());
  found.Add(topic, differences);
  return {};
}

/// One block of a derived table. Returns how many rows were looked at; 0: that was all.
Result<std::size_t> LookAtBlock(LayerStore& store, const DerivedTable& table,
                                const std::optional<DayRange>& days, FeedPlace& place,
                                Found& found) {
  FeedPlace next = place;
  HERDFLOW_ASSIGN(const auto tx, store.BeginFeed(table));
  HERDFLOW_ASSIGN(const auto block, tx->Look(days, next, kFeedRows));
  if (!block) return 0;
  HERDFLOW_ASSIGN(const Derived derived, table.Compute(*tx, *block));
  HERDFLOW_ASSIGN(const auto otherwise, tx->Otherwise(derived));
  for (const DerivedKey& key : otherwise) found.Add(table, key);
  place = next;
  return std::max<std::size_t>(derived.rows.size(), 1);
}

/// One piece of what a rebuild judges. Returns its size; 0: that was all.
Result<std::size_t> LookAtPiece(CleanseContext& context, const std::optional<DayRange>& days,
                                RejudgePlace& place, Found& found) {
  RejudgePlace next = place;
  std::size_t size = 0;
  {
    HERDFLOW_ASSIGN(const auto tx, context.store.BeginCleanse());
    ReadingChunk chunk(context, *tx);
    const auto judge = [&](const UnjudgedMeasurement& message) { chunk.Judge(message); };
    HERDFLOW_ASSIGN(auto piece, tx->Look(days, next, context.chunk, judge));
    if (!piece) return 0;
    size = piece->size;
    HERDFLOW_ASSIGN(const SilverChange change, chunk.JudgeAnew(*std::move(piece)));
    // What was judged may wait for this transaction's end to be judged again.
    HERDFLOW_ASSIGN(const auto requested, tx->TakeRequested(1, [](const auto&) {}));
    if (requested.size != 0) {
      return Fail(
          ErrorCode::kUnavailable,
          "verifying: readings wait to be judged again, since a cow, a sensor, a farm or the "
          "rules are new; `herdflow pipeline run` does that, and `serve` by itself");
    }
    found.Add(change);
  }
  place = next;
  return size;
}

}  // namespace

Result<std::vector<TableDifference>> Verify(CleanseContext& context,
                                            const std::optional<DayRange>& days,
                                            const std::stop_token& stop,
                                            const StepProgress& progress) {
  Found found;
  if (!days) {
    for (const Topic topic : {Topic::kFarms, Topic::kCows, Topic::kSensors}) {
      bool done = false;
      const auto look = [&]() -> Result<std::size_t> {
        if (done) return 0;
        HERDFLOW_CHECK(LookAtTopic(context.store, topic, found));
        done = true;
        return 1;
      };
      HERDFLOW_CHECK(RunChunks(Name(topic), stop, progress, look));
    }
  }
  RejudgePlace place;
  HERDFLOW_CHECK(RunChunks("verify", stop, progress,
                           [&] { return LookAtPiece(context, days, place, found); }));
  for (const DerivedTable* table : DerivedTables()) {
    FeedPlace at;
    HERDFLOW_CHECK(RunChunks(table->shape().table, stop, progress,
                             [&] { return LookAtBlock(context.store, *table, days, at, found); }));
  }
  return found.Tell(context.store);
}

}  // namespace herdflow::pipeline
