#pragma once

#include <cstddef>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

/// What steps do in one transaction, for those who repeat it and those who only look.
namespace herdflow::pipeline {

/// Judges the next messages of the topic. Returns how many; 0: all are judged.
Result<std::size_t> JudgeRecords(HerdBookTx& tx, Topic topic);
/// One chunk of cows or sensors, committed. Returns how many messages; 0: all were judged.
Result<std::size_t> JudgeChunk(LayerStore& store, Topic topic);

[[nodiscard]] herd::PeriodKind PeriodKindOf(AggregateTask task);
/// The task's rows over these days (ascending), by key, each once: what silver makes of them.
/// REQUIRES: not kCowDays.
Result<std::vector<SensorAggregate>> ComputeAggregates(AggregateTx& tx, AggregateTask task,
                                                       const std::vector<DirtyDay>& days);
Result<std::vector<CowDayRow>> ComputeCowDays(AggregateTx& tx, const std::vector<DirtyDay>& days);

}  // namespace herdflow::pipeline
