#include "offset_ranges.hpp"

#include <algorithm>

namespace herdflow::intake {

bool AddOffset(std::vector<pipeline::OffsetRange>& ranges, std::int64_t offset, std::size_t most) {
  if (!ranges.empty() && ranges.back().end == offset) {
    ++ranges.back().end;
    return true;
  }
  if (ranges.size() == most) return false;
  ranges.push_back({offset, offset + 1});
  return true;
}

void Tidy(std::vector<pipeline::OffsetRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::size_t last = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin == ranges[last].end) {
      ranges[last].end = ranges[i].end;
    } else {
      ranges[++last] = ranges[i];
    }
  }
  if (!ranges.empty()) ranges.resize(last + 1);
}

}  // namespace herdflow::intake
