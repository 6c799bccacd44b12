#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/http/route.hpp"
#include "herdflow/intake/create_cow.hpp"
#include "herdflow/orchestration/definitions.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/operations_queries.hpp"
#include "herdflow/pipeline/report_queries.hpp"
#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::api {

struct BackendDeps {
  // What is read of the store outlives the server.
  pipeline::HerdQueries& herd;
  pipeline::ReportQueries& report;
  pipeline::OperationsQueries& operations;
  std::function<Result<pipeline::CowView>(const intake::NewCow&)> create_cow;   ///< May block.
  std::function<Result<pipeline::FarmView>(const herd::FarmFields&)> put_farm;  ///< May block.
  /// The day of now in this zone. Threads: any.
  std::function<Result<FarmDay>(std::string_view zone)> today;
  herd::HealthRule health;
  pipeline::RunLedger& ledger;  ///< Outlives the server.
  orchestration::Definitions definitions;
  std::function<void()> run_requested;  ///< Called after a run was asked for; may be empty.
  std::string build = {};               ///< Another one may say the same in other bytes.
};

/// Whether the store answers: what `/readyz` asks. Threads: any; blocks.
Result<> Ready(pipeline::OperationsQueries& queries);

/// Everything that the back end's port serves: `GET /cows/{cow_id}`, `POST /cows/`,
/// `GET /generate-report/{report_date}`, and the same below `/api/v1/farms/{farm}`; farms,
/// pipelines, runs and notifications below `/api/v1`, `/healthz`, `/readyz`, `/openapi.json`,
/// `/docs`.
[[nodiscard]] std::vector<http::Route> BackendRoutes(BackendDeps deps);

}  // namespace herdflow::api
