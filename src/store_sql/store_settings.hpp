#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "herdflow/herd/farm.hpp"
#include "scope.hpp"

/// What a store records of itself when it is opened: its id, and by what it is judged.
namespace herdflow::store_sql {

/// The store's id, made by whoever opens it first.
Result<std::string> RecordId(WriteScope& scope);
/// Ask for all farms, cows and sensors to be judged again.
Result<> RequestHerdBook(WriteScope& scope);
/// By what `default` is judged: made with these rules if the store has it not yet, or has it from a
/// migration alone, which knew no configuration. A store that was judged before there were farms
/// leaves that to whoever judges: others may not know its zone.
Result<herd::FarmRules> RecordDefaultFarm(WriteScope& scope, const herd::FarmRules& rules,
                                          bool judges);
/// By which code the store was judged last; nothing: by none yet.
Result<std::optional<std::int64_t>> ReadRulesCode(WriteScope& scope);
/// The rules of a farm say by which code they are.
Result<> WriteRulesVersions(WriteScope& scope);
/// What was judged by an older code's rules, or before there were farms by other rules or in
/// another zone than those that `default` was made with, is asked for to be judged again.
/// kInvalidInput: a newer code judged the store.
Result<> RecordHowToJudge(WriteScope& scope, std::int64_t code, const herd::FarmRules& rules);
/// One warning of all in which the configuration differs from the farm that it once made.
void WarnOfDifferences(const herd::FarmRules& farm, const herd::FarmRules& configured);

}  // namespace herdflow::store_sql
