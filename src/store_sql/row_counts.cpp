#include "row_counts.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "derived_statements.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

Result<RowCounts> ReadCounts(Statement& read) {
  static constexpr Columns kOf(sql::kReadRowCounts);
  static_assert(SameColumns(sql::kReadRowCounts, sql::kReadRowCountsOfFarm));
  RowCounts counts;
  HERDFLOW_CHECK(ForEachRow(read, [&](const Statement& row) {
    counts[{std::string(row.Bytes(kOf["counted"])), row.Int(kOf["farm"]),
            std::string(row.Bytes(kOf["kind"]))}] += row.Int(kOf["total"]);
  }));
  return counts;
}

/// Adds the entries of the topics whose messages a step judges.
Result<> AddEntries(Session& session, bool of_measurements, RowCounts& counts) {
  static constexpr Columns kOf(sql::kCountEntries);
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kCountEntries));
  return ForEachRow(*read, [&](const Statement& row) {
    if ((row.Bytes(kOf["topic"]) == kMeasurementsStep) != of_measurements) return;
    const std::int64_t farm = row.Int(kOf["farm"]);
    counts[{std::string(kCountedEntries), farm, std::string(row.Bytes(kOf["code"]))}] +=
        row.Int(kOf["total"]);
    const std::int64_t waiting = row.Int(kOf["waiting"]);
    if (waiting != 0) counts[{std::string(kCountedWaiting), farm, ""}] += waiting;
  });
}

struct Partition {
  std::int64_t stream = 0;
  std::string stream_id;
  std::int64_t part = 0;
};

Result<std::vector<Partition>> ReadPartitions(WriteScope& scope) {
  static constexpr Columns kOf(sql::kReadProgress);
  std::vector<Partition> partitions;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadProgress));
  read->Bind(1, kConsumerGroup);
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    partitions.push_back(
        {row.Int(kOf["id"]), std::string(row.Bytes(kOf["stream_id"])), row.Int(kOf["part"])});
  }));
  return partitions;
}

Result<> CountBronzeOf(WriteScope& scope, const Partition& of) {
  const auto bind = [&](Statement& statement, std::int64_t rows) -> Statement& {
    return statement.Bind(1, kConsumerGroup)
        .Bind(2, std::string_view(of.stream_id))
        .Bind(3, of.part)
        .Bind(4, rows);
  };
  // From here on whoever loads the partition waits.
  HERDFLOW_ASSIGN(Statement * hold, scope.Get(sql::kAddBronzeRows));
  HERDFLOW_CHECK(bind(*hold, 0).Run());
  HERDFLOW_ASSIGN(Statement * count, scope.Get(sql::kCountBronzeOfPartition));
  HERDFLOW_ASSIGN(const auto rows, FirstInt(count->Bind(1, of.stream).Bind(2, of.part)));
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteBronzeRows));
  return bind(*write, rows.value_or(0)).Run();
}

}  // namespace

void CountChange(WriteScope& scope, std::string_view counted, std::int64_t farm,
                 std::string_view kind, std::int64_t delta) {
  if (delta == 0) return;
  scope.count_changes()[{std::string(counted), farm, std::string(kind)}] += delta;
}

void CountEntries(WriteScope& scope, std::int64_t farm, std::string_view code, std::int64_t delta,
                  std::int64_t waiting) {
  CountChange(scope, kCountedEntries, farm, code, delta);
  CountChange(scope, kCountedWaiting, farm, "", waiting);
}

bool IsWaiting(std::string_view code, pipeline::QuarantineStatus status) {
  return status == pipeline::QuarantineStatus::kOpen &&
         code == herd::Name(herd::RejectionCode::kUnknownFarm);
}

Result<> WriteCountChanges(WriteScope& scope) {
  for (const auto& [key, delta] : scope.count_changes()) {
    if (delta == 0) continue;
    const auto bind = [&, &key = key, delta = delta](Statement& statement) -> Statement& {
      return statement.Bind(1, scope.step())
          .Bind(2, std::string_view(key.counted))
          .Bind(3, key.farm)
          .Bind(4, std::string_view(key.kind))
          .Bind(5, delta);
    };
    HERDFLOW_ASSIGN(Statement * change, scope.Get(sql::kChangeRowCount));
    HERDFLOW_CHECK(bind(*change).Run());
    if (change->found() != 0) continue;
    HERDFLOW_ASSIGN(Statement * insert, scope.Get(sql::kInsertRowCount));
    HERDFLOW_CHECK(bind(*insert).Run());
  }
  scope.count_changes().clear();
  return {};
}

Result<RowCounts> ReadRowCounts(Session& session) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadRowCounts));
  return ReadCounts(*read);
}

Result<RowCounts> ReadRowCountsOf(Session& session, std::int64_t farm) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadRowCountsOfFarm));
  return ReadCounts(read->Bind(1, farm));
}

Result<RowCounts> CountReadingsAndEntries(Session& session) {
  using pipeline::ReadingState;
  static constexpr Columns kOf(sql::kCountReadingsByFarm);
  RowCounts counts;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kCountReadingsByFarm));
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    int column = kOf.InARow({"accepted", "pending", "deleted"});
    for (const auto state :
         {ReadingState::kAccepted, ReadingState::kPending, ReadingState::kDeleted}) {
      const std::int64_t rows = row.Int(column++);
      if (rows == 0) continue;
      counts[{std::string(kCountedReadings), row.Int(kOf["farm"]), std::string(Name(state))}] +=
          rows;
    }
  }));
  HERDFLOW_CHECK(AddEntries(session, true, counts));
  return counts;
}

Result<RowCounts> CountHerdBook(Session& session) {
  static constexpr Columns kOf(sql::kCountBookByFarm);
  RowCounts counts;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kCountBookByFarm));
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    counts[{std::string(row.Bytes(kOf["counted"])), row.Int(kOf["farm"]), ""}] +=
        row.Int(kOf["total"]);
  }));
  HERDFLOW_CHECK(AddEntries(session, false, counts));
  return counts;
}

Result<RowCounts> CountDerived(Session& session, const pipeline::DerivedTable& table) {
  RowCounts counts;
  HERDFLOW_ASSIGN(Statement * read, session.Get(StatementsOf(table).count.sql()));
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    counts[{GoldName(table), row.Int(0), ""}] += row.Int(1);
  }));
  return counts;
}

std::string GoldName(const pipeline::DerivedTable& table) {
  return fmt::format("gold_{}", table.shape().table);
}

Result<> ReplaceRowCounts(WriteScope& scope, const RowCounts& counts) {
  HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteRowCounts));
  HERDFLOW_CHECK(remove->Bind(1, scope.step()).Run());
  scope.count_changes() = counts;
  return {};
}

Result<> CountBronzeAnew(WriteSessions& sessions) {
  HERDFLOW_ASSIGN(auto looking, WriteScope::Begin(sessions, ""));
  HERDFLOW_ASSIGN(const auto partitions, ReadPartitions(*looking));
  looking.reset();
  for (const Partition& partition : partitions) {
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(sessions, ""));
    HERDFLOW_CHECK(CountBronzeOf(*scope, partition));
    HERDFLOW_CHECK(scope->Commit());
  }
  return {};
}

}  // namespace herdflow::store_sql
