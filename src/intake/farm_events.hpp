#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/operations_queries.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::intake {

/// A good event of a farm.
struct FarmEvent {
  herd::Farm farm;
  pipeline::Lineage lineage;  ///< As LineageOf.
  Instant at;
};

/// The farm's good events in the log that its pipeline has not judged yet, oldest first.
Result<std::vector<FarmEvent>> ReadUnjudged(pipeline::TopicAdmin& topics,
                                            pipeline::OperationsQueries& operations,
                                            std::string_view id);

/// What is known of the farm once the event is judged, as HerdBookTx::Merge does it.
[[nodiscard]] pipeline::FarmView After(const std::optional<pipeline::FarmView>& known,
                                       const FarmEvent& event);

}  // namespace herdflow::intake
