#pragma once

#include "herdflow/core/time.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// Gold's row of an accepted cow.
inline GoldCow ToGold(const herd::Cow& cow, CowRef ref, const Lineage& lineage,
                      Instant received_at) {
  GoldCow gold;
  gold.cow = ref;
  gold.name = cow.name;
  gold.birthdate = cow.birthdate;
  if (cow.retired) gold.retired_at = received_at;
  gold.lineage = lineage;
  gold.created_at = received_at;
  gold.updated_at = received_at;
  return gold;
}

}  // namespace herdflow::pipeline
