#pragma once

#include <memory>

#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/operations_queries.hpp"
#include "herdflow/pipeline/report_queries.hpp"

namespace herdflow::pipeline {

/// What can be asked of a store, a port for each of those who ask. They share its connections.
struct StoreQueries {
  std::unique_ptr<HerdQueries> herd;
  std::unique_ptr<ReportQueries> report;
  std::unique_ptr<OperationsQueries> operations;
};

}  // namespace herdflow::pipeline
