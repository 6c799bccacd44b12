#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/synthetic_herd.hpp"

namespace herdflow::parquet_io {

/// What was put into a herd, beside its Parquet files. It is no data of theirs, and not read back.
inline constexpr std::string_view kTruthFile = "truth.json";

struct WrittenHerd {
  std::vector<std::string> files;  ///< Farms, where there are; cows, sensors, measurements, truth.
  std::vector<herd::GroundTruth> truths;  ///< Of each herd.
};

/// The herd of a farm.
struct FarmHerd {
  std::string farm, name;
  herd::SyntheticHerd herd;
};

/// Write `cows.parquet`, `sensors.parquet`, `measurements.parquet` and `truth.json` into a folder,
/// which is made if it is missing. The same herd gives the same bytes. `progress` hears now and
/// then how many measurements are written.
///
/// The files are written under temporary names and renamed when all are complete, `truth.json`
/// last: where it is, all of them are. On failure what was begun is removed. Blocks until done;
/// memory does not grow with the number of measurements.
/// Errors: kConflict (one of the files exists: nothing is overwritten), kUnavailable (disk,
/// rights).
Result<WrittenHerd> WriteHerd(const herd::SyntheticHerd& herd, const std::string& folder,
                              const std::function<void(std::int64_t measurements)>& progress);
/// The same of several herds in the same files, with a column `farm`, and `farms.parquet`. The
/// truth is by farm. REQUIRES: there is one.
Result<WrittenHerd> WriteFarms(const std::vector<FarmHerd>& herds, const std::string& folder,
                               const std::function<void(std::int64_t measurements)>& progress);

}  // namespace herdflow::parquet_io
