#pragma once

#include <cstddef>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

/// What steps do in one transaction, for those who repeat it and those who only look.
namespace herdflow::pipeline {

/// Judges the next messages of the topic. Returns how many; 0: all are judged.
Result<std::size_t> JudgeRecords(HerdBookTx& tx, Topic topic);

}  // namespace herdflow::pipeline
