#pragma once

#include <optional>
#include <string>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/aggregates.hpp"

namespace herdflow::herd {

/// What the report is made from: the day rows of every cow in the 30 days that end with `day`.
struct CowWindow {
  std::string cow_id;
  std::string cow_name;
  struct Day {
    FarmDay day;
    CowDay metrics;
  };
  std::vector<Day> days;  ///< Ascending; only days that have a row.
};

/// The first and the last farm day with an accepted reading.
struct DataRange {
  FarmDay first;
  FarmDay last;
};

/// The 30 days that end with the report's day, that day included.
inline constexpr int kWeightWindowDays = 30;

struct HealthRule {
  /// A complete day's milk below this, in at least `kIllMinReadings` readings, is a warning.
  std::int64_t low_milk_millionths = 5 * kMillion;
};
inline constexpr int kIllMinReadings = 2;

/// The reason in words why a cow may be ill on a complete day, or nothing. The rule of the data
/// contract until a real detector replaces it: at least two milk readings whose sum is below 5 L.
[[nodiscard]] std::optional<std::string> IllnessReason(const CowDay& day, const HealthRule& rule);

struct DailyReport {
  FarmDay date;
  struct Milk {
    std::string cow_id, cow_name;
    double milk_produced = 0;  ///< Litres.
    std::int64_t readings = 0;
  };
  struct Weight {
    std::string cow_id, cow_name;
    double current_weight = 0;  ///< Kilograms: the newest accepted weight of the window.
    double avg_weight_last_30_days = 0;
    Instant current_weight_at;
  };
  struct Ill {
    std::string cow_id, cow_name, reason;
  };
  std::vector<Milk> milk_production;  ///< By cow id, bytewise.
  std::vector<Weight> cow_weights;    ///< By cow id, bytewise.
  std::vector<Ill> ill_cows;          ///< By cow id, bytewise; empty unless the day is complete.
  std::optional<DataRange> data;
  bool so_far = false;    ///< The day has not ended.
  bool complete = false;  ///< It has ended, and the herd has an accepted reading of a later day.
};

/// `today`: the farm day of now. Cows may come in any order; day rows outside the 30 days count for
/// nothing. REQUIRES: day <= today. Pure.
[[nodiscard]] DailyReport MakeReport(FarmDay day, FarmDay today, std::optional<DataRange> data,
                                     const std::vector<CowWindow>& cows, const HealthRule& rule);

/// The newest complete day that is not before the first day with data, if any.
[[nodiscard]] std::optional<FarmDay> NewestCompleteDay(FarmDay today,
                                                       std::optional<DataRange> data);

}  // namespace herdflow::herd
