#include "rejudge_queue.hpp"

#include <algorithm>
#include <limits>

#include "feed_places.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "known_versions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::ReadingKey;
using pipeline::RejudgePiece;
using pipeline::SensorRef;

constexpr std::int64_t kBeforeAllDays = -1'000'000'000;

/// Of a cow or a sensor that became known.
struct Known {
  RequestKind kind;
  std::int64_t ref;
};

Result<std::vector<Known>> ReadRequests(WriteScope& scope, std::size_t max) {
  static constexpr Columns kOf(sql::kReadRejudgeRequests);
  std::vector<Known> requests;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadRejudgeRequests));
  read->Bind(1, max);
  HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
    requests.push_back({RequestKind{row.Int(kOf["kind"])}, row.Int(kOf["ref"])});
  }));
  return requests;
}

/// Adds up to `max` readings that wait for the cow or the sensor, read in pieces. Returns whether
/// these are all.
Result<bool> ReadWaiting(WriteScope& scope, const Known& request, std::size_t max,
                         std::vector<ReadingKey>& keys) {
  static constexpr Columns kOf(sql::kReadWaitingOfCow);
  static_assert(SameColumns(sql::kReadWaitingOfCow, sql::kReadWaitingOfSensor));
  // Without its sensor's unit a reading of a known cow waits for the sensor's request.
  const bool of_sensor = request.kind == RequestKind::kSensor;
  HERDFLOW_ASSIGN(Statement * read,
                  scope.Get(of_sensor ? sql::kReadWaitingOfSensor : sql::kReadWaitingOfCow));
  // What the key has beside the cow or the sensor that is asked for.
  std::array<std::int64_t, 3> after{kBeforeAllDays, 0, 0};
  if (of_sensor) after = {0, kBeforeAllDays, 0};
  for (std::size_t added = 0; added < max;) {
    const std::size_t piece = std::min(max - added, kRowsAPiece);
    read->Bind(1, request.ref).Bind(2, after[0]).Bind(3, after[1]).Bind(4, after[2]);
    read->Bind(5, piece);
    std::size_t rows = 0;
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      ++rows;
      after = {read->Int(of_sensor ? kOf["cow_id"] : kOf["farm_day"]),
               read->Int(of_sensor ? kOf["farm_day"] : kOf["sensor_id"]),
               read->Int(kOf["timestamp"])};
      HERDFLOW_ASSIGN(const ReadingKey key,
                      ReadKeyOfCow(scope, *read, kOf.InARow(kKeyOfCowColumns)));
      if (!keys.empty() && keys.back() == key) continue;
      keys.push_back(key);
      ++added;
    }
    if (rows < piece) return true;
  }
  return false;
}

/// Of a pass, in their order.
enum Phase : std::int64_t {
  kBronze = 1,
  kSilver = 2,
  kDisplaced = 3,
  kWaiting = 4,
  kEntries = 5,
  kOver = 7,
};

/// What the kinds of passes differ in.
struct PassPlan {
  Phase first;
  Phase last;
  bool heals;
  bool of_farm;                       ///< Goes over the farm's cows, and its entries.
  const Sql* read_bronze = nullptr;   ///< Where it goes over bronze,
  const Sql* read_entries = nullptr;  ///< and over the quarantine.
};

PassPlan PlanOf(PassKind kind) {
  switch (kind) {
    case PassKind::kEverything:
    case PassKind::kDays:
      break;
    case PassKind::kSensors:
      return {kBronze, kBronze, false, false, &sql::kReadBronzeOfSensors, nullptr};
    case PassKind::kFarm:
      return {kSilver, kEntries, false, true, nullptr, &sql::kReadEntriesOfFarmAfter};
  }
  return {kBronze, kEntries, true, false, &sql::kReadBronzeMeasurements, &sql::kReadEntriesAfter};
}

/// Offsets of a partition that a pass looks at at once, for each message that it may give.
constexpr std::int64_t kOffsetsAMessage = 10;

constexpr std::int64_t kLastCow = std::numeric_limits<std::int64_t>::max();
constexpr pipeline::DayRange kAllDays{FarmDay{-1'000'000}, FarmDay{1'000'000}};

Result<> InsertPass(WriteScope& scope, PassKind kind, const Value& ref,
                    const std::optional<pipeline::DayRange>& days = {}) {
  if (kind == PassKind::kEverything) {
    // It serves the pass in hand too, which may be unable to come to its end.
    HERDFLOW_ASSIGN(Statement * interrupt, scope.Get(sql::kInterruptRejudgePass));
    HERDFLOW_CHECK(interrupt->Run());
  }
  HERDFLOW_ASSIGN(Statement * request, scope.Get(sql::kInsertRejudgePass));
  return request->Bind(1, kind)
      .Bind(2, ref)
      .Bind(3, days ? Value(days->first.days) : Value())
      .Bind(4, days ? Value(days->last.days) : Value())
      .Run();
}

}  // namespace

Result<RejudgePiece> RejudgeQueue::Take(std::size_t max, const EachRow& each) {
  RejudgePiece piece;
  HERDFLOW_CHECK(TakeKnown(max, piece));
  while (piece.size == 0) {
    HERDFLOW_ASSIGN(auto pass, ReadPass());
    if (!pass) break;
    if (pass->place.phase == kOver) {
      HERDFLOW_CHECK(EndPass(*pass));
      continue;
    }
    HERDFLOW_CHECK(TakeOfPass(max, *pass, each, piece));
    HERDFLOW_CHECK(Write(pass->place));
  }
  return piece;
}

Result<std::optional<RejudgePiece>> RejudgeQueue::Look(
    const std::optional<pipeline::DayRange>& days, pipeline::RejudgePlace& place, std::size_t max,
    const EachRow& each) {
  Pass pass{place, PassKind::kEverything, days, {}};
  RejudgePiece piece;
  while (piece.size == 0 && pass.place.phase != kOver) {
    HERDFLOW_CHECK(TakeOfPass(max, pass, each, piece));
  }
  place = pass.place;
  return piece.size == 0 ? std::nullopt : std::optional(std::move(piece));
}

Result<> RejudgeQueue::TakeKnown(std::size_t max, RejudgePiece& piece) {
  while (piece.keys.size() < max) {
    HERDFLOW_ASSIGN(const auto requests, ReadRequests(scope_, max));
    if (requests.empty()) break;
    for (const Known& request : requests) {
      if (piece.keys.size() >= max) break;
      HERDFLOW_ASSIGN(const bool all,
                      ReadWaiting(scope_, request, max - piece.keys.size(), piece.keys));
      if (!all) {  // The versions that are left wait in front when it is asked again.
        piece.size = piece.keys.size();
        return {};
      }
      HERDFLOW_CHECK(EndRequest(scope_, request.kind, request.ref));
    }
  }
  piece.size = piece.keys.size();
  return {};
}

Result<std::optional<RejudgeQueue::Pass>> RejudgeQueue::ReadPass() {
  static constexpr Columns kOf(sql::kReadRejudgePass);
  HERDFLOW_ASSIGN(Statement * asked, scope_.Get(sql::kReadRejudgePass));
  HERDFLOW_ASSIGN(const bool any, asked->Step());
  if (!any) return std::optional<Pass>();
  Pass pass;
  pass.kind = PassKind{asked->Int(kOf["kind"])};
  if (pass.kind == PassKind::kFarm) pass.farm = pipeline::FarmRef{asked->Int(kOf["ref"])};
  if (pass.kind == PassKind::kDays) {
    pass.days = {FarmDay{static_cast<std::int32_t>(asked->Int(kOf["first_day"]))},
                 FarmDay{static_cast<std::int32_t>(asked->Int(kOf["last_day"]))}};
  }
  const bool goes_on = asked->Int(kOf["in_pass"]) != 0;
  asked->Reset();
  if (goes_on) {
    static constexpr Columns kPlace(sql::kReadRejudgePlace);
    HERDFLOW_ASSIGN(Statement * read, scope_.Get(sql::kReadRejudgePlace));
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (there) {
      pass.place = {
          read->Int(kPlace["phase"]),
          {read->Int(kPlace["place_1"]), read->Int(kPlace["place_2"]), read->Int(kPlace["place_3"]),
           read->Int(kPlace["place_4"]), read->Int(kPlace["place_5"])}};
      read->Reset();
      return std::optional(pass);
    }
  }
  pass.place.phase = PlanOf(pass.kind).first;
  HERDFLOW_ASSIGN(Statement * begin, scope_.Get(sql::kBeginRejudgePass));
  HERDFLOW_CHECK(begin->Bind(1, pass.kind).Bind(2, pass.farm).Run());
  HERDFLOW_CHECK(Write(pass.place));
  return std::optional(pass);
}

Result<> RejudgeQueue::TakeOfPass(std::size_t max, Pass& pass, const EachRow& each,
                                  RejudgePiece& piece) {
  piece.all_dirty = true;
  piece.heals = PlanOf(pass.kind).heals;
  piece.days = pass.days;
  switch (pass.place.phase) {
    case kBronze:
      HERDFLOW_CHECK(TakeOfBronze(max, pass, each, piece));
      break;
    case kSilver:
      HERDFLOW_CHECK(TakeSilver(max, pass, piece));
      break;
    case kDisplaced:
      HERDFLOW_CHECK(TakeKeys(sql::kReadDisplacedAfter, max, pass, piece));
      break;
    case kWaiting:
      HERDFLOW_CHECK(TakeKeys(sql::kReadWaitingAfter, max, pass, piece));
      break;
    case kEntries:
      HERDFLOW_CHECK(TakeEntries(max, pass, piece));
      break;
    default:
      return Fail(ErrorCode::kCorruptData, "judging readings again: the store names phase {}",
                  pass.place.phase);
  }
  if (piece.size != 0) return {};
  const bool is_last = pass.place.phase == PlanOf(pass.kind).last;
  pass.place = {is_last ? kOver : pass.place.phase + 1, {}};
  return {};
}

Result<> RejudgeQueue::TakeOfBronze(std::size_t max, Pass& pass, const EachRow& each,
                                    RejudgePiece& piece) {
  HERDFLOW_ASSIGN(const auto partitions, ReadJudgedPartitions(scope_, kMeasurementsStep));
  for (UnjudgedPartition at : partitions) {
    const std::array place{pass.place.at[0], pass.place.at[1]};
    const auto stream = static_cast<std::int64_t>(at.stream);
    const std::array here{stream, std::int64_t{at.partition}};
    if (here < place) continue;
    if (here == place) at.from = std::max(at.from, pass.place.at[2]);
    if (at.from >= at.to) continue;
    const std::int64_t end = at.to;
    at.to = std::min(end, at.from + static_cast<std::int64_t>(max) * kOffsetsAMessage);
    HERDFLOW_ASSIGN(
        const TakenBronze taken,
        TakeBronze(scope_.session(), *PlanOf(pass.kind).read_bronze, at, max, kChunkBytes, each));
    const std::int64_t next = taken.all ? at.to : taken.next;
    piece.size = static_cast<std::size_t>(next - at.from);
    pass.place.at = {stream, at.partition, next, 0, 0};
    // What is judged from here on is left alone: who looks while readings come would never end.
    if (next == end) pass.place.at = {stream, std::int64_t{at.partition} + 1, 0, 0, 0};
    return {};
  }
  return {};
}

Result<> RejudgeQueue::TakeKeys(const Sql& statement, std::size_t max, Pass& pass,
                                RejudgePiece& piece) {
  if (!PlanOf(pass.kind).of_farm) return TakeKeysUpTo(kLastCow, statement, max, pass, piece);
  HERDFLOW_ASSIGN(Statement * next, scope_.Get(sql::kReadNextCowOfFarm));
  auto& at = pass.place.at;
  while (piece.size < max) {
    HERDFLOW_ASSIGN(const auto cow, FirstInt(next->Bind(1, pass.farm).Bind(2, at[0])));
    if (!cow) break;
    if (*cow != at[0]) at = {*cow, kBeforeAllDays, 0, 0, 0};
    HERDFLOW_CHECK(TakeKeysUpTo(*cow, statement, max - piece.size, pass, piece));
    if (piece.size < max) at = {*cow + 1, kBeforeAllDays, 0, 0, 0};
  }
  return {};
}

Result<> RejudgeQueue::TakeKeysUpTo(std::int64_t last_cow, const Sql& statement, std::size_t max,
                                    Pass& pass, RejudgePiece& piece) {
  static constexpr Columns kOf(sql::kReadDisplacedAfter);
  static_assert(SameColumns(sql::kReadDisplacedAfter, sql::kReadWaitingAfter));
  HERDFLOW_ASSIGN(Statement * read, scope_.Get(statement));
  auto& at = pass.place.at;
  const auto& [first, last] = pass.days.value_or(kAllDays);
  for (int i = 0; i < 4; ++i) read->Bind(1 + i, at[static_cast<std::size_t>(i)]);
  read->Bind(5, first.days).Bind(6, last.days).Bind(7, max).Bind(8, last_cow);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return {};
    ++piece.size;
    at = {read->Int(kOf["cow_id"]), read->Int(kOf["farm_day"]), read->Int(kOf["sensor_id"]),
          read->Int(kOf["timestamp"]), 0};
    HERDFLOW_ASSIGN(const ReadingKey key,
                    ReadKeyOfCow(scope_, *read, kOf.InARow(kKeyOfCowColumns)));
    piece.keys.push_back(key);
  }
}

Result<> RejudgeQueue::TakeSilver(std::size_t max, Pass& pass, RejudgePiece& piece) {
  static constexpr Columns kOf(sql::kReadSilverAfter);
  HERDFLOW_ASSIGN(Statement * read, scope_.Get(sql::kReadSilverAfter));
  auto& at = pass.place.at;
  const PassPlan plan = PlanOf(pass.kind);
  if (plan.of_farm && at[0] == 0)
    at = {static_cast<std::int64_t>(pass.farm), kBeforeAllDays, 0, 0, 0};
  const auto& [first, last] = pass.days.value_or(kAllDays);
  for (int i = 0; i < 5; ++i) read->Bind(1 + i, at[static_cast<std::size_t>(i)]);
  read->Bind(6, first.days).Bind(7, last.days).Bind(8, max);
  read->Bind(9, plan.of_farm ? Value(pass.farm) : Value(kLastCow));
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return {};
    ++piece.size;
    const ReadingKey key = ReadKey(*read, kOf.InARow(kKeyColumns));
    at = {read->Int(kOf["farm"]), read->Int(kOf["farm_day"]), read->Int(kOf["cow_id"]),
          read->Int(kOf["sensor_id"]), read->Int(kOf["timestamp"])};
    if (plan.heals) {
      piece.versions.push_back({key, ReadLineage(*read, kOf.InARow(kLineageColumns))});
    } else {
      piece.keys.push_back(key);
    }
  }
}

Result<> RejudgeQueue::TakeEntries(std::size_t max, Pass& pass, RejudgePiece& piece) {
  static constexpr Columns kOf(sql::kReadEntriesAfter);
  static_assert(SameColumns(sql::kReadEntriesAfter, sql::kReadEntriesOfFarmAfter));
  const PassPlan plan = PlanOf(pass.kind);
  HERDFLOW_ASSIGN(Statement * read, scope_.Get(*plan.read_entries));
  auto& at = pass.place.at;
  const auto& [first, last] = pass.days.value_or(kAllDays);
  for (int i = 0; i < 3; ++i) read->Bind(1 + i, at[static_cast<std::size_t>(i)]);
  read->Bind(4, max);
  if (plan.of_farm) {
    read->Bind(5, pass.farm);
  } else {
    read->Bind(5, first.days).Bind(6, last.days);
  }
  std::size_t bytes = 0;
  while (bytes < kChunkBytes) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) break;
    ++piece.size;
    piece.entries.push_back(ReadLineage(*read, kOf.InARow(kLineageColumns)));
    at = {read->Int(kOf["stream_id"]), read->Int(kOf["topic_partition"]),
          read->Int(kOf["topic_offset"]), 0, 0};
    bytes += static_cast<std::size_t>(read->Int(kOf["original_bytes"]));
  }
  read->Reset();
  return {};
}

Result<> RejudgeQueue::Write(const pipeline::RejudgePlace& place) {
  HERDFLOW_ASSIGN(Statement * write, scope_.Get(sql::kWriteRejudgePlace));
  write->Bind(1, place.phase);
  for (int i = 0; i < 5; ++i) write->Bind(2 + i, place.at[static_cast<std::size_t>(i)]);
  return write->Run();
}

Result<> RejudgeQueue::EndPass(const Pass& pass) {
  if (PlanOf(pass.kind).heals) HERDFLOW_CHECK(RefillFeeds(scope_, pass.days));
  HERDFLOW_ASSIGN(Statement * requests, scope_.Get(sql::kEndRejudgePass));
  HERDFLOW_CHECK(requests->Run());
  HERDFLOW_ASSIGN(Statement * place, scope_.Get(sql::kDeleteRejudgePlace));
  return place->Run();
}

Result<> Request(WriteScope& scope, RequestKind kind, std::int64_t ref) {
  HERDFLOW_ASSIGN(Statement * request, scope.Get(sql::kInsertRejudgeRequest));
  return request->Bind(1, kind).Bind(2, ref).Run();
}

Result<> EndRequest(WriteScope& scope, RequestKind kind, std::int64_t ref) {
  HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteRejudgeRequest));
  return remove->Bind(1, kind).Bind(2, ref).Run();
}

Result<> RequestPass(WriteScope& scope) { return InsertPass(scope, PassKind::kEverything, 0); }

Result<> RequestPass(WriteScope& scope, SensorRef sensor) {
  return InsertPass(scope, PassKind::kSensors, sensor);
}

Result<> RequestPass(WriteScope& scope, pipeline::FarmRef farm) {
  return InsertPass(scope, PassKind::kFarm, farm);
}

Result<> RequestTopic(WriteScope& scope, pipeline::Topic topic) {
  HERDFLOW_ASSIGN(Statement * request, scope.Get(sql::kInsertRejudgeTopic));
  return request->Bind(1, Name(topic)).Run();
}

Result<> RequestPassOrLetGoOn(WriteScope& scope, const std::optional<pipeline::DayRange>& days) {
  static constexpr Columns kOf(sql::kReadRejudgeDays);
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadRejudgeDays));
  const auto kind = days ? PassKind::kDays : PassKind::kEverything;
  HERDFLOW_ASSIGN(const bool asked, read->Bind(1, kind).Step());
  if (!asked) return InsertPass(scope, kind, 0, days);
  const FarmDay first{static_cast<std::int32_t>(read->Int(kOf["first_day"]))};
  const FarmDay last{static_cast<std::int32_t>(read->Int(kOf["last_day"]))};
  read->Reset();
  if (!days || (first <= days->first && days->last <= last)) return {};
  // With those that were asked for before: nobody has come to their end.
  return InsertPass(scope, kind, 0,
                    pipeline::DayRange{std::min(first, days->first), std::max(last, days->last)});
}

Result<bool> IsPassRequested(Session& session) {
  HERDFLOW_ASSIGN(Statement * find, session.Get(sql::kFindRejudgePass));
  HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
  return found.has_value();
}

}  // namespace herdflow::store_sql
