#pragma once

#include "herdflow/core/result.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::intake {

/// What farms are made with. All of it outlives who makes them.
struct FarmMakerParts {
  pipeline::LayerStore& store;
  pipeline::EventWriter& writer;
  pipeline::HerdQueries& queries;
};

/// Makes farms, changes and closes them.
///
/// Threads: any.
class FarmMaker {
 public:
  explicit FarmMaker(FarmMakerParts parts) : parts_(parts) {}

  /// Say a farm's whole state: append the event, wait until it is durable, and write gold's row
  /// through with the broker's time as its version. Doing it again is harmless.
  ///
  /// Blocks (up to a few seconds, and as long as the store lets it wait for its locks): call it on
  /// a thread that may. kInvalidInput: the rules refuse it. kUnavailable: nothing was done.
  /// kTimeout: it may have been.
  Result<pipeline::FarmView> Put(const herd::FarmFields& state);

 private:
  const FarmMakerParts parts_;
};

}  // namespace herdflow::intake
