#pragma once

#include <span>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::pipeline {

/// Leaves of `change`, which is all that the layers must hold of these readings (ascending keys),
/// what they do not hold yet, and adds what they hold and must not. Pure.
///
/// `left_alone`: messages that belong to other readings now and are judged with those.
/// `all_dirty`: a day is dirty also where silver stays as it is.
void KeepDifferences(std::span<const ReadingKey> keys, KnownVersions& known,
                     const std::vector<Lineage>& left_alone, bool all_dirty, SilverChange& change);

}  // namespace herdflow::pipeline
