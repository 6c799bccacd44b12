// The rules of cows and sensors: the master data that readings refer to.

#include <fmt/format.h>

#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/rules.hpp"
#include "labels.hpp"
#include "text.hpp"

namespace herdflow::herd {
namespace {

constexpr std::size_t kLongestUnit = 10;
constexpr std::size_t kLongestKind = 32;
constexpr FarmDay kEarliestBirth = ToFarmDay(std::chrono::year(1980) / 1 / 1);

/// A date-time's zone must not move the day on which a calf was born.
std::optional<FarmDay> DayAsWritten(const Field& birthdate) {
  if (birthdate.kind != Field::Kind::kText) return std::nullopt;
  return ParseWrittenDay(TrimAscii(birthdate.text));
}

std::variant<std::optional<FarmDay>, Rejection> JudgeBirthdate(const Field& birthdate,
                                                               Instant received_at) {
  if (birthdate.IsMissing()) return std::nullopt;
  const auto day = DayAsWritten(birthdate);
  if (!day) {
    return Reject(RejectionCode::kBadDate, "birthdate",
                  fmt::format("is {}; a date such as 2020-01-31 was expected", Seen(birthdate)));
  }
  const FarmDay received{static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(received_at).time_since_epoch().count())};
  if (*day < kEarliestBirth || *day > received) {
    return Reject(RejectionCode::kOutOfRange, "birthdate",
                  fmt::format("is {}; {} to {}, the day of its receipt, was expected",
                              Seen(birthdate), FormatDate(kEarliestBirth), FormatDate(received)));
  }
  return day;
}

/// Empty where none is said.
std::variant<std::string_view, Rejection> JudgeKind(const Field& kind) {
  const bool blank = kind.kind == Field::Kind::kText && TrimBlanks(kind.text).empty();
  if (kind.IsMissing() || blank) return std::string_view();
  return JudgeLabel(kind, "kind", kLongestKind);
}

/// What keeps a good sensor's readings out of the herd's metrics, if anything does.
std::optional<Rejection> OutOfTheMetrics(const SensorFields& fields, std::string_view unit,
                                         std::string_view kind) {
  if (UnitOf(unit) == Unit::kOther) {
    return Reject(RejectionCode::kImplausible, "unit",
                  fmt::format("is {}; for the herd's metrics L, gal, kg or lb was expected",
                              Seen(fields.unit)));
  }
  if (MeasureOf(unit, kind).metric != Metric::kNone) return std::nullopt;
  const bool volume = MeasureOf(unit, kWeightKind).metric == Metric::kNone;
  return Reject(
      RejectionCode::kImplausible, "kind",
      fmt::format("is {}; for the herd's metrics {} was expected of a sensor in {}",
                  Seen(fields.kind), volume ? "milk" : "milk or weight", UnitSpelling(unit)));
}

/// The farm, the id and `deleted`. Is there more to look at: is nothing retired?
bool PrecheckHead(const Field& farm, const Field& id, const Field& deleted, Precheck& found) {
  if (auto rejection = JudgeFarmOf(farm)) found.refused.push_back(*std::move(rejection));
  if (auto rejection = JudgeId(id, "id")) found.refused.push_back(*std::move(rejection));
  auto judged = JudgeDeleted(deleted);
  const auto* retired = std::get_if<bool>(&judged);
  const bool more = retired == nullptr || !*retired;
  WarnOf(std::move(judged), found);
  return more;
}

}  // namespace

std::variant<Cow, Rejection> JudgeCow(const CowFields& fields, Instant received_at) {
  if (auto rejection = JudgeFarmOf(fields.farm)) return *std::move(rejection);
  if (auto rejection = JudgeId(fields.id, "id")) return *std::move(rejection);
  auto deleted = JudgeDeleted(fields.deleted);
  if (auto* rejection = std::get_if<Rejection>(&deleted)) return std::move(*rejection);
  Cow cow;
  cow.id = fields.id.text;
  cow.retired = std::get<bool>(deleted);
  if (cow.retired) return cow;

  auto name = JudgeLabel(fields.name, "name", kLongestName);
  if (auto* rejection = std::get_if<Rejection>(&name)) return std::move(*rejection);
  cow.name = std::get<std::string_view>(name);
  auto birthdate = JudgeBirthdate(fields.birthdate, received_at);
  if (auto* rejection = std::get_if<Rejection>(&birthdate)) return std::move(*rejection);
  cow.birthdate = std::get<std::optional<FarmDay>>(birthdate);
  return cow;
}

std::variant<Sensor, Rejection> JudgeSensor(const SensorFields& fields) {
  if (auto rejection = JudgeFarmOf(fields.farm)) return *std::move(rejection);
  if (auto rejection = JudgeId(fields.id, "id")) return *std::move(rejection);
  auto deleted = JudgeDeleted(fields.deleted);
  if (auto* rejection = std::get_if<Rejection>(&deleted)) return std::move(*rejection);
  Sensor sensor;
  sensor.id = fields.id.text;
  sensor.retired = std::get<bool>(deleted);
  if (sensor.retired) return sensor;

  auto unit = JudgeLabel(fields.unit, "unit", kLongestUnit);
  if (auto* rejection = std::get_if<Rejection>(&unit)) return std::move(*rejection);
  sensor.unit = UnitSpelling(std::get<std::string_view>(unit));
  auto kind = JudgeKind(fields.kind);
  if (auto* rejection = std::get_if<Rejection>(&kind)) return std::move(*rejection);
  sensor.kind = std::get<std::string_view>(kind);
  return sensor;
}

Precheck PrecheckCow(const CowFields& fields, Instant received_at) {
  Precheck found;
  if (!PrecheckHead(fields.farm, fields.id, fields.deleted, found)) return found;
  WarnOf(JudgeLabel(fields.name, "name", kLongestName), found);
  WarnOf(JudgeBirthdate(fields.birthdate, received_at), found);
  return found;
}

Precheck PrecheckSensor(const SensorFields& fields) {
  Precheck found;
  if (!PrecheckHead(fields.farm, fields.id, fields.deleted, found)) return found;
  auto unit = JudgeLabel(fields.unit, "unit", kLongestUnit);
  auto kind = JudgeKind(fields.kind);
  const auto* good_unit = std::get_if<std::string_view>(&unit);
  const auto* good_kind = std::get_if<std::string_view>(&kind);
  if (good_unit != nullptr) {
    const std::string_view said = good_kind != nullptr ? *good_kind : "";
    if (auto rejection = OutOfTheMetrics(fields, *good_unit, said)) {
      found.warnings.push_back(*std::move(rejection));
    }
  }
  WarnOf(std::move(unit), found);
  WarnOf(std::move(kind), found);
  return found;
}

}  // namespace herdflow::herd
