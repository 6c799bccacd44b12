#pragma once

#include "config.hpp"
#include "herdflow/pipeline/operations_queries.hpp"

namespace herdflow::app {

/// Warns where the store has not loaded all that the log holds: after a pause of `serve`, and where
/// its newest commits were lost with a write-ahead log that was damaged. Says nothing where no
/// broker answers within a second.
void WarnIfBehind(const Configuration& configuration, pipeline::OperationsQueries& queries);

}  // namespace herdflow::app
