#include "unjudged.hpp"

namespace herdflow::store_sqlite {

Result<std::vector<UnjudgedPartition>> ReadUnjudgedPartitions(WriteScope& scope,
                                                              std::string_view step) {
  std::vector<UnjudgedPartition> partitions;
  HERDFLOW_ASSIGN(sqlite::Statement * read, scope.Get("read_unjudged_partitions"));
  read->Bind(1, step).Bind(2, step);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return partitions;
    partitions.push_back(
        {read->Int(0), static_cast<std::int32_t>(read->Int(1)), read->Int(2), read->Int(3)});
  }
}

void BindUnjudged(sqlite::Statement& statement, const UnjudgedPartition& partition,
                  std::size_t limit) {
  statement.Bind(1, partition.stream)
      .Bind(2, partition.partition)
      .Bind(3, partition.from)
      .Bind(4, partition.to)
      .Bind(5, static_cast<std::int64_t>(limit));
}

Result<> WriteWatermark(WriteScope& scope, std::string_view step,
                        const UnjudgedPartition& partition, std::int64_t next_offset) {
  HERDFLOW_ASSIGN(sqlite::Statement * write, scope.Get("write_watermark"));
  return write->Bind(1, step)
      .Bind(2, partition.stream)
      .Bind(3, partition.partition)
      .Bind(4, next_offset)
      .Run();
}

Result<> InsertQuarantine(WriteScope& scope, const pipeline::QuarantineEntry& entry) {
  const auto ref = [](const auto& id) {
    return id ? std::optional(static_cast<std::int64_t>(*id)) : std::nullopt;
  };
  HERDFLOW_ASSIGN(sqlite::Statement * insert, scope.Get("insert_quarantine"));
  return insert->Bind(1, static_cast<std::int64_t>(entry.lineage.stream))
      .Bind(2, entry.lineage.partition)
      .Bind(3, entry.lineage.offset)
      .Bind(4, entry.lineage.version)
      .Bind(5, ToMicros(entry.received_at))
      .Bind(6, ref(entry.sensor))
      .Bind(7, ref(entry.cow))
      .Bind(8, entry.day ? std::optional(std::int64_t{entry.day->days}) : std::nullopt)
      .Bind(9, entry.at ? std::optional(ToMicros(*entry.at)) : std::nullopt)
      .Bind(10, herd::Name(entry.rejection.code))
      .Bind(11, entry.rejection.field)
      .Bind(12, std::string_view(entry.rejection.reason))
      .Bind(13, std::string_view(entry.original))
      .Bind(14, static_cast<std::int64_t>(entry.status))
      .Run();
}

Result<std::int64_t> ReadChunkCounter(WriteScope& scope) {
  HERDFLOW_ASSIGN(sqlite::Statement * read, scope.Get("read_counter"));
  read->Bind(1, kChunkCounter);
  HERDFLOW_ASSIGN(const auto value, FirstInt(*read));
  return value.value_or(0);
}

}  // namespace herdflow::store_sqlite
