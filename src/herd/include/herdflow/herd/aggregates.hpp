#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::herd {

enum class PeriodKind : std::uint8_t { kDay, kWeek, kMonth, kYear };

/// A calendar period: its first day names it, its last day belongs to it.
struct Period {
  FarmDay first;
  FarmDay last;

  bool operator==(const Period&) const = default;
};

/// Day: itself. Week: ISO 8601, Monday to Sunday. Month and year: the calendar's.
[[nodiscard]] Period PeriodOf(PeriodKind kind, FarmDay day);

/// ISO 8601: the week's number, the year it counts in, and the month of its Thursday.
struct IsoWeek {
  int year = 0;
  int month = 0;
  int week = 0;

  bool operator==(const IsoWeek&) const = default;
};
[[nodiscard]] IsoWeek IsoWeekOf(FarmDay day);

/// Exact statistics of some readings: integers, so that their order never changes a result.
struct Statistics {
  std::int64_t count = 0;
  std::int64_t sum_millionths = 0;
  std::int64_t min_millionths = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_millionths = std::numeric_limits<std::int64_t>::min();

  void Add(std::int64_t value_millionths);
  /// Those of other readings.
  void Add(const Statistics& others);
  bool operator==(const Statistics&) const = default;
};

/// `double(sum) / double(count · 10⁶)`: one IEEE division. REQUIRES: count > 0.
[[nodiscard]] double Average(std::int64_t sum_millionths, std::int64_t count);
/// `double(v) / 10⁶`: how a value is shown.
[[nodiscard]] double Shown(std::int64_t value_millionths);

/// One cow and day: what the report, the charts and the warnings read.
struct CowDay {
  std::int64_t milk_count = 0;
  std::int64_t milk_sum_millionths = 0;
  std::int64_t weight_count = 0;
  std::int64_t weight_sum_millionths = 0;
  std::int64_t last_weight_millionths = 0;  ///< Meaningful where weight_count > 0.
  std::optional<Instant> last_weight_at;

  void AddMilk(std::int64_t value_millionths);
  /// `newest_so_far`: of the weights added so far, this is the newest; of equally new ones that
  /// with the bytewise smallest sensor id. Then it becomes the last weight. The caller decides,
  /// since only the caller has the sensor ids; so readings may come in any order.
  void AddWeight(std::int64_t value_millionths, Instant at, bool newest_so_far);
  [[nodiscard]] bool empty() const { return milk_count == 0 && weight_count == 0; }
  bool operator==(const CowDay&) const = default;
};

}  // namespace herdflow::herd
