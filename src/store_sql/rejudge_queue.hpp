#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {

/// What a pass is over, as the table of requests has it.
enum class PassKind : std::int64_t { kEverything = 0, kDays = 1, kSensors = 2, kFarm = 3 };

/// What else is to be judged again, as its table has it: what waits for a cow or a sensor that
/// became known, and a farm's cows and sensors that were refused while nobody knew the farm.
enum class RequestKind : std::int64_t {
  kCow = 0,
  kSensor = 1,
  kRefusedCows = 2,
  kRefusedSensors = 3,
};

/// What is to be judged again and how far that has come, as one transaction of cleanse sees it.
///
/// Two kinds of requests. A cow or a sensor became known: what waits for it. Or a unit or the rules
/// changed: a pass, which serves what is asked for when it begins: everything, or days, or all
/// sensors, or one farm; what is asked for meanwhile waits for the next: in the order in which it
/// was asked for, but everything before all others. What the pass in hand serves alone and is asked
/// for again begins anew, behind what waits. Everything, asked for, ends the pass in hand, whose
/// requests it serves. A pass over everything goes over bronze, and
/// looks at silver and what is beside it as well, for what is there and must not be. A farm's goes
/// over what there is of its cows and its refused messages alone, so that it costs what they do.
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
    PassKind kind = PassKind::kEverything;
    std::optional<pipeline::DayRange> days;
    pipeline::FarmRef farm{};
  };

  Result<> TakeKnown(std::size_t max, pipeline::RejudgePiece& piece);
  Result<std::optional<Pass>> ReadPass();
  /// Each moves the place on. Nothing left: a piece of no size.
  Result<> TakeOfPass(std::size_t max, Pass& pass, const EachRow& each,
                      pipeline::RejudgePiece& piece);
  Result<> TakeOfBronze(std::size_t max, Pass& pass, const EachRow& each,
                        pipeline::RejudgePiece& piece);
  Result<> TakeKeys(const Sql& statement, std::size_t max, Pass& pass,
                    pipeline::RejudgePiece& piece);
  Result<> TakeKeysUpTo(std::int64_t last_cow, const Sql& statement, std::size_t max, Pass& pass,
                        pipeline::RejudgePiece& piece);
  Result<> TakeEntries(std::size_t max, Pass& pass, pipeline::RejudgePiece& piece);
  Result<> TakeGold(std::size_t max, Pass& pass, pipeline::RejudgePiece& piece);
  Result<> Write(const pipeline::RejudgePlace& place);
  Result<> EndPass();

  WriteScope& scope_;
};

/// Ask for what is of a cow, a sensor or a farm, by its integer; and take it back, once it is
/// judged.
Result<> Request(WriteScope& scope, RequestKind kind, std::int64_t ref);
Result<> EndRequest(WriteScope& scope, RequestKind kind, std::int64_t ref);
/// Ask for a pass over everything, or over the readings of a sensor or a farm: the rules or a unit
/// changed, or a farm became known, or is no longer.
Result<> RequestPass(WriteScope& scope);
Result<> RequestPass(WriteScope& scope, pipeline::SensorRef sensor);
Result<> RequestPass(WriteScope& scope, pipeline::FarmRef farm);
/// Somebody wants a pass over everything or over these days. One that was asked for before, and did
/// not come to its end, goes on; other days are added to its own, and it begins anew.
Result<> RequestPassOrLetGoOn(WriteScope& scope, const std::optional<pipeline::DayRange>& days);
/// Whether readings are to be judged again by a pass.
Result<bool> IsPassRequested(WriteScope& scope);
/// Ask for all messages of a topic of the herd book to be judged again.
Result<> RequestTopic(WriteScope& scope, pipeline::Topic topic);

}  // namespace herdflow::store_sql
