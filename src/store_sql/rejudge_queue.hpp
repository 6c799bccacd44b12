#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {

/// What a pass judges again, if it is not the readings of a sensor.
inline constexpr std::int64_t kEverything = 0;

/// What is to be judged again and how far that has come, as one transaction of cleanse sees it.
///
/// Two kinds of requests. A cow or a sensor became known: what waits for it. Or a unit or the rules
/// changed: a pass over bronze, which serves all that is asked for when it begins; what is asked
/// for meanwhile waits for the next.
class RejudgeQueue {
 public:
  explicit RejudgeQueue(WriteScope& scope) : scope_(scope) {}

  /// The next piece; its messages go to `each` as the statement read_bronze_measurements gives
  /// them.
  Result<pipeline::RejudgePiece> Take(std::size_t max, const EachRow& each);

 private:
  enum class Phase : std::int64_t { kBronze = 1 };
  /// How far a pass has come.
  struct Place {
    Phase phase = Phase::kBronze;
    std::array<std::int64_t, 4> at{};
  };
  struct Pass {
    Place place;
    bool is_of_sensors = false;
  };

  Result<> TakeKnown(std::size_t max, pipeline::RejudgePiece& piece);
  Result<std::optional<Pass>> ReadPass();
  Result<> TakeOfBronze(std::size_t max, Pass pass, const EachRow& each,
                        pipeline::RejudgePiece& piece);
  Result<> Write(const Place& place);
  Result<> EndPass();

  WriteScope& scope_;
};

/// Asks for a pass over everything, or the readings of one sensor.
Result<> RequestPass(WriteScope& scope, std::int64_t sensor);
/// Whether readings are to be judged again by other units or rules.
Result<bool> IsPassRequested(WriteScope& scope);

}  // namespace herdflow::store_sql
