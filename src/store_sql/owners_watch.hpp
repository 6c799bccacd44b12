#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>

#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::store_sql {

/// How long the owners of running runs have shown no sign of life, as one process has seen it.
///
/// It counts the time between looks, each at most `kLongestLook`: who was suspended or stopped
/// itself has not seen that the others were silent meanwhile. Threads: any.
class OwnersWatch {
 public:
  /// How the open runs stand now.
  void Look(std::span<const pipeline::TaskRun> open, std::chrono::steady_clock::time_point now);
  /// Whether nothing was heard of a running run for `kOwnerSilent`, up to the last look.
  [[nodiscard]] bool IsSilent(const pipeline::TaskRun& run) const;

 private:
  struct Seen {
    std::int64_t attempt = 0, beats = 0;
    std::chrono::steady_clock::duration silent{0};

    [[nodiscard]] bool IsOf(const pipeline::TaskRun& run) const {
      return attempt == run.attempt && beats == run.beats;
    }
  };

  mutable std::mutex mutex_;
  std::map<pipeline::RunId, Seen> seen_;
  std::chrono::steady_clock::time_point last_look_;
};

}  // namespace herdflow::store_sql
