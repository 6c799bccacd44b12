#include "herdflow/herd/rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "decimal.hpp"
#include "herdflow/herd/farm.hpp"
#include "labels.hpp"
#include "text.hpp"

namespace herdflow::herd {
namespace {

constexpr std::size_t kLongestId = 255;
constexpr Instant kEarliest{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};
constexpr std::chrono::minutes kAhead{5};

/// The digits before the decimal point say what a number counts: 10¹¹ seconds are the year 5138,
/// 10¹¹ milliseconds 1973.
int MicrosecondPower(const Decimal& number) {
  if (number.SmallerThanPowerOfTen(11)) return 6;
  if (number.SmallerThanPowerOfTen(14)) return 3;
  if (number.SmallerThanPowerOfTen(17)) return 0;
  return -3;
}

std::variant<Instant, Rejection> UnreadableTimestamp(const Field& timestamp) {
  // Whoever writes times in another form is shown one that is read.
  const bool has_digit = timestamp.text.find_first_of("0123456789") != std::string_view::npos;
  return Reject(RejectionCode::kBadTimestamp, "timestamp",
                fmt::format("is {}; Unix seconds or an ISO 8601 date and time{} was expected",
                            Seen(timestamp), has_digit ? " such as 2024-06-01T05:00:00Z" : ""));
}

struct Range {
  std::int64_t min;
  std::int64_t max;
  std::string_view unit;
};

/// What is plausible, never more than what is allowed at all.
Range RangeOf(Metric metric, const Bounds& bounds) {
  Range range{0, kLargestValueMillionths, ""};
  switch (metric) {
    case Metric::kMilk:
      range = {bounds.litre_min, bounds.litre_max, " L"};
      break;
    case Metric::kWeight:
      range = {bounds.kilogram_min, bounds.kilogram_max, " kg"};
      break;
    case Metric::kNone:
      break;
  }
  range.max = std::min(range.max, kLargestValueMillionths);
  return range;
}

/// `seen`: the value, and what it is in the range's unit where that is another.
Rejection Implausible(std::string_view seen, const Range& range) {
  return Reject(RejectionCode::kImplausible, "value",
                fmt::format("is {}; {} to {}{} was expected", seen, MillionthsText(range.min),
                            MillionthsText(range.max), range.unit));
}

Rejection Missing(std::string_view field, std::string_view expected) {
  return Reject(RejectionCode::kMissing, field,
                fmt::format("is missing; {} was expected", expected));
}

}  // namespace

std::optional<Rejection> JudgeId(const Field& id, std::string_view field) {
  if (id.IsMissing()) return Missing(field, "a text of 1 to 255 characters");
  const bool integer = id.kind == Field::Kind::kNumber &&
                       id.text.find_first_not_of("-0123456789") == std::string_view::npos;
  if (id.kind != Field::Kind::kText && !integer) {
    return Reject(RejectionCode::kBadType, field,
                  fmt::format("is {}; a text or an integer was expected", Seen(id)));
  }
  const TextShape shape = ShapeOf(id.text);
  if (!shape.valid_utf8) {
    return Reject(RejectionCode::kBadUtf8, field,
                  fmt::format("is {}; UTF-8 was expected", Seen(id)));
  }
  if (shape.code_points > kLongestId) {
    return Reject(RejectionCode::kTooLong, field,
                  fmt::format("is {}, {} characters long; 1 to {} were expected", Seen(id),
                              shape.code_points, kLongestId));
  }
  if (shape.has_control) {
    return Reject(RejectionCode::kBadCharacters, field,
                  fmt::format("is {}, with a control character; none was expected", Seen(id)));
  }
  if (TrimBlanks(id.text).size() != id.text.size()) {
    return Reject(RejectionCode::kBadCharacters, field,
                  fmt::format("is {}, with a blank at an end; none was expected", Seen(id)));
  }
  return std::nullopt;
}

std::variant<Instant, Rejection> ReadTimestamp(const Field& timestamp) {
  if (timestamp.IsMissing()) {
    return Missing("timestamp", "Unix seconds or an ISO 8601 date and time");
  }
  if (timestamp.kind != Field::Kind::kText && timestamp.kind != Field::Kind::kNumber) {
    return UnreadableTimestamp(timestamp);
  }
  if (const auto number = Decimal::Parse(timestamp.text)) {
    const auto micros = number->Scaled(MicrosecondPower(*number));
    return micros ? FromMicros(*micros) : number->IsNegative() ? Instant::min() : Instant::max();
  }
  if (const auto at = ParseInstant(TrimAscii(timestamp.text))) return *at;
  return UnreadableTimestamp(timestamp);
}

std::variant<Instant, Rejection> JudgeTimestamp(const Field& timestamp, Instant received_at) {
  auto read = ReadTimestamp(timestamp);
  const auto* at = std::get_if<Instant>(&read);
  if (at == nullptr) return read;
  if (*at < kEarliest) {
    return Reject(RejectionCode::kOutOfRange, "timestamp",
                  fmt::format("is {}; 2000-01-01 or later was expected", Seen(timestamp)));
  }
  if (*at > received_at + kAhead) {
    return Reject(RejectionCode::kInFuture, "timestamp",
                  fmt::format("is {}; at most five minutes after its receipt at {} was expected",
                              Seen(timestamp), FormatInstant(received_at)));
  }
  return read;
}

std::variant<std::int64_t, Rejection> JudgeValue(const Field& value,
                                                 const std::optional<Measure>& measure,
                                                 const Bounds& bounds) {
  if (value.IsMissing()) return Missing("value", "a number");
  const bool readable = value.kind == Field::Kind::kText || value.kind == Field::Kind::kNumber;
  const auto number = readable ? Decimal::Parse(value.text) : std::nullopt;
  if (!number) {
    return Reject(RejectionCode::kNotANumber, "value",
                  fmt::format("is {}; a finite decimal number was expected", Seen(value)));
  }
  const auto millionths = number->Scaled(6);
  if (millionths ? *millionths < 0 : number->IsNegative()) {
    return Reject(RejectionCode::kNegative, "value",
                  fmt::format("is {}; 0 or more was expected", Seen(value)));
  }
  // What no unit allows is told alike, whether the sensor's is known yet or not.
  if (!millionths || *millionths > kLargestValueMillionths) {
    return Implausible(Seen(value), RangeOf(Metric::kNone, bounds));
  }
  if (!measure) return *millionths;
  const Range range = RangeOf(measure->metric, bounds);
  const std::int64_t converted = Converted(*millionths, *measure);
  if (converted >= range.min && converted <= range.max) return *millionths;
  const bool same = converted == *millionths;
  return Implausible(
      same ? Seen(value)
           : fmt::format("{}, {}{}", Seen(value), MillionthsText(converted), range.unit),
      range);
}

std::variant<bool, Rejection> JudgeDeleted(const Field& deleted) {
  if (deleted.IsMissing() || deleted.kind == Field::Kind::kFalse) return false;
  if (deleted.kind == Field::Kind::kTrue) return true;
  if (deleted.kind == Field::Kind::kText || deleted.kind == Field::Kind::kNumber) {
    if (deleted.text == "1" || deleted.text == "true") return true;
    if (deleted.text == "0" || deleted.text == "false") return false;
  }
  return Reject(RejectionCode::kBadType, "deleted",
                fmt::format("is {}; true or false was expected", Seen(deleted)));
}

std::variant<Reading, Rejection> JudgeReading(const MeasurementFields& fields, Instant received_at,
                                              const std::optional<Measure>& measure,
                                              const Bounds& bounds) {
  if (auto rejection = JudgeFarmOf(fields.farm)) return *std::move(rejection);
  if (auto rejection = JudgeId(fields.sensor_id, "sensor_id")) return *std::move(rejection);
  if (auto rejection = JudgeId(fields.cow_id, "cow_id")) return *std::move(rejection);
  return JudgeReadingWithGoodIds(fields, received_at, measure, bounds);
}

std::variant<Reading, Rejection> JudgeReadingWithGoodIds(const MeasurementFields& fields,
                                                         Instant received_at,
                                                         const std::optional<Measure>& measure,
                                                         const Bounds& bounds) {
  auto at = JudgeTimestamp(fields.timestamp, received_at);
  if (auto* rejection = std::get_if<Rejection>(&at)) return std::move(*rejection);
  auto deleted = JudgeDeleted(fields.deleted);
  if (auto* rejection = std::get_if<Rejection>(&deleted)) return std::move(*rejection);
  if (std::get<bool>(deleted)) return Reading{.at = std::get<Instant>(at), .taken_back = true};
  auto value = JudgeValue(fields.value, measure, bounds);
  if (auto* rejection = std::get_if<Rejection>(&value)) return std::move(*rejection);
  return Reading{.at = std::get<Instant>(at), .value_millionths = std::get<std::int64_t>(value)};
}

Precheck PrecheckMeasurement(const MeasurementFields& fields, Instant received_at) {
  Precheck found;
  if (auto rejection = JudgeFarmOf(fields.farm)) found.refused.push_back(*std::move(rejection));
  if (auto rejection = JudgeId(fields.sensor_id, "sensor_id")) {
    found.refused.push_back(*std::move(rejection));
  }
  if (auto rejection = JudgeId(fields.cow_id, "cow_id")) {
    found.refused.push_back(*std::move(rejection));
  }
  auto deleted = JudgeDeleted(fields.deleted);
  if (auto* rejection = std::get_if<Rejection>(&deleted)) {
    found.warnings.push_back(std::move(*rejection));
  }
  auto at = JudgeTimestamp(fields.timestamp, received_at);
  if (auto* rejection = std::get_if<Rejection>(&at)) {
    const bool unreadable = rejection->code == RejectionCode::kMissing ||
                            rejection->code == RejectionCode::kBadTimestamp;
    (unreadable ? found.refused : found.warnings).push_back(std::move(*rejection));
  }
  const auto* taken_back = std::get_if<bool>(&deleted);
  if (taken_back != nullptr && *taken_back) return found;
  auto value = JudgeValue(fields.value, std::nullopt, Bounds{});
  if (auto* rejection = std::get_if<Rejection>(&value)) {
    found.warnings.push_back(std::move(*rejection));
  }
  return found;
}

}  // namespace herdflow::herd
