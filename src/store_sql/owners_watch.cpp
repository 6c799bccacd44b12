#include "owners_watch.hpp"

#include <algorithm>
#include <utility>

namespace herdflow::store_sql {

using pipeline::RunState;
using pipeline::TaskRun;

void OwnersWatch::Look(std::span<const TaskRun> open, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  // Threads that look at once may come here in another order than they asked the clock.
  const auto since = std::clamp<std::chrono::steady_clock::duration>(
      now - last_look_, std::chrono::seconds(0), pipeline::kLongestLook);
  last_look_ = std::max(last_look_, now);
  std::map<pipeline::RunId, Seen> seen;
  for (const TaskRun& run : open) {
    if (run.state != RunState::kRunning) continue;
    Seen& now_seen = seen[run.id];
    const auto before = seen_.find(run.id);
    if (before != seen_.end() && before->second.IsOf(run)) {
      now_seen = before->second;
      now_seen.silent += since;
    } else {
      now_seen = {run.attempt, run.beats};
    }
  }
  seen_ = std::move(seen);
}

bool OwnersWatch::IsSilent(const TaskRun& run) const {
  if (run.state != RunState::kRunning) return false;
  const std::lock_guard lock(mutex_);
  const auto seen = seen_.find(run.id);
  return seen != seen_.end() && seen->second.IsOf(run) &&
         seen->second.silent >= pipeline::kOwnerSilent;
}

}  // namespace herdflow::store_sql
