#include "unjudged.hpp"

#include <algorithm>

#include "row_counts.hpp"
#include "row_writer.hpp"

namespace herdflow::store_sql {
namespace {

Result<std::vector<UnjudgedPartition>> ReadPartitions(WriteScope& scope, const Sql& statement,
                                                      std::string_view step) {
  static constexpr Columns kOf(sql::kReadUnjudgedPartitions);
  static_assert(SameColumns(sql::kReadUnjudgedPartitions, sql::kReadJudgedPartitions));
  std::vector<UnjudgedPartition> partitions;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(statement));
  read->Bind(1, step).Bind(2, step);
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    partitions.push_back(
        {{pipeline::StreamRef{row.Int(kOf["id"])}, static_cast<std::int32_t>(row.Int(kOf["part"])),
          row.Int(kOf["from_offset"]), row.Int(kOf["to_offset"])},
         row.Int(kOf["farms_from"])});
  }));
  return partitions;
}

}  // namespace

Result<std::vector<UnjudgedPartition>> ReadUnjudgedPartitions(WriteScope& scope,
                                                              std::string_view step) {
  return ReadPartitions(scope, sql::kReadUnjudgedPartitions, step);
}

Result<std::vector<UnjudgedPartition>> ReadJudgedPartitions(WriteScope& scope,
                                                            std::string_view step) {
  return ReadPartitions(scope, sql::kReadJudgedPartitions, step);
}

void BindUnjudged(Statement& statement, const pipeline::BronzePlace& place, std::size_t limit) {
  statement.Bind(1, place.stream)
      .Bind(2, place.partition)
      .Bind(3, place.from)
      .Bind(4, place.to)
      .Bind(5, limit);
}

Result<TakenBronze> TakeBronze(Session& session, const Sql& sql, const pipeline::BronzePlace& from,
                               std::size_t max, std::size_t max_bytes, const EachRow& each) {
  pipeline::BronzePlace place = from;
  TakenBronze taken;
  taken.next = place.from;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  while (taken.rows < max && taken.bytes < max_bytes && !taken.all) {
    const std::size_t piece = std::min(max - taken.rows, kRowsAPiece);
    place.from = taken.next;
    BindUnjudged(*read, place, piece);
    std::size_t rows = 0;
    while (taken.bytes < max_bytes) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      taken.next = read->Int(kBronzeMeasurement["topic_offset"]) + 1;
      taken.bytes += read->Bytes(kBronzeMeasurement["payload"]).size();
      ++rows;
      HERDFLOW_CHECK(each(*read));
    }
    read->Reset();
    taken.rows += rows;
    taken.all = rows < piece && taken.bytes < max_bytes;
  }
  return taken;
}

Result<> WriteWatermark(WriteScope& scope, std::string_view step,
                        const pipeline::BronzePlace& place, std::int64_t next_offset) {
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteWatermark));
  return write->Bind(1, step)
      .Bind(2, place.stream)
      .Bind(3, place.partition)
      .Bind(4, next_offset)
      .Run();
}

Result<> InsertQuarantine(WriteScope& scope, std::span<const pipeline::QuarantineEntry> entries) {
  RowWriter<15> insert(scope.session(), sql::kInsertQuarantine);
  for (const pipeline::QuarantineEntry& entry : entries) {
    HERDFLOW_CHECK(insert.Add({entry.lineage.stream, entry.lineage.partition, entry.lineage.offset,
                               entry.lineage.version, ToMicros(entry.received_at), entry.sensor,
                               entry.cow, entry.day ? Value(entry.day->days) : Value(),
                               entry.at ? Value(ToMicros(*entry.at)) : Value(),
                               herd::Name(entry.rejection.code), entry.rejection.field,
                               std::string_view(entry.rejection.reason),
                               std::string_view(entry.original), entry.status, entry.farm}));
    const std::string_view code = herd::Name(entry.rejection.code);
    CountEntries(scope, RefOrNone(entry.farm), code, 1, IsWaiting(code, entry.status) ? 1 : 0);
  }
  return insert.Finish();
}

Result<std::int64_t> ReadChunkCounter(Session& session) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadCounter));
  read->Bind(1, kChunkCounter);
  HERDFLOW_ASSIGN(const auto value, FirstInt(*read));
  return value.value_or(0);
}

Result<> HoldChunkCounter(WriteScope& scope) {
  HERDFLOW_ASSIGN(Statement * hold, scope.Get(sql::kHoldCounter));
  return hold->Bind(1, kChunkCounter).Run();
}

Result<std::int64_t> RaiseChunkCounter(WriteScope& scope) {
  HERDFLOW_ASSIGN(const std::int64_t last, ReadChunkCounter(scope.session()));
  HERDFLOW_ASSIGN(Statement * count, scope.Get(sql::kWriteCounter));
  HERDFLOW_CHECK(count->Bind(1, kChunkCounter).Bind(2, last + 1).Run());
  return last + 1;
}

}  // namespace herdflow::store_sql
