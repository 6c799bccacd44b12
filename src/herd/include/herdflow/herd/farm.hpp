#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "herdflow/herd/measure.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rejection.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::herd {

/// Whose events name no farm.
inline constexpr std::string_view kDefaultFarm = "default";

/// By what a farm's readings are judged and counted.
struct FarmRules {
  std::string time_zone = "UTC";  ///< An IANA name.
  Bounds bounds;
  std::int64_t density_millionths = kMilkDensityMillionths;  ///< Of milk, kg/L.

  bool operator==(const FarmRules&) const = default;
};

/// The number of the code of all rules, of readings, cows, sensors and farms: raised whenever the
/// same message could be judged differently than before.
[[nodiscard]] std::int64_t RulesCode();
/// `<number of the rules' code>-<hash of the ranges and the density>`.
[[nodiscard]] std::string RulesVersion(const FarmRules& rules);

struct Farm {
  std::string id;
  std::string name;  ///< Trimmed; empty where closed.
  FarmRules rules;
  bool closed = false;  ///< `"deleted": true`: only the id counts.
};

/// A farm's id: a text `[a-z0-9][a-z0-9-]{0,62}`. `field`: a literal, the name that the rejection
/// gives.
[[nodiscard]] std::optional<Rejection> JudgeFarmId(const Field& id, std::string_view field);
/// What is wrong with an event's field `farm`, if anything: it may be missing.
[[nodiscard]] std::optional<Rejection> JudgeFarmOf(const Field& farm);
/// The farm that a good one names: `default` where it is missing.
[[nodiscard]] std::string_view FarmNamed(const Field& farm);
/// A farm that a message names well, and the path of its request does not; empty: that names none.
[[nodiscard]] std::optional<Rejection> JudgeOtherFarm(const Field& named, std::string_view of_path);
/// Of an event whose farm is not known.
[[nodiscard]] Rejection UnknownFarm(std::string_view farm);
/// What a person is told who asks for a farm that there is not, or who wants something taken of one
/// that is closed: what is wrong, and the next step.
[[nodiscard]] std::string NoSuchFarm(std::string_view farm);
[[nodiscard]] std::string FarmIsClosed(std::string_view farm);

/// Id first, then `deleted` (`default` stays open), name (1 to 255 characters, trimmed), time_zone
/// (an IANA name that this machine knows; UTC where none is said), then the ranges (numbers from 0
/// to 10⁶, the first not above the second) and milk_density (0.9 to 1.2 kg/L), where they are said.
/// What is not said is as Bounds and FarmRules have it: an event is a farm's whole state.
[[nodiscard]] std::variant<Farm, Rejection> JudgeFarm(const FarmFields& fields);

/// How values are written.
enum class Typing : std::uint8_t {
  kEvent,    ///< Numbers and truth may be texts; "None" and "nan" are words for a missing value.
  kRequest,  ///< As JSON has them: only null, or no field at all, says nothing.
};
/// As the other Precheck… of rules.hpp.
[[nodiscard]] Precheck PrecheckFarm(const FarmFields& fields, Typing typing = Typing::kEvent);

}  // namespace herdflow::herd
