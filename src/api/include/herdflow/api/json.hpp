#pragma once

#include <string>
#include <vector>

#include "herdflow/herd/report.hpp"
#include "herdflow/http/json_writer.hpp"
#include "herdflow/orchestration/definitions.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::api {

/// The bodies of the back end's answers, which the command line's `--json` prints too.
[[nodiscard]] std::string ReportJson(const herd::DailyReport& report);
[[nodiscard]] std::string CowJson(const pipeline::CowView& cow);
[[nodiscard]] std::string FarmJson(const pipeline::FarmView& farm);
[[nodiscard]] std::string FarmsJson(const std::vector<pipeline::FarmView>& farms);
[[nodiscard]] std::string PipelinesJson(const orchestration::Definitions& definitions,
                                        const pipeline::LedgerOverview& overview);
[[nodiscard]] std::string RunJson(const pipeline::TaskRun& run);
/// `after`: the number of the last line that the client has.
[[nodiscard]] std::string RunWithLogJson(const pipeline::RunWithLog& run, std::int64_t after);
[[nodiscard]] std::string NotificationJson(const pipeline::Notification& notification);

/// The same, as a part of a larger text.
void WriteRunObject(http::JsonWriter& json, const pipeline::TaskRun& run);
void WriteNotification(http::JsonWriter& json, const pipeline::Notification& notification);

}  // namespace herdflow::api
