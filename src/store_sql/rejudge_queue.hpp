#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {

/// What is to be judged again and how far that has come, as one transaction of cleanse sees it.
///
/// Two kinds of requests. A cow or a sensor became known: what waits for it. Or a unit or the rules
/// changed: a pass over bronze, which serves all that is asked for when it begins; what is asked
/// for meanwhile waits for the next. A pass over everything looks at silver and what is beside it
/// as well, for what is there and must not be.
class RejudgeQueue {
 public:
  explicit RejudgeQueue(WriteScope& scope) : scope_(scope) {}

  /// The next piece; its messages go to `each` as the statement read_bronze_measurements gives
  /// them.
  Result<pipeline::RejudgePiece> Take(std::size_t max, const EachRow& each);
  /// CleanseTx::Look.
  Result<std::optional<pipeline::RejudgePiece>> Look(const std::optional<pipeline::DayRange>& days,
                                                     pipeline::RejudgePlace& place, std::size_t max,
                                                     const EachRow& each);

 private:
  struct Pass {
    pipeline::RejudgePlace place;
    bool is_of_sensors = false;
    std::optional<pipeline::DayRange> days;
  };

  Result<> TakeKnown(std::size_t max, pipeline::RejudgePiece& piece);
  Result<std::optional<Pass>> ReadPass();
  /// Each moves the place on. Nothing left: a piece of no size.
  Result<> TakeOfPass(std::size_t max, Pass& pass, const EachRow& each,
                      pipeline::RejudgePiece& piece);
  Result<> TakeOfBronze(std::size_t max, Pass& pass, const EachRow& each,
                        pipeline::RejudgePiece& piece);
  Result<> TakeKeys(std::string_view statement, std::size_t max, Pass& pass,
                    pipeline::RejudgePiece& piece);
  Result<> TakeEntries(std::size_t max, Pass& pass, pipeline::RejudgePiece& piece);
  Result<> TakeGold(std::size_t max, Pass& pass, pipeline::RejudgePiece& piece);
  Result<> Write(const pipeline::RejudgePlace& place);
  Result<> EndPass();

  WriteScope& scope_;
};

/// Ask for a pass over everything, or over the readings of a sensor: the rules or a unit changed.
Result<> RequestPass(WriteScope& scope);
Result<> RequestPass(WriteScope& scope, pipeline::SensorRef sensor);
/// Somebody wants a pass over everything or over these days. One that was asked for before, and did
/// not come to its end, goes on; other days are added to its own, and it begins anew.
Result<> RequestPassOrLetGoOn(WriteScope& scope, const std::optional<pipeline::DayRange>& days);
/// Whether readings are to be judged again by a pass.
Result<bool> IsPassRequested(WriteScope& scope);

}  // namespace herdflow::store_sql
