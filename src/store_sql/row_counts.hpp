#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "herdflow/pipeline/derived_table.hpp"
#include "scope.hpp"

/// Counts of rows, kept in the transactions that change the rows: what `status` reads. Each is kept
/// under the name of the step whose transaction it was, which is the only writer of these rows; so
/// nobody waits for a count, and a step can count anew what is its own.
namespace herdflow::store_sql {

/// What is counted, by farm and kind.
inline constexpr std::string_view kCountedReadings = "silver_measurements";  ///< By state.
inline constexpr std::string_view kCountedEntries = "silver_quarantine";     ///< By code.
inline constexpr std::string_view kCountedWaiting = "waiting_for_farm";  ///< Entries: open ones.
inline constexpr std::string_view kCountedCows = "gold_cows";
inline constexpr std::string_view kCountedSensors = "gold_sensors";

/// This transaction makes `delta` rows more of it, or less: its commit adds that to what is kept.
/// `farm` 0: of none. `kind` empty: there are no kinds.
void CountChange(WriteScope& scope, std::string_view counted, std::int64_t farm,
                 std::string_view kind, std::int64_t delta);
/// The same of entries of the quarantine. `waiting`: of them, those that are open and wait for
/// their farm.
void CountEntries(WriteScope& scope, std::int64_t farm, std::string_view code, std::int64_t delta,
                  std::int64_t waiting);
/// A farm as counts have it.
[[nodiscard]] inline std::int64_t RefOrNone(const std::optional<pipeline::FarmRef>& farm) {
  return farm ? static_cast<std::int64_t>(*farm) : 0;
}
/// Whether an entry waits for its farm.
[[nodiscard]] bool IsWaiting(std::string_view code, pipeline::QuarantineStatus status);

/// What is kept, of all farms or of one; not what is 0.
Result<RowCounts> ReadRowCounts(Session& session);
Result<RowCounts> ReadRowCountsOf(Session& session, std::int64_t farm);

/// The rows themselves, counted: those that the step of cleanse writes,
Result<RowCounts> CountReadingsAndEntries(Session& session);
/// those of the herd book, and those of a derived table. All of them read all of their tables.
Result<RowCounts> CountHerdBook(Session& session);
Result<RowCounts> CountDerived(Session& session, const pipeline::DerivedTable& table);
/// Under which it is counted and shown: `gold_herd_days`.
[[nodiscard]] std::string GoldName(const pipeline::DerivedTable& table);

/// Puts these in the place of all that is kept under the scope's step.
Result<> ReplaceRowCounts(WriteScope& scope, const RowCounts& counts);
/// Puts what is there of the bronze of every partition in the place of what is kept.
Result<> CountBronzeAnew(WriteSessions& sessions);

}  // namespace herdflow::store_sql
