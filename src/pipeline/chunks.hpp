#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>

#include "herdflow/core/retry.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {

/// Rows that a transaction of a derived table reads, about: bounds its memory and how long its
/// writes take.
inline constexpr std::size_t kFeedRows = 25'000;

/// Run chunks, each a transaction of its own, until one finds nothing to do. `chunk` returns how
/// much it did. After a passing failure (a deadlock, a lock that was not free in time, a lost
/// connection) the chunk is begun anew from where the store stands: for a second or two in all,
/// then the failure is the caller's. Returns the sum.
template <class Chunk>
Result<std::int64_t> RunChunks(std::string_view step, const std::stop_token& stop,
                               const StepProgress& progress, Chunk chunk) {
  using std::chrono::milliseconds;
  Retry retry(std::string(step), {.first = milliseconds(80),
                                  .longest = milliseconds(1'280),
                                  .tries = 6,
                                  .only_passing = true,
                                  .ends_at_once = true});
  std::int64_t done = 0;
  while (!stop.stop_requested()) {
    HERDFLOW_ASSIGN(const std::size_t count, retry.Until(stop, chunk));
    if (count == 0) break;
    done += static_cast<std::int64_t>(count);
    progress(step, done);
  }
  return done;
}

}  // namespace herdflow::pipeline
