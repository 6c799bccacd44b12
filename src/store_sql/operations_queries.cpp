#include "herdflow/pipeline/operations_queries.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "herdflow/store_sql/columns.hpp"
#include "queries.hpp"
#include "row_counts.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::PartitionProgress;
using pipeline::StoreStatus;

template <class Each>
Result<> ForEachRow(Session& session, const Sql& sql, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  return store_sql::ForEachRow(*read, each);
}

/// One row of read_progress, the stream's integer, and what is kept of its bronze.
struct Progress {
  PartitionProgress at;
  std::int64_t stream = 0, bronze_rows = 0;
};

Result<std::vector<Progress>> FindProgress(Session& session) {
  std::vector<Progress> all;
  static constexpr Columns kOf(sql::kReadProgress);
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadProgress));
  read->Bind(1, kConsumerGroup);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return all;
    PartitionProgress at;
    at.topic = read->Bytes(kOf["topic"]);
    at.stream_id = read->Bytes(kOf["stream_id"]);
    at.partition = static_cast<std::int32_t>(read->Int(kOf["part"]));
    at.first_offset = read->Int(kOf["first_offset"]);
    at.next_offset = read->Int(kOf["next_offset"]);
    at.holes = read->Int(kOf["holes"]);
    at.judged_offset = read->Int(kOf["judged_offset"]);
    at.log_id = read->Bytes(kOf["log_id"]);
    at.last_hash = HashIn(read->Bytes(kOf["last_hash"]));
    at.hidden = read->Int(kOf["hidden"]);
    at.last_offset = read->Int(kOf["last_offset"]);
    at.owner = read->Bytes(kOf["owner"]);
    at.claimed_at = MaybeInstantIn(*read, kOf["claimed_at"]);
    // Of the streams of one partition, oldest first, the last one is loaded now.
    if (!all.empty()) {
      PartitionProgress& before = all.back().at;
      before.current = before.topic != at.topic || before.partition != at.partition;
    }
    all.push_back({std::move(at), read->Int(kOf["id"]), read->Int(kOf["bronze_rows"])});
  }
}

/// The tables of bronze, by topic; their counts are those of the partitions.
std::string BronzeTable(std::string_view topic) { return fmt::format("bronze_{}", topic); }

/// In the order in which they are shown.
std::vector<std::string> ShownTables() {
  std::vector<std::string> tables{"bronze_farms",        "bronze_cows",         "bronze_sensors",
                                  "bronze_measurements", "silver_measurements", "silver_quarantine",
                                  "gold_farms",          "gold_cows",           "gold_sensors"};
  for (const auto* table : pipeline::DerivedTables()) tables.push_back(GoldName(*table));
  return tables;
}

Result<std::string> FarmIdOf(Session& session, std::int64_t farm) {
  if (farm == 0) return std::string();
  static constexpr Columns kOf(sql::kReadFarmId);
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadFarmId));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, farm).Step());
  if (!there) return fmt::format("farm {}", farm);
  std::string id(read->Bytes(kOf["text_id"]));
  read->Reset();
  return id;
}

/// The status that these counts make, with what is cheap to count.
Result<StoreStatus> StatusOf(Session& session, const RowCounts& counts,
                             const std::vector<Progress>& progress) {
  StoreStatus status;
  std::map<std::string, std::int64_t, std::less<>> tables;
  for (const auto& [key, rows] : counts) {
    if (key.counted == kCountedWaiting) {
      HERDFLOW_ASSIGN(const std::string farm, FarmIdOf(session, key.farm));
      status.unknown_farms[farm] += rows;
      continue;
    }
    tables[key.counted] += rows;
    if (key.counted == kCountedReadings) status.silver_by_state[key.kind] += rows;
    if (key.counted == kCountedEntries) status.quarantine_by_code[key.kind] += rows;
  }
  for (const auto& [at, stream, rows] : progress) {
    tables[BronzeTable(at.topic)] += rows;
    status.partitions.push_back({at, rows});
  }
  static constexpr Columns kFarms(sql::kCountKnownFarms);
  HERDFLOW_CHECK(ForEachRow(session, sql::kCountKnownFarms, [&](const Statement& row) {
    tables["gold_farms"] = row.Int(kFarms["total"]);
  }));
  for (std::string& table : ShownTables()) {
    const std::int64_t rows = tables[table];
    status.tables.push_back({std::move(table), rows});
  }
  static constexpr Columns kRequests(sql::kCountRejudgeRequests);
  HERDFLOW_CHECK(ForEachRow(session, sql::kCountRejudgeRequests, [&](const Statement& row) {
    status.rejudge_requests = row.Int(kRequests["total"]);
  }));
  static constexpr Columns kDays(sql::kCountDirtyDays);
  HERDFLOW_CHECK(ForEachRow(session, sql::kCountDirtyDays, [&](const Statement& row) {
    status.dirty_days = row.Int(kDays["total"]);
  }));
  return status;
}

/// Puts the rows of bronze in the place of what is kept of them, and tells where they differ.
Result<> CountBronze(Session& session, std::vector<Progress>& progress,
                     std::vector<pipeline::CountDifference>& differences) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> counted;
  HERDFLOW_CHECK(ForEachRow(session, sql::kCountBronzeRows, [&](const Statement& row) {
    static constexpr Columns kOf(sql::kCountBronzeRows);
    counted[{row.Int(kOf["stream_id"]), row.Int(kOf["topic_partition"])}] = row.Int(kOf["total"]);
  }));
  for (auto& [at, stream, rows] : progress) {
    const std::int64_t there = counted[{stream, at.partition}];
    if (rows != there) {
      differences.push_back({BronzeTable(at.topic),
                             fmt::format("partition {} of {}", at.partition, at.stream_id), rows,
                             there});
    }
    rows = there;
  }
  return {};
}

Result<> Compare(Session& session, const RowCounts& kept, const RowCounts& counted,
                 std::vector<pipeline::CountDifference>& differences) {
  RowCounts both = kept;
  both.insert(counted.begin(), counted.end());
  const auto in = [](const RowCounts& counts, const CountKey& key) {
    const auto found = counts.find(key);
    return found == counts.end() ? std::int64_t{0} : found->second;
  };
  for (const auto& [key, rows] : both) {
    const std::int64_t was = in(kept, key);
    const std::int64_t is = in(counted, key);
    if (was == is) continue;
    HERDFLOW_ASSIGN(std::string of, FarmIdOf(session, key.farm));
    if (!of.empty() && !key.kind.empty()) of += ' ';
    differences.push_back({key.counted, of + key.kind, was, is});
  }
  return {};
}

class SqlOperationsQueries final : public pipeline::OperationsQueries {
 public:
  explicit SqlOperationsQueries(std::shared_ptr<ReadSessions> sessions)
      : sessions_(std::move(sessions)) {}

  Result<std::vector<PartitionProgress>> ReadProgress() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(auto all, FindProgress(snapshot->session()));
    std::vector<PartitionProgress> progress;
    for (Progress& each : all) progress.push_back(std::move(each.at));
    return progress;
  }

  Result<StoreStatus> ReadStatus() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    HERDFLOW_ASSIGN(const RowCounts kept, ReadRowCounts(session));
    HERDFLOW_ASSIGN(const auto progress, FindProgress(session));
    return StatusOf(session, kept, progress);
  }

  Result<pipeline::StoreAudit> Audit() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    pipeline::StoreAudit audit;
    HERDFLOW_ASSIGN(auto progress, FindProgress(session));
    HERDFLOW_CHECK(CountBronze(session, progress, audit.differences));
    HERDFLOW_ASSIGN(const RowCounts kept, ReadRowCounts(session));
    HERDFLOW_ASSIGN(RowCounts counted, CountReadingsAndEntries(session));
    HERDFLOW_ASSIGN(const RowCounts of_herd_book, CountHerdBook(session));
    for (const auto& [key, rows] : of_herd_book) counted[key] += rows;
    for (const auto* table : pipeline::DerivedTables()) {
      HERDFLOW_ASSIGN(const RowCounts of_table, CountDerived(session, *table));
      counted.insert(of_table.begin(), of_table.end());
    }
    HERDFLOW_CHECK(Compare(session, kept, counted, audit.differences));
    HERDFLOW_ASSIGN(audit.status, StatusOf(session, counted, progress));
    return audit;
  }

  Result<pipeline::FarmStatus> ReadFarmStatus(std::string_view farm) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    pipeline::FarmStatus status;
    HERDFLOW_ASSIGN(const auto ref, FindFarmRef(session, farm));
    if (!ref) return status;
    HERDFLOW_ASSIGN(const RowCounts kept, ReadRowCountsOf(session, *ref));
    for (const auto& [key, rows] : kept) {
      if (key.counted == kCountedCows) status.cows += rows;
      if (key.counted == kCountedSensors) status.sensors += rows;
      if (key.counted == kCountedReadings) status.silver_by_state[key.kind] += rows;
      if (key.counted == kCountedEntries) status.quarantine_by_code[key.kind] += rows;
    }
    HERDFLOW_ASSIGN(status.data, FindDataRange(session, *ref));
    return status;
  }

 private:
  std::shared_ptr<ReadSessions> sessions_;
};

}  // namespace

std::unique_ptr<pipeline::OperationsQueries> MakeOperationsQueries(
    std::shared_ptr<ReadSessions> sessions) {
  return std::make_unique<SqlOperationsQueries>(std::move(sessions));
}

}  // namespace herdflow::store_sql
