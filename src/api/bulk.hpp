#pragma once

#include <string_view>

#include "herdflow/http/route.hpp"
#include "herdflow/intake/bulk.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::api {

/// `POST <base>/<topic>`: many messages in one body, taken as they come; of the farm that the path
/// names, where it does. What `parts` refer to outlives the server.
[[nodiscard]] http::Route BulkRoute(std::string_view base, pipeline::Topic topic,
                                    const intake::BulkParts& parts);

}  // namespace herdflow::api
