#pragma once

#include <vector>

#include "herdflow/http/route.hpp"
#include "herdflow/intake/farm_book.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::api {

struct ProducerDeps {
  pipeline::EventWriter& writer;  ///< Outlives the server.
  pipeline::TopicAdmin& topics;   ///< Of the same log. Outlives the server.
  intake::FarmBook& farms;        ///< Outlives the server.
};

/// Whether the log answers, and took the newest event: what `/readyz` asks. Threads: any; blocks.
Result<> Ready(pipeline::EventWriter& writer, pipeline::TopicAdmin& topics);

/// Everything that the producer's port serves: `POST /cow`, `/sensor`, `/measurement`, the same
/// below `/ingrid`, many events below `/api/v1/events` and a farm's own below
/// `/api/v1/farms/{farm}/events`, `/healthz`, `/readyz`, `/openapi.json`, `/docs`.
///
/// A POST is answered once its event is durable; no thread waits for that.
[[nodiscard]] std::vector<http::Route> ProducerRoutes(ProducerDeps deps);

}  // namespace herdflow::api
