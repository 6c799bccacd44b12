#pragma once

#include <chrono>
#include <cstdint>

#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline::testing {

/// Steps of a loader that has the log to itself until nothing is left: what is only compared with
/// what was loaded before loads nothing, and more may come after it. Returns the messages loaded.
inline Result<std::int64_t> LoadAll(Loader& loader) {
  std::int64_t loaded = 0;
  for (int idle = 0; idle < 2;) {
    HERDFLOW_ASSIGN(const std::int64_t count, loader.Step(std::chrono::milliseconds(0)));
    loaded += count;
    idle = count == 0 && loader.checking().empty() ? idle + 1 : 0;
  }
  return loaded;
}

}  // namespace herdflow::pipeline::testing
