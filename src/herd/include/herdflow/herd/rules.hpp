#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "herdflow/core/time.hpp"
#include "herdflow/herd/measure.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"

namespace herdflow::herd {

/// Millionths of a litre, a kilogram or whatever the sensor's unit is.
inline constexpr std::int64_t kMillion = 1'000'000;
/// No accepted or pending value is above 10⁶, so that no sum overflows.
inline constexpr std::int64_t kLargestValueMillionths = kMillion * kMillion;

/// The plausible values of milk and of weight, both ends included, in millionths.
struct Bounds {
  std::int64_t litre_min = 0;
  std::int64_t litre_max = 60 * kMillion;
  std::int64_t kilogram_min = 20 * kMillion;
  std::int64_t kilogram_max = 1500 * kMillion;

  bool operator==(const Bounds&) const = default;
};

/// Ids: 1 to 255 code points, text or integer, no control characters (C0, DEL, C1), no blanks at
/// the ends (Unicode's White_Space and U+FEFF). `field`: a literal, the name that the rejection
/// gives.
[[nodiscard]] std::optional<Rejection> JudgeId(const Field& id, std::string_view field);

/// Unix seconds, ms, µs or ns by magnitude (below 10¹¹, 10¹⁴, 10¹⁷, above), or ISO 8601, as number
/// or text; rounded half to even to µs; 2000-01-01 to five minutes after `received_at`.
[[nodiscard]] std::variant<Instant, Rejection> JudgeTimestamp(const Field& timestamp,
                                                              Instant received_at);
/// The same without the bounds: what HTTP needs to refuse only what cannot be read. A number beyond
/// what an Instant holds is Instant::min() or max(), which nothing but a comparison should meet.
[[nodiscard]] std::variant<Instant, Rejection> ReadTimestamp(const Field& timestamp);

/// A finite decimal, rounded half to even to millionths and then judged: not negative (-0.0 is
/// zero), at most 10⁶ and, where the sensor is known, as its metric's litres or kilograms within
/// their bounds. The value itself stays in the sensor's unit.
[[nodiscard]] std::variant<std::int64_t, Rejection> JudgeValue(
    const Field& value, const std::optional<Measure>& measure, const Bounds& bounds);

/// Is `deleted` set? true, "true", 1 and "1" are; absent, null, false, "false", 0, "0", "" are not.
[[nodiscard]] std::variant<bool, Rejection> JudgeDeleted(const Field& deleted);

/// A value that a sensor reported, or `taken_back`: the statement that it never did.
struct Reading {
  Instant at;
  std::int64_t value_millionths = 0;  ///< 0 where taken back.
  bool taken_back = false;

  bool operator==(const Reading&) const = default;
};

/// Judges a measurement by the rules in their order: farm, ids, timestamp, `deleted`, value, the
/// metric's range. `measure`: that of the sensor, nothing while the sensor is not known. Pure:
/// reads neither clock nor machine.
[[nodiscard]] std::variant<Reading, Rejection> JudgeReading(const MeasurementFields& fields,
                                                            Instant received_at,
                                                            const std::optional<Measure>& measure,
                                                            const Bounds& bounds);
/// The same for a message whose farm and two ids are known to be well-formed (bronze knows).
[[nodiscard]] std::variant<Reading, Rejection> JudgeReadingWithGoodIds(
    const MeasurementFields& fields, Instant received_at, const std::optional<Measure>& measure,
    const Bounds& bounds);

struct Cow {
  std::string id;
  std::string name;                  ///< Trimmed; empty where retired.
  std::optional<FarmDay> birthdate;  ///< The calendar day that was written, whatever the zone.
  bool retired = false;              ///< `"deleted": true`: only the id counts.
};
struct Sensor {
  std::string id;
  std::string unit;  ///< Trimmed, in its one spelling.
  std::string kind;  ///< Trimmed; empty where none was said.
  bool retired = false;
};

/// Farm and id first, then name (1 to 255 characters, trimmed), then birthdate (optional; ISO date
/// or date-time; 1980-01-01 to the UTC day of receipt).
[[nodiscard]] std::variant<Cow, Rejection> JudgeCow(const CowFields& fields, Instant received_at);
/// Farm and id first, then unit (1 to 10 characters, trimmed), then kind (optional; 1 to 32).
[[nodiscard]] std::variant<Sensor, Rejection> JudgeSensor(const SensorFields& fields);

/// Every field that HTTP has to refuse at once (a malformed or missing id or time), and what else
/// would keep the message out of silver or gold as far as it shows without the store: the warnings
/// (a time out of bounds, a value that no unit allows, a cow's name or a sensor's unit, …). Warned
/// of too is what keeps a good sensor out of the herd's metrics: a unit that is not known, a kind
/// that the unit cannot measure.
struct Precheck {
  std::vector<Rejection> refused;
  std::vector<Rejection> warnings;
};
[[nodiscard]] Precheck PrecheckMeasurement(const MeasurementFields& fields, Instant received_at);
[[nodiscard]] Precheck PrecheckCow(const CowFields& fields, Instant received_at);
[[nodiscard]] Precheck PrecheckSensor(const SensorFields& fields);

}  // namespace herdflow::herd
