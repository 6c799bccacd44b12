#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm_calendar.hpp"

namespace herdflow::herd {

/// What `herdflow generate` makes.
struct HerdPlan {
  int cows = 40;
  FarmDay from;
  FarmDay to;  ///< The last day, included.
  std::uint64_t seed = 1;
  /// Another number is another herd, whose cows and sensors have the same ids. (A sensor that
  /// weighs in one herd measures milk in the next.)
  std::uint64_t twin = 0;
  std::string time_zone = "UTC";  ///< By whose clock days are, and cows are milked.
};

inline constexpr int kMostCows = 1'000'000;
inline constexpr FarmDay kEarliestDay = ToFarmDay(std::chrono::year(2000) / 1 / 1);
inline constexpr std::int32_t kMostDays = 36'525;

struct SyntheticCow {
  std::string id, name;
  FarmDay birthdate;
};
struct SyntheticSensor {
  std::string id, unit;
  bool dead = false;  ///< Never gives a good value.
};
struct SyntheticMeasurement {
  std::string_view sensor_id, cow_id;
  double timestamp = 0;         ///< Unix seconds, whole.
  std::optional<double> value;  ///< Nothing is null in the file.
};
/// On each of its days there are three litre readings whose sum is below 5 L.
struct IllEpisode {
  std::string cow_id;
  FarmDay first, last;
};
/// What was put in, so that detectors and rules can be judged by it. The counts of nulls and -1
/// include the dead sensors'.
struct GroundTruth {
  std::vector<IllEpisode> ill;
  std::vector<std::string> dead_sensors;
  std::int64_t measurements = 0, nulls = 0, minus_ones = 0, zeros = 0, gap_days = 0;
};

/// A believable herd: six readings a cow and day from changing sensors. In milk (305 days of every
/// 365), three of them are milkings that sum up to Wood's lactation curve (1967), about 18 to 35 L;
/// the others are weights. About 0.6 % null, 0.6 % -1, 0.5 % zero; one sensor of a hundred, at
/// least one, is dead; days without any reading; ill cows, who give a tenth of their milk, one of
/// them on the two days before the last if any cow is in milk then. Whole seconds. The same
/// plan gives the same readings on every machine.
class SyntheticHerd {
 public:
  /// kInvalidInput, naming the option: not 1 to kMostCows cows, `to` before `from`, a day before
  /// kEarliestDay, or more than kMostDays; or a zone that is none.
  static Result<SyntheticHerd> Make(const HerdPlan& plan);

  [[nodiscard]] const HerdPlan& plan() const { return plan_; }
  [[nodiscard]] const std::vector<SyntheticCow>& cows() const { return cows_; }
  [[nodiscard]] const std::vector<SyntheticSensor>& sensors() const { return sensors_; }
  /// Calls `each` for every measurement in the order of time, a day at a time, so memory does not
  /// grow with the days. Their ids are views of this herd's.
  GroundTruth ForEachMeasurement(
      const std::function<void(const SyntheticMeasurement&)>& each) const;

 private:
  SyntheticHerd(const HerdPlan& plan, FarmCalendar calendar)
      : plan_(plan), calendar_(std::move(calendar)) {}

  HerdPlan plan_;
  FarmCalendar calendar_;
  std::vector<SyntheticCow> cows_;
  std::vector<SyntheticSensor> sensors_;
};

}  // namespace herdflow::herd
