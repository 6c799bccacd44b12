#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::pipeline {

struct NewCow {
  std::string name;  ///< `Base #N` is kept, a bare `Base` gets its next free number.
  std::optional<FarmDay> birthdate;
  std::string idempotency_key;  ///< Empty: none. The same key gives the same cow.
};

/// Make a cow: reserve its id and name in the store, append the event, wait until it is durable,
/// and write gold's row through with the broker's time as its version.
///
/// Blocks (up to a few seconds): call it on a thread that may. kUnavailable: the loader is
/// behind the log, or the log does not answer; retry with the same idempotency key.
Result<CowView> CreateCow(const NewCow& cow, LayerStore& store, EventWriter& writer,
                          TopicAdmin& topics, HerdQueries& queries);

}  // namespace herdflow::pipeline
