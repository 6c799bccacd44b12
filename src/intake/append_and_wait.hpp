#pragma once

#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::intake {

/// Append one event, and wait until it is durable. `doing`: what the messages of failures begin
/// with; `again`: how it is sent again harmlessly.
///
/// kTimeout: it may be in the log. Any other failure: it is not.
Result<pipeline::AppendOutcome> AppendAndWait(pipeline::EventWriter& writer, pipeline::Topic topic,
                                              pipeline::Event event, std::string_view doing,
                                              std::string_view again);

/// What gold's row of a durable event is written with: the loader's version is never lower than the
/// broker's time, so the pipeline's own merge of this very event finds the row or replaces it.
[[nodiscard]] pipeline::Lineage LineageOf(const pipeline::AppendOutcome& event);

}  // namespace herdflow::intake
