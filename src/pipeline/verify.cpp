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
  kDaily,
  kWeekly,
  kMonthly,
  kYearly,
  kCowDays,
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
    case Table::kDaily:
      return "gold_measurements_daily_aggregations";
    case Table::kWeekly:
      return "gold_measurements_weekly_aggregations";
    case Table::kMonthly:
      return "gold_measurements_monthly_aggregations";
    case Table::kYearly:
      return "gold_measurements_yearly_aggregations";
    case Table::kCowDays:
      return "gold_cow_daily_metrics";
  }
  return "unknown";
}

Table TableOf(AggregateTask task) {
  switch (task) {
    case AggregateTask::kDaily:
      return Table::kDaily;
    case AggregateTask::kWeekly:
      return Table::kWeekly;
    case AggregateTask::kMonthly:
      return Table::kMonthly;
    case AggregateTask::kYearly:
      return Table::kYearly;
    case AggregateTask::kCowDays:
      return Table::kCowDays;
  }
  return Table::kDaily;
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
Row RowOf(const SensorAggregate& row) { return {row.cow, row.sensor, row.period.first, {}, {}}; }
Row RowOf(const CowDayRow& row) { return {row.cow, std::nullopt, row.day, {}, {}}; }

/// What was found, each row once, since several pieces may show it.
class Found {
 public:
  void Add(Table table, const Row& row) {
    auto& rows = rows_[table];
    if (static_cast<std::int64_t>(rows.size()) < kMostDifferences) rows.insert(row);
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
    for (const auto& [task, at] : change.misplaced) {
      Add(TableOf(task), {at.cow, at.sensor, at.day, {}, {}});
    }
  }

  void Add(Topic topic, const BookDifferences& book) {
    for (const CowRef cow : book.cows) Add(Table::kCows, {cow, {}, {}, {}, {}});
    for (const FarmRef farm : book.farms) Add(Table::kFarms, {{}, {}, {}, {}, {}, 0, farm});
    for (const SensorRef sensor : book.sensors) Add(Table::kSensors, {{}, sensor, {}, {}, {}});
    for (const Lineage& message : book.entries) AddEntry(topic, message);
  }

  Result<std::vector<TableDifference>> Tell(LayerStore& store) const {
    constexpr std::size_t kExamples = 3;
    std::vector<TableDifference> told;
    if (rows_.empty()) return told;
    HERDFLOW_ASSIGN(const auto tx, store.BeginCleanse());
    for (const auto& [table, rows] : rows_) {
      TableDifference difference{
          std::string(Name(table)), static_cast<std::int64_t>(rows.size()), {}};
      for (const Row& row : rows) {
        HERDFLOW_ASSIGN(auto text, Text(*tx, row));
        difference.examples.push_back(std::move(text));
        if (difference.examples.size() == kExamples) break;
      }
      told.push_back(std::move(difference));
    }
    return told;
  }

 private:
  void AddEntry(Topic topic, const Lineage& message) {
    Add(Table::kQuarantine, RowOf(topic, message));
  }

  static Result<std::string> Text(CleanseTx& tx, const Row& row) {
    std::vector<std::string> parts;
    if (row.farm) {
      HERDFLOW_ASSIGN(const auto id, tx.IdOf(*row.farm));
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

  std::map<Table, std::set<Row>> rows_;
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

/// The rows of gold that a piece shows: those of silver's days, or those that gold alone may have.
struct GoldDays {
  std::vector<AggregateTask> tasks;
  std::vector<DirtyDay> days;
};

GoldDays GoldOf(const RejudgePiece& piece) {
  GoldDays gold;
  auto& days = gold.days;
  for (const auto& version : piece.versions) {
    days.push_back({version.key.cow, version.key.day, version.key.sensor});
  }
  if (!days.empty()) gold.tasks.assign(kAllAggregateTasks.begin(), kAllAggregateTasks.end());
  for (const GoldKey& row : piece.gold) {
    days.push_back(row.at);
    if (gold.tasks.empty() || gold.tasks.back() != row.task) gold.tasks.push_back(row.task);
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  return gold;
}

Result<> LookAtAggregates(LayerStore& store, const GoldDays& gold, Found& found) {
  const auto& days = gold.days;
  for (const AggregateTask task : gold.tasks) {
    HERDFLOW_ASSIGN(const auto tx, store.BeginAggregate(task));
    const auto compare = [&](const auto& rows) -> Result<> {
      HERDFLOW_ASSIGN(const auto otherwise, tx->Otherwise(rows));
      for (const auto& row : otherwise) found.Add(TableOf(task), RowOf(row));
      return {};
    };
    if (task == AggregateTask::kCowDays) {
      HERDFLOW_ASSIGN(const auto rows, ComputeCowDays(*tx, days));
      HERDFLOW_CHECK(compare(std::span(rows)));
    } else {
      HERDFLOW_ASSIGN(const auto rows, ComputeAggregates(*tx, task, days));
      HERDFLOW_CHECK(compare(std::span(rows)));
    }
  }
  return {};
}

/// One piece of what a rebuild judges. Returns its size; 0: that was all.
Result<std::size_t> LookAtPiece(CleanseContext& context, const std::optional<DayRange>& days,
                                RejudgePlace& place, Found& found) {
  RejudgePlace next = place;
  std::size_t size = 0;
  GoldDays of_gold;
  {
    HERDFLOW_ASSIGN(const auto tx, context.store.BeginCleanse());
    ReadingChunk chunk(context, *tx);
    const auto judge = [&](const UnjudgedMeasurement& message) { chunk.Judge(message); };
    HERDFLOW_ASSIGN(auto piece, tx->Look(days, next, context.chunk, judge));
    if (!piece) return 0;
    size = piece->size;
    of_gold = GoldOf(*piece);
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
  HERDFLOW_CHECK(LookAtAggregates(context.store, of_gold, found));
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
  return found.Tell(context.store);
}

}  // namespace herdflow::pipeline
