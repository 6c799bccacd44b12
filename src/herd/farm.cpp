#include "herdflow/herd/farm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "decimal.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "labels.hpp"
#include "text.hpp"

namespace herdflow::herd {
namespace {

constexpr int kRulesCode = 4;

constexpr std::size_t kLongestFarmId = 63;
/// Of milk, millionths of kg/L: water is 1, the heaviest milk below 1.05.
constexpr std::int64_t kLightestMilk = 900'000;
constexpr std::int64_t kHeaviestMilk = 1'200'000;

bool MayBeInFarmId(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

bool IsSaid(const Field& field, Typing typing) {
  if (typing == Typing::kEvent) return !field.IsMissing();
  return field.kind != Field::Kind::kAbsent && field.kind != Field::Kind::kNull;
}

/// The zone, as it was written; UTC where none is said.
std::variant<std::string, Rejection> JudgeZone(const Field& zone, Typing typing) {
  if (!IsSaid(zone, typing)) return FarmRules{}.time_zone;
  if (zone.kind != Field::Kind::kText) {
    return Reject(
        RejectionCode::kBadType, "time_zone",
        fmt::format("is {}; an IANA name such as Europe/Berlin was expected", Seen(zone)));
  }
  const std::string_view name = TrimBlanks(zone.text);
  if (const auto calendar = FarmCalendar::Make(name); !calendar) {
    return Reject(RejectionCode::kBadTimeZone, "time_zone",
                  fmt::format("is {}; an IANA name was expected: {}", Seen(zone),
                              calendar.error().message()));
  }
  return std::string(name);
}

/// One of a farm's numbers.
struct Number {
  std::string_view name;
  Field FarmFields::*field;
  std::int64_t min, max;
  std::int64_t& (*of)(FarmRules&);
};
constexpr std::array kNumbers = {
    Number{"litre_min", &FarmFields::litre_min, 0, kLargestValueMillionths,
           [](FarmRules& rules) -> std::int64_t& { return rules.bounds.litre_min; }},
    Number{"litre_max", &FarmFields::litre_max, 0, kLargestValueMillionths,
           [](FarmRules& rules) -> std::int64_t& { return rules.bounds.litre_max; }},
    Number{"kilogram_min", &FarmFields::kilogram_min, 0, kLargestValueMillionths,
           [](FarmRules& rules) -> std::int64_t& { return rules.bounds.kilogram_min; }},
    Number{"kilogram_max", &FarmFields::kilogram_max, 0, kLargestValueMillionths,
           [](FarmRules& rules) -> std::int64_t& { return rules.bounds.kilogram_max; }},
    Number{"milk_density", &FarmFields::milk_density, kLightestMilk, kHeaviestMilk,
           [](FarmRules& rules) -> std::int64_t& { return rules.density_millionths; }},
};

/// In millionths; `usual` where none is said.
std::variant<std::int64_t, Rejection> JudgeNumber(const Number& rule, const Field& number,
                                                  std::int64_t usual, Typing typing) {
  if (!IsSaid(number, typing)) return usual;
  if (typing == Typing::kRequest && number.kind != Field::Kind::kNumber) {
    return Reject(RejectionCode::kBadType, rule.name,
                  fmt::format("is {}; a number was expected", Seen(number)));
  }
  const bool readable = number.kind == Field::Kind::kText || number.kind == Field::Kind::kNumber;
  const auto decimal = readable ? Decimal::Parse(number.text) : std::nullopt;
  if (!decimal) {
    return Reject(RejectionCode::kNotANumber, rule.name,
                  fmt::format("is {}; a finite decimal number was expected", Seen(number)));
  }
  const auto millionths = decimal->Scaled(6);
  if (!millionths || *millionths < rule.min || *millionths > rule.max) {
    return Reject(RejectionCode::kOutOfRange, rule.name,
                  fmt::format("is {}; {} to {} was expected", Seen(number),
                              MillionthsText(rule.min), MillionthsText(rule.max)));
  }
  return *millionths;
}

/// A range whose ends are the wrong way round.
std::optional<Rejection> JudgeRange(std::string_view field, std::int64_t min, std::int64_t max) {
  if (min <= max) return std::nullopt;
  return Reject(RejectionCode::kOutOfRange, field,
                fmt::format("is {}; at most {}, the range's other end, was expected",
                            MillionthsText(min), MillionthsText(max)));
}

std::variant<bool, Rejection> JudgeClosed(const Field& deleted, Typing typing) {
  using Kind = Field::Kind;
  const bool is_truth = deleted.kind == Kind::kTrue || deleted.kind == Kind::kFalse;
  if (typing == Typing::kRequest && IsSaid(deleted, typing) && !is_truth) {
    return Reject(RejectionCode::kBadType, "deleted",
                  fmt::format("is {}; true or false was expected", Seen(deleted)));
  }
  return JudgeDeleted(deleted);
}

std::optional<Rejection> JudgeClosing(std::string_view farm) {
  if (farm != kDefaultFarm) return std::nullopt;
  return Reject(RejectionCode::kOutOfRange, "deleted",
                "is true; false was expected: events that name no farm are the farm default's");
}

/// Everything that is wrong with an open farm, in the order of the rules.
std::vector<Rejection> JudgeOpenFarm(const FarmFields& fields, Typing typing, Farm& farm) {
  std::vector<Rejection> wrong;
  const auto note = [&wrong](auto& judged) {
    auto* const rejection = std::get_if<Rejection>(&judged);
    if (rejection != nullptr) wrong.push_back(std::move(*rejection));
    return rejection == nullptr;
  };
  auto name = JudgeLabel(fields.name, "name", kLongestName);
  if (note(name)) farm.name = std::get<std::string_view>(name);
  auto zone = JudgeZone(fields.time_zone, typing);
  if (note(zone)) farm.rules.time_zone = std::get<std::string>(zone);
  for (const Number& number : kNumbers) {
    std::int64_t& here = number.of(farm.rules);
    auto judged = JudgeNumber(number, fields.*number.field, here, typing);
    if (note(judged)) here = std::get<std::int64_t>(judged);
  }
  if (!wrong.empty()) return wrong;
  const Bounds& bounds = farm.rules.bounds;
  for (auto& range : {JudgeRange("litre_min", bounds.litre_min, bounds.litre_max),
                      JudgeRange("kilogram_min", bounds.kilogram_min, bounds.kilogram_max)}) {
    if (range) wrong.push_back(*range);
  }
  return wrong;
}

}  // namespace

std::int64_t RulesCode() { return kRulesCode; }

std::string RulesVersion(const FarmRules& rules) {
  const Bounds& bounds = rules.bounds;
  const std::string text =
      fmt::format("L {} {} kg {} {} kg/L {}", bounds.litre_min, bounds.litre_max,
                  bounds.kilogram_min, bounds.kilogram_max, rules.density_millionths);
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;  // FNV-1a, 64 bits.
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3;
  }
  return fmt::format("{}-{:016x}", kRulesCode, hash);
}

std::optional<Rejection> JudgeFarmId(const Field& id, std::string_view field) {
  constexpr std::string_view kExpected =
      "1 to 63 of the characters a to z, 0 to 9 and -, the first no -, were expected";
  if (id.IsMissing()) {
    return Reject(RejectionCode::kMissing, field, fmt::format("is missing; {}", kExpected));
  }
  if (id.kind != Field::Kind::kText) {
    return Reject(RejectionCode::kBadType, field,
                  fmt::format("is {}; a text was expected", Seen(id)));
  }
  if (id.text.front() == '-' || !std::all_of(id.text.begin(), id.text.end(), MayBeInFarmId)) {
    return Reject(RejectionCode::kBadCharacters, field,
                  fmt::format("is {}; {}", Seen(id), kExpected));
  }
  if (id.text.size() > kLongestFarmId) {
    return Reject(RejectionCode::kTooLong, field, fmt::format("is {}; {}", Seen(id), kExpected));
  }
  return std::nullopt;
}

std::string_view FarmNamed(const Field& farm) {
  return farm.IsMissing() ? kDefaultFarm : farm.text;
}

std::optional<Rejection> JudgeFarmOf(const Field& farm) {
  return farm.IsMissing() ? std::nullopt : JudgeFarmId(farm, "farm");
}

std::optional<Rejection> JudgeOtherFarm(const Field& named, std::string_view of_path) {
  if (named.IsMissing() || of_path.empty() || named.text == of_path || JudgeFarmOf(named)) {
    return std::nullopt;
  }
  return Reject(RejectionCode::kOtherFarm, "farm",
                fmt::format("is \"{}\", but the path names \"{}\"; leave the field out, or send it "
                            "to its own farm's path",
                            named.text, of_path));
}

Rejection UnknownFarm(std::string_view farm) {
  return Reject(RejectionCode::kUnknownFarm, "farm",
                fmt::format("is {}; one that is known was expected (`herdflow farm list`)", farm));
}

std::string NoSuchFarm(std::string_view farm) {
  return fmt::format(
      "there is no farm '{0}': PUT /api/v1/farms/{0} on the back end's port or `herdflow farm "
      "create {0}` makes it, `herdflow farm list` shows those that there are",
      farm);
}

std::string FarmIsClosed(std::string_view farm) {
  return fmt::format(
      "the farm '{0}' is closed: all of it can be read, and nothing is taken; PUT "
      "/api/v1/farms/{0} on the back end's port or `herdflow farm create {0}` opens it again",
      farm);
}

std::variant<Farm, Rejection> JudgeFarm(const FarmFields& fields) {
  if (auto rejection = JudgeFarmId(fields.id, "id")) return *std::move(rejection);
  auto closed = JudgeClosed(fields.deleted, Typing::kEvent);
  if (auto* rejection = std::get_if<Rejection>(&closed)) return std::move(*rejection);
  Farm farm;
  farm.id = fields.id.text;
  farm.closed = std::get<bool>(closed);
  if (farm.closed) {
    if (auto rejection = JudgeClosing(farm.id)) return *std::move(rejection);
    return farm;
  }
  auto wrong = JudgeOpenFarm(fields, Typing::kEvent, farm);
  if (!wrong.empty()) return std::move(wrong.front());
  return farm;
}

Precheck PrecheckFarm(const FarmFields& fields, Typing typing) {
  Precheck found;
  if (auto rejection = JudgeFarmId(fields.id, "id")) found.refused.push_back(*std::move(rejection));
  auto closed = JudgeClosed(fields.deleted, typing);
  if (const auto* is_closed = std::get_if<bool>(&closed); is_closed != nullptr && *is_closed) {
    if (auto rejection = JudgeClosing(fields.id.text)) {
      found.warnings.push_back(*std::move(rejection));
    }
    return found;
  }
  WarnOf(std::move(closed), found);
  Farm farm;
  for (auto& wrong : JudgeOpenFarm(fields, typing, farm)) {
    found.warnings.push_back(std::move(wrong));
  }
  return found;
}

}  // namespace herdflow::herd
