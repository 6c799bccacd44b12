#pragma once

#include "herdflow/http/route.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::api {

/// `POST /api/v1/events/<topic>`: many messages in one body, taken as they come. `writer` outlives
/// the server.
[[nodiscard]] http::Route BulkRoute(pipeline::Topic topic, pipeline::EventWriter& writer);

}  // namespace herdflow::api
