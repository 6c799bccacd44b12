#pragma once

#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/orchestration/definitions.hpp"

namespace herdflow::orchestration {

inline constexpr int kManifestVersion = 1;

/// The definitions as JSON, for what makes Airflow's DAGs of them: members always in this order, a
/// pipeline's task a line. `time_zone`: of the schedules by the farm's clock.
[[nodiscard]] std::string Manifest(const Definitions& definitions, std::string_view time_zone);

/// Put a text in the place of a file: whoever reads it sees the old or the new one, whole. Written
/// beside it, synced, renamed.
Result<> ReplaceFile(const std::string& path, std::string_view text);

}  // namespace herdflow::orchestration
