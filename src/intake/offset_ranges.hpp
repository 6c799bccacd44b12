#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::intake {

/// Notes an offset that is in none of the ranges. They come nearly in order: many become one.
/// False: it would be one range more than `most`, and is left out.
[[nodiscard]] bool AddOffset(std::vector<pipeline::OffsetRange>& ranges, std::int64_t offset,
                             std::size_t most);
/// Ascending, neighbours as one. REQUIRES: no two of them overlap.
void Tidy(std::vector<pipeline::OffsetRange>& ranges);

}  // namespace herdflow::intake
