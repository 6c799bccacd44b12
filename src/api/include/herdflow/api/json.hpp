#pragma once

#include <string>

#include "herdflow/herd/report.hpp"
#include "herdflow/pipeline/herd_queries.hpp"

namespace herdflow::api {

/// The bodies of the back end's answers, which the command line's `--json` prints too.
[[nodiscard]] std::string ReportJson(const herd::DailyReport& report);
[[nodiscard]] std::string CowJson(const pipeline::CowView& cow);

}  // namespace herdflow::api
