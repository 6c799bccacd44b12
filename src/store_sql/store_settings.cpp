#include "store_settings.hpp"

#include <fmt/ranges.h>

#include <charconv>
#include <random>
#include <utility>
#include <vector>

#include "gold_rows.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "rejudge_queue.hpp"

namespace herdflow::store_sql {
namespace {

constexpr std::string_view kRulesCodeSetting = "rules_code";
/// What a store recorded before there were farms: by which rules and in which zone it judged.
constexpr std::string_view kRulesVersionSetting = "rules_version";
constexpr std::string_view kTimeZoneSetting = "time_zone";

Result<std::optional<std::string>> ReadSetting(WriteScope& scope, std::string_view name) {
  static constexpr Columns kOf(sql::kReadSetting);
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadSetting));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, name).Step());
  if (!there) return std::optional<std::string>();
  std::string value(read->Bytes(kOf["value"]));
  read->Reset();
  return std::optional(std::move(value));
}

Result<> WriteSetting(WriteScope& scope, std::string_view name, std::string_view value) {
  HERDFLOW_ASSIGN(const auto recorded, ReadSetting(scope, name));
  if (recorded == value) return {};
  HERDFLOW_ASSIGN(Statement * write,
                  scope.Get(recorded ? sql::kWriteSetting : sql::kInsertSetting));
  return write->Bind(1, name).Bind(2, value).Run();
}

Result<> DeleteSetting(WriteScope& scope, std::string_view name) {
  HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteSetting));
  return remove->Bind(1, name).Run();
}

/// The number with which a text begins; 0 where there is none.
std::int64_t NumberIn(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<std::string> RecordId(WriteScope& scope) {
  constexpr std::string_view kName = "store_id";
  HERDFLOW_ASSIGN(const auto recorded, ReadSetting(scope, kName));
  if (recorded) return *recorded;
  std::random_device random;
  const std::string id = fmt::format("{:08x}{:08x}", random(), random());
  HERDFLOW_ASSIGN(Statement * insert, scope.Get(sql::kInsertSetting));
  HERDFLOW_CHECK(insert->Bind(1, kName).Bind(2, std::string_view(id)).Run());
  return id;
}

Result<> RequestHerdBook(WriteScope& scope) {
  for (const auto topic :
       {pipeline::Topic::kFarms, pipeline::Topic::kCows, pipeline::Topic::kSensors}) {
    HERDFLOW_CHECK(RequestTopic(scope, topic));
  }
  return {};
}

Result<herd::FarmRules> RecordDefaultFarm(WriteScope& scope, const herd::FarmRules& rules,
                                          bool judges) {
  HERDFLOW_ASSIGN(const auto recorded, ReadGoldFarm(scope.session(), pipeline::kDefaultFarmRef));
  if (recorded && recorded->lineage.version >= 0) return recorded->rules;
  if (recorded && !judges) {
    HERDFLOW_ASSIGN(const auto version, ReadSetting(scope, kRulesVersionSetting));
    HERDFLOW_ASSIGN(const auto zone, ReadSetting(scope, kTimeZoneSetting));
    if (version || zone) return recorded->rules;
  }
  pipeline::GoldFarm made;
  made.farm = pipeline::kDefaultFarmRef;
  made.name = herd::kDefaultFarm;
  made.rules = rules;
  made.state.emplace();
  HERDFLOW_CHECK(WriteGold(scope, made));
  return rules;
}

Result<std::optional<std::int64_t>> ReadRulesCode(WriteScope& scope) {
  HERDFLOW_ASSIGN(auto recorded, ReadSetting(scope, kRulesCodeSetting));
  if (!recorded) {
    HERDFLOW_ASSIGN(recorded, ReadSetting(scope, kRulesVersionSetting));
  }
  return recorded ? std::optional(NumberIn(*recorded)) : std::nullopt;
}

Result<> WriteRulesVersions(WriteScope& scope) {
  std::vector<pipeline::GoldFarm> farms;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadGoldFarms));
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) break;
    farms.push_back(FarmIn(*read));
  }
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteRulesVersion));
  for (const auto& farm : farms) {
    const std::string version = herd::RulesVersion(farm.rules);
    TouchFarm(scope, farm.farm);
    HERDFLOW_CHECK(write->Bind(1, std::string_view(version)).Bind(2, farm.farm).Run());
  }
  return {};
}

/// One warning of all in which the configuration differs from the farm that it once made. What is
/// as built in counts as not configured; the density of milk cannot be.
void WarnOfDifferences(const herd::FarmRules& farm, const herd::FarmRules& configured) {
  const herd::FarmRules built_in;
  std::vector<std::string> differences;
  const auto compare = [&](std::string_view name, const auto& of, const auto& shown) {
    const auto& wanted = of(configured);
    if (wanted == of(built_in) || wanted == of(farm)) return;
    differences.push_back(fmt::format("{} {} (not {})", name, shown(of(farm)), shown(wanted)));
  };
  const auto zone = [](const herd::FarmRules& rules) { return rules.time_zone; };
  compare("time_zone", zone, [](const std::string& text) { return text; });
  const std::pair<std::string_view, std::int64_t herd::Bounds::*> bounds[] = {
      {"litre_min", &herd::Bounds::litre_min},
      {"litre_max", &herd::Bounds::litre_max},
      {"kilogram_min", &herd::Bounds::kilogram_min},
      {"kilogram_max", &herd::Bounds::kilogram_max}};
  for (const auto& [name, bound] : bounds) {
    const auto of = [member = bound](const herd::FarmRules& rules) { return rules.bounds.*member; };
    compare(name, of, herd::Shown);
  }
  if (differences.empty()) return;
  Log(LogLevel::kWarning,
      "the farm {0} has {1}: what the configuration says counts only until there is that farm; "
      "`herdflow farm change {0} …` changes it, or let the configuration say the same",
      herd::kDefaultFarm, fmt::join(differences, ", "));
}

Result<> RecordHowToJudge(WriteScope& scope, std::int64_t code, const herd::FarmRules& rules) {
  HERDFLOW_ASSIGN(const auto version, ReadSetting(scope, kRulesVersionSetting));
  HERDFLOW_ASSIGN(const auto zone, ReadSetting(scope, kTimeZoneSetting));
  HERDFLOW_ASSIGN(const auto recorded, ReadRulesCode(scope));
  const std::int64_t before = recorded.value_or(0);
  if (before > code) {
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: its readings were judged by the rules of a newer herdflow "
                "({} {}, this one has {}); use that one",
                kRulesCodeSetting, before, code);
  }
  const bool is_other_code = recorded && before < code;
  if (is_other_code) HERDFLOW_CHECK(RequestHerdBook(scope));
  if (is_other_code || (version && *version != herd::RulesVersion(rules)) ||
      (zone && *zone != rules.time_zone)) {
    Log(LogLevel::kInfo, "the rules changed: all readings are judged again");
    HERDFLOW_CHECK(RequestPass(scope));
  }
  HERDFLOW_CHECK(DeleteSetting(scope, kRulesVersionSetting));
  HERDFLOW_CHECK(DeleteSetting(scope, kTimeZoneSetting));
  return WriteSetting(scope, kRulesCodeSetting, std::to_string(code));
}

}  // namespace herdflow::store_sql
