#pragma once

#include <cstddef>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

/// What steps do in one transaction, for those who repeat it and those who only look.
namespace herdflow::pipeline {

/// Judges the next messages of the topic. Returns how many; 0: all are judged.
Result<std::size_t> JudgeRecords(HerdBookTx& tx, Topic topic);

[[nodiscard]] herd::PeriodKind PeriodKindOf(AggregateTask task);
/// The task's rows over these days (ascending), by key, each once: what silver makes of them.
/// REQUIRES: not kCowDays.
Result<std::vector<SensorAggregate>> ComputeAggregates(AggregateTx& tx, AggregateTask task,
                                                       const std::vector<DirtyDay>& days);
Result<std::vector<CowDayRow>> ComputeCowDays(AggregateTx& tx, const std::vector<DirtyDay>& days);

}  // namespace herdflow::pipeline
