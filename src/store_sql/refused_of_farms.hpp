#pragma once

#include <cstddef>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "scope.hpp"

/// Messages of cows and of sensors that were refused since nobody knew their farm. Once gold has
/// it, they are asked for to be judged again, by topic; readings are the farm's pass's.
namespace herdflow::store_sql {

/// The farm is known from now on.
Result<> RequestRefusedOf(WriteScope& scope, pipeline::FarmRef farm);

struct TakenRefused {
  std::vector<pipeline::UnjudgedRecord> records;
  std::vector<pipeline::Lineage> dismissed;  ///< Those that stay so if they are refused again.
};
/// Takes some of the topic out of the quarantine, dismissed or not. None: nothing is asked for any
/// more; an entry whose message bronze does not have is left to a rebuild.
Result<TakenRefused> TakeRefused(WriteScope& scope, pipeline::Topic topic, std::size_t max);
/// All messages of the topic are judged again anyway.
Result<> ForgetRefused(WriteScope& scope, pipeline::Topic topic);

}  // namespace herdflow::store_sql
