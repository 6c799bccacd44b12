#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/operations_queries.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::intake {

struct NewCow {
  std::string farm{herd::kDefaultFarm};  ///< There is one.
  std::string name;  ///< `Base #N` is kept, a bare `Base` gets its next free number.
  std::optional<FarmDay> birthdate;
  std::string idempotency_key;  ///< Empty: none. On a farm the same key gives the same cow.
  bool is_farm_closed = false;  ///< Then only a cow that the key has made is given.
};

/// What cows are made with. All of it outlives who makes them.
struct CowMakerParts {
  pipeline::LayerStore& store;
  pipeline::EventWriter& writer;
  pipeline::TopicAdmin& topics;
  pipeline::HerdQueries& herd;
  pipeline::OperationsQueries& operations;
  std::stop_token stop;  ///< Of the process.
};

/// Makes cows.
///
/// Threads: any. All that wait at the same time for the cow pipeline are served by one look at the
/// log and one run of it.
class CowMaker {
 public:
  explicit CowMaker(CowMakerParts parts) : parts_(std::move(parts)) {}

  /// Make a cow: reserve its id and name in the store, append the event, wait until it is durable,
  /// and write gold's row through with the broker's time as its version.
  ///
  /// Blocks (up to a few seconds, and as long as the store lets it wait for its locks): call it on
  /// a thread that may. kUnavailable: the loader is behind the log, the store is locked or the log
  /// takes nothing: no cow was made. kTimeout: she may have been; retry with the same key.
  /// kConflict: the key made another cow, or the farm is closed.
  Result<pipeline::CowView> Create(const NewCow& cow);

 private:
  /// Judge the cows that the log held when this was called, or later.
  Result<> CatchUp();

  const CowMakerParts parts_;
  std::mutex mutex_;
  std::condition_variable caught_up_;
  std::int64_t begun_ = 0, ended_ = 0;  ///< How often somebody caught up.
  Result<> last_;                       ///< How that ended.
};

}  // namespace herdflow::intake
