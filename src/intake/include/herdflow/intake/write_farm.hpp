#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/operations_queries.hpp"

namespace herdflow::intake {

/// What farms are made with. All of it outlives who makes them.
struct FarmMakerParts {
  pipeline::LayerStore& store;
  pipeline::EventWriter& writer;
  pipeline::TopicAdmin& topics;
  pipeline::HerdQueries& herd;
  pipeline::OperationsQueries& operations;
};

/// Makes farms, changes and closes them: each appends the event of a farm's whole state, waits
/// until it is durable, and writes gold's row through with the broker's time as its version.
///
/// What is known of the farm is gold's row and what the log holds of it beyond that, judged here:
/// whoever loads may be behind, or not run at all. The herd book is held from that look until the
/// row is written, so of two that change a farm at once the second sees what the first wrote. (Who
/// appends events of farms to the log by other ways says a whole state, and the last one counts.)
///
/// Each returns the farm as this event leaves it, and blocks (up to a few seconds, and as long as
/// the store lets it wait for its locks): call it on a thread that may. `said`: its id is there.
/// kInvalidInput: the rules refuse it. kNotFound: there is no such farm, or no topic. kUnavailable:
/// nothing was done. kTimeout: it may have been; doing it again is harmless.
///
/// Threads: any.
class FarmMaker {
 public:
  explicit FarmMaker(FarmMakerParts parts) : parts_(parts) {}

  /// `said` is the whole state: what it does not say is as herd::JudgeFarm has it. Closed by
  /// `deleted`, as of Close.
  Result<pipeline::FarmView> Put(const herd::FarmFields& said);
  /// A new farm; or a closed one, which opens again as it was, but for what is said.
  /// kConflict: there is an open one.
  Result<pipeline::FarmView> Create(const herd::FarmFields& said);
  /// All stays but what is said. kConflict: the farm is closed.
  Result<pipeline::FarmView> Change(const herd::FarmFields& said);
  /// Where it is closed already, nothing is done.
  Result<pipeline::FarmView> Close(std::string_view id);

 private:
  enum class Wish : std::uint8_t { kPut, kCreate, kChange };

  Result<pipeline::FarmView> Write(Wish wish, const herd::FarmFields& said);
  /// What is known of the farm now, which gold then shows as well.
  Result<std::optional<pipeline::FarmView>> CatchUp(pipeline::HerdBookTx& tx, std::string_view id);
  static Result<> Fits(Wish wish, const std::optional<pipeline::FarmView>& known,
                       std::string_view id, std::string_view doing);

  const FarmMakerParts parts_;
};

}  // namespace herdflow::intake
