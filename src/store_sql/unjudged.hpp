#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "scope.hpp"

/// What the steps that judge bronze share: their watermarks and the quarantine.
namespace herdflow::store_sql {

inline constexpr std::string_view kChunkCounter = "cleanse_chunk";

/// The step that judges measurements: the topic's name.
inline constexpr std::string_view kMeasurementsStep = "measurements";

/// A transaction takes no further message after so many bytes: what is refused is kept until it
/// ends.
inline constexpr std::size_t kChunkBytes = std::size_t{16} << 20;
/// What the read_bronze_measurement… statements give.
inline constexpr Columns kBronzeMeasurement(sql::kReadBronzeMeasurement);
static_assert(SameColumns(sql::kReadBronzeMeasurement, sql::kReadBronzeMeasurements));
static_assert(SameColumns(sql::kReadBronzeMeasurement, sql::kReadBronzeOfSensors));

/// Bronze rows of a partition, which a step has not judged or (judged) has.
struct UnjudgedPartition : pipeline::BronzePlace {
  std::int64_t farms_from = 0;  ///< The first offset that was loaded since there are farms.
};

/// `step`: the topic whose messages it judges.
Result<std::vector<UnjudgedPartition>> ReadUnjudgedPartitions(WriteScope& scope,
                                                              std::string_view step);
Result<std::vector<UnjudgedPartition>> ReadJudgedPartitions(WriteScope& scope,
                                                            std::string_view step);
/// Rows that are read at once where other statements run meanwhile, for which an engine may have to
/// keep in memory what is still to come.
inline constexpr std::size_t kRowsAPiece = 500;

struct TakenBronze {
  std::size_t rows = 0, bytes = 0;
  std::int64_t next = 0;  ///< The offset after the last of them.
  bool all = false;       ///< There is none left of the partition's.
};
/// Gives rows of one of the read_bronze_measurement… statements in their order, up to `max`, or
/// fewer where they are large. `each` may run other statements.
Result<TakenBronze> TakeBronze(Session& session, const Sql& sql, const pipeline::BronzePlace& from,
                               std::size_t max, std::size_t max_bytes, const EachRow& each);
/// Binds the parameters that the read_bronze_… statements share.
void BindUnjudged(Statement& statement, const pipeline::BronzePlace& place, std::size_t limit);
Result<> WriteWatermark(WriteScope& scope, std::string_view step,
                        const pipeline::BronzePlace& place, std::int64_t next_offset);

Result<> InsertQuarantine(WriteScope& scope, std::span<const pipeline::QuarantineEntry> entries);

/// The number of the newest chunk that noted, or would have noted, what changed.
Result<std::int64_t> ReadChunkCounter(Session& session);
/// Whoever would raise it waits for the end of this transaction, which waits for those that have.
Result<> HoldChunkCounter(WriteScope& scope);
/// Raises it by one. Returns the new one.
Result<std::int64_t> RaiseChunkCounter(WriteScope& scope);

}  // namespace herdflow::store_sql
