#pragma once

#include <cstdint>
#include <string_view>

namespace herdflow::herd {

/// The units whose values can become the herd's litres and kilograms.
enum class Unit : std::uint8_t { kLitre, kGallon, kKilogram, kPound, kOther };

/// In any letter case: `l`, `ltr`, `litre(s)`, `liter(s)`; `gal`, `gallon(s)` (US); `kg`, `kgm`,
/// `kilogram(s)`; `lb`, `lbs`, `lbr`, `pound(s)`. Anything else is another unit.
[[nodiscard]] Unit UnitOf(std::string_view unit);
/// The one spelling in which a unit is kept: `L`, `gal`, `kg`, `lb`; another unit's is as it is.
[[nodiscard]] std::string_view UnitSpelling(std::string_view unit);

/// The kinds of sensors that the herd's metrics are made of; there may be any other.
inline constexpr std::string_view kMilkKind = "milk";
inline constexpr std::string_view kWeightKind = "weight";

/// Millionths of a kilogram that a litre of milk weighs.
inline constexpr std::int64_t kMilkDensityMillionths = 1'031'000;

enum class Metric : std::uint8_t {
  kNone,    ///< The aggregates by sensor only.
  kMilk,    ///< In litres.
  kWeight,  ///< In kilograms.
};

/// What a sensor's readings mean to the herd: which metric, and the exact factor by which a value
/// becomes that metric's. In lowest terms, so that equal measures compare equal.
struct Measure {
  Metric metric = Metric::kNone;
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;

  bool operator==(const Measure&) const = default;
};

/// `kind`: empty where none was said: a volume is milk then, a mass is weight. A volume is no
/// weight. REQUIRES: density_millionths > 0.
[[nodiscard]] Measure MeasureOf(std::string_view unit, std::string_view kind,
                                std::int64_t density_millionths = kMilkDensityMillionths);

/// A value of the sensor's unit as the metric's: exact, then rounded half to even to millionths.
/// REQUIRES: 0 <= value_millionths <= 10¹².
[[nodiscard]] std::int64_t Converted(std::int64_t value_millionths, const Measure& measure);

}  // namespace herdflow::herd
