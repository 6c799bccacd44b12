#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/synthetic_herd.hpp"

namespace herdflow::parquet_io {

struct WrittenHerd {
  std::vector<std::string> files;  ///< Cows, sensors, measurements, truth.
  herd::GroundTruth truth;
};

/// Write `cows.parquet`, `sensors.parquet`, `measurements.parquet` and `truth.json` into a folder,
/// which is made if it is missing. The same herd gives the same bytes. `progress` hears now and
/// then how many measurements are written.
///
/// The files are written under temporary names and renamed when all are complete; on failure what
/// was begun is removed. Blocks until done; memory does not grow with the number of measurements.
/// Errors: kConflict (one of the files exists: nothing is overwritten), kUnavailable (disk,
/// rights).
Result<WrittenHerd> WriteHerd(const herd::SyntheticHerd& herd, const std::string& folder,
                              const std::function<void(std::int64_t measurements)>& progress);

}  // namespace herdflow::parquet_io
