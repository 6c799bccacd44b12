#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

/// What silver, the quarantine and the notes beside them hold of readings.
namespace herdflow::store_sql {

inline constexpr std::string_view kKeyColumns[]{"farm", "farm_day", "cow_id", "sensor_id",
                                                "timestamp"};
inline constexpr std::string_view kKeyOfCowColumns[]{"cow_id", "farm_day", "sensor_id",
                                                     "timestamp"};
/// A reading's key of silver: farm, day, cow, sensor and instant from column `first` on.
[[nodiscard]] pipeline::ReadingKey ReadKey(const Statement& row, int first);
/// The key of a table that is kept by cow: cow, day, sensor and instant. The farm is the cow's.
Result<pipeline::ReadingKey> ReadKeyOfCow(WriteScope& scope, const Statement& row, int first);
[[nodiscard]] std::array<Value, 5> ValuesOf(const pipeline::ReadingKey& key);

/// The row of a statement that reads all columns of the quarantine.
[[nodiscard]] pipeline::KnownEntry ReadEntry(const Statement& row);

/// Adds the rows of silver of these keys, five values each, and sorts by key.
Result<> ReadReadings(WriteScope& scope, std::span<const Value> keys,
                      std::vector<pipeline::SilverReading>& readings);

/// The keys in the order of their cows and days.
[[nodiscard]] std::vector<pipeline::ReadingKey> ByCow(std::span<const pipeline::ReadingKey> keys);

/// Calls `each` with the first and the last day of every run of a cow's keys (by cow and day) whose
/// days lie so close together that they are read at once; what lies between far ones is left alone.
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
