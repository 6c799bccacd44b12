#pragma once

#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// Where a row of gold comes from.
template <class Gold>
void NoteReceipt(Gold& gold, const Lineage& lineage, Instant received_at) {
  gold.lineage = lineage;
  gold.created_at = received_at;
  gold.updated_at = received_at;
}

/// Gold's row of an accepted cow.
inline GoldCow ToGold(const herd::Cow& cow, CowRef ref, const Lineage& lineage,
                      Instant received_at) {
  GoldCow gold;
  gold.cow = ref;
  gold.name = cow.name;
  gold.birthdate = cow.birthdate;
  if (cow.retired) gold.retired_at = received_at;
  NoteReceipt(gold, lineage, received_at);
  return gold;
}

inline GoldSensor ToGold(const herd::Sensor& sensor, SensorRef ref, const Lineage& lineage,
                         Instant received_at) {
  GoldSensor gold;
  gold.sensor = ref;
  gold.unit = sensor.unit;
  gold.kind = sensor.kind;
  if (sensor.retired) gold.retired_at = received_at;
  NoteReceipt(gold, lineage, received_at);
  return gold;
}

inline GoldFarm ToGold(const herd::Farm& farm, FarmRef ref, const Lineage& lineage,
                       Instant received_at) {
  GoldFarm gold;
  gold.farm = ref;
  gold.name = farm.name;
  gold.rules = farm.rules;
  if (farm.closed) {
    gold.closed_at = received_at;
  } else {
    gold.state = lineage;
  }
  NoteReceipt(gold, lineage, received_at);
  return gold;
}

}  // namespace herdflow::pipeline
