#pragma once

#include <span>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

/// What silver, the quarantine and the notes beside them hold of readings.
namespace herdflow::store_sql {

/// The farm day, the sensor and the instant from column `first` on.
[[nodiscard]] pipeline::ReadingKey ReadKey(const Statement& row, int first, pipeline::CowRef cow);

/// The row of a statement that reads all columns of the quarantine.
[[nodiscard]] pipeline::KnownEntry ReadEntry(const Statement& row);

/// Adds the rows of silver of these keys, four values each, and sorts by key.
Result<> ReadReadings(WriteScope& scope, std::span<const Value> keys,
                      std::vector<pipeline::SilverReading>& readings);

/// Calls `each` with the first and the last day of every run of a cow's keys (ascending) whose days
/// lie so close together that they are read at once; what lies between far ones is left alone.
template <class Each>
Result<> ForCloseDays(std::span<const pipeline::ReadingKey> keys, Each each) {
  constexpr std::int32_t kClose = 7;
  while (!keys.empty()) {
    std::size_t count = 1;
    while (count < keys.size() && keys[count].cow == keys.front().cow &&
           keys[count].day <= keys[count - 1].day + kClose) {
      ++count;
    }
    HERDFLOW_CHECK(each(keys.front(), keys[count - 1].day));
    keys = keys.subspan(count);
  }
  return {};
}

/// As CleanseTx::ReadVersions.
Result<pipeline::KnownVersions> ReadKnownVersions(WriteScope& scope,
                                                  std::span<const pipeline::ReadingKey> keys,
                                                  std::span<const pipeline::Lineage> messages);

}  // namespace herdflow::store_sql
