#pragma once

#include <algorithm>
#include <chrono>
#include <random>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {

/// Run chunks, each a transaction of its own, until one finds nothing to do. `chunk` returns how
/// much it did. After a passing failure (a deadlock, a lock that was not free in time, a lost
/// connection) the chunk is begun anew from where the store stands, after a pause that chance
/// spreads: a second or two in all, then the failure is the caller's. Returns the sum.
template <class Chunk>
Result<std::int64_t> RunChunks(std::string_view step, const StopRequested& stop,
                               const StepProgress& progress, Chunk chunk) {
  constexpr int kTries = 6;
  constexpr int kFirstPauseMillis = 40;
  std::int64_t done = 0;
  int failures = 0;
  while (!stop()) {
    const Result<std::size_t> count = chunk();
    if (!count) {
      if (!IsPassing(count.error()) || ++failures == kTries) return Fail(count.error());
      if (failures == 1)
        Log(LogLevel::kInfo, "{}: {}; trying again", step, count.error().message());
      static thread_local std::minstd_rand random(std::random_device{}());
      const int longest = kFirstPauseMillis << failures;
      SleepUnless(stop, std::chrono::milliseconds(
                            std::uniform_int_distribution<int>(longest / 2, longest)(random)));
      continue;
    }
    failures = 0;
    if (*count == 0) break;
    done += static_cast<std::int64_t>(*count);
    progress(step, done);
  }
  return done;
}

}  // namespace herdflow::pipeline
