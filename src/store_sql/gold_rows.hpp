#pragma once

#include <optional>

#include "herdflow/herd/measure.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "scope.hpp"

/// Gold's cows, sensors and farms, read and written whole.
namespace herdflow::store_sql {

/// The row in hand of the read_gold_… statements (of farms: list_farms and find_farm as well).
[[nodiscard]] pipeline::GoldCow CowIn(const Statement& row);
[[nodiscard]] pipeline::GoldSensor SensorIn(const Statement& row);
[[nodiscard]] pipeline::GoldFarm FarmIn(const Statement& row);

Result<std::optional<pipeline::GoldCow>> ReadGoldCow(WriteScope& scope, pipeline::CowRef cow);
Result<std::optional<pipeline::GoldSensor>> ReadGoldSensor(WriteScope& scope,
                                                           pipeline::SensorRef sensor);
Result<std::optional<pipeline::GoldFarm>> ReadGoldFarm(Session& session, pipeline::FarmRef farm);

/// Writes the row in the place of the one that is there.
Result<> WriteGold(WriteScope& scope, const pipeline::GoldCow& cow);
Result<> WriteGold(WriteScope& scope, const pipeline::GoldSensor& sensor);
Result<> WriteGold(WriteScope& scope, const pipeline::GoldFarm& farm);

/// What a sensor of gold measures, by its farm's density of milk, while gold knows that farm.
Result<std::optional<herd::Measure>> ReadMeasure(Session& session, pipeline::SensorRef sensor);

}  // namespace herdflow::store_sql
