#include "rejudge_queue.hpp"

#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::ReadingKey;
using pipeline::RejudgePiece;
using pipeline::SensorRef;

enum class RequestKind : std::int64_t { kCow = 0, kSensor = 1 };
struct Request {
  RequestKind kind;
  std::int64_t ref;
};

Result<std::vector<Request>> ReadRequests(WriteScope& scope, std::size_t max) {
  std::vector<Request> requests;
  HERDFLOW_ASSIGN(Statement * read, scope.Get("read_rejudge_requests"));
  read->Bind(1, max);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return requests;
    requests.push_back({RequestKind{read->Int(0)}, read->Int(1)});
  }
}

/// Adds up to `max` readings that wait for the cow or the sensor. Returns whether these are all.
Result<bool> ReadWaiting(WriteScope& scope, const Request& request, std::size_t max,
                         std::vector<ReadingKey>& keys) {
  // Without its sensor's unit a reading of a known cow waits for the sensor's request.
  HERDFLOW_ASSIGN(Statement * read,
                  scope.Get(request.kind == RequestKind::kSensor ? "read_waiting_of_sensor"
                                                                 : "read_waiting_of_cow"));
  read->Bind(1, request.ref).Bind(2, max);
  for (std::size_t count = 0;; ++count) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return count < max;
    const ReadingKey key{CowRef{read->Int(0)}, FarmDay{static_cast<std::int32_t>(read->Int(1))},
                         SensorRef{read->Int(2)}, FromMicros(read->Int(3))};
    if (keys.empty() || keys.back() != key) keys.push_back(key);
  }
}

/// Offsets of a partition that a pass looks at at once, for each message that it may give.
constexpr std::int64_t kOffsetsAMessage = 10;

}  // namespace

Result<RejudgePiece> RejudgeQueue::Take(std::size_t max, const EachRow& each) {
  RejudgePiece piece;
  HERDFLOW_CHECK(TakeKnown(max, piece));
  if (piece.size != 0) return piece;
  while (piece.size == 0) {
    HERDFLOW_ASSIGN(const auto pass, ReadPass());
    if (!pass) break;
    HERDFLOW_CHECK(TakeOfBronze(max, *pass, each, piece));
  }
  return piece;
}

Result<> RejudgeQueue::TakeKnown(std::size_t max, RejudgePiece& piece) {
  while (piece.keys.size() < max) {
    HERDFLOW_ASSIGN(const auto requests, ReadRequests(scope_, max));
    if (requests.empty()) break;
    for (const Request& request : requests) {
      if (piece.keys.size() >= max) break;
      HERDFLOW_ASSIGN(const bool all,
                      ReadWaiting(scope_, request, max - piece.keys.size(), piece.keys));
      if (!all) {  // The versions that are left wait in front when it is asked again.
        piece.size = piece.keys.size();
        return {};
      }
      HERDFLOW_ASSIGN(Statement * remove, scope_.Get("delete_rejudge_request"));
      HERDFLOW_CHECK(remove->Bind(1, request.kind).Bind(2, request.ref).Run());
    }
  }
  piece.size = piece.keys.size();
  return {};
}

Result<std::optional<RejudgeQueue::Pass>> RejudgeQueue::ReadPass() {
  HERDFLOW_ASSIGN(Statement * scope, scope_.Get("read_rejudge_scope"));
  HERDFLOW_ASSIGN(const bool any, scope->Step());
  if (!any) return std::optional<Pass>();
  Pass pass;
  pass.is_of_sensors = scope->Int(0) != kEverything;
  scope->Reset();
  HERDFLOW_ASSIGN(Statement * read, scope_.Get("read_rejudge_place"));
  HERDFLOW_ASSIGN(const bool goes_on, read->Step());
  if (goes_on) {
    pass.place = {Phase{read->Int(0)}, {read->Int(1), read->Int(2), read->Int(3), read->Int(4)}};
    read->Reset();
    return std::optional(pass);
  }
  HERDFLOW_ASSIGN(Statement * begin, scope_.Get("begin_rejudge_pass"));
  HERDFLOW_CHECK(begin->Run());
  HERDFLOW_CHECK(Write(pass.place));
  return std::optional(pass);
}

Result<> RejudgeQueue::TakeOfBronze(std::size_t max, Pass pass, const EachRow& each,
                                    RejudgePiece& piece) {
  HERDFLOW_ASSIGN(const auto partitions, ReadJudgedPartitions(scope_, kMeasurementsStep));
  for (UnjudgedPartition at : partitions) {
    const std::array place{pass.place.at[0], pass.place.at[1]};
    const std::array here{at.stream, std::int64_t{at.partition}};
    if (here < place) continue;
    if (here == place) at.from = std::max(at.from, pass.place.at[2]);
    if (at.from >= at.to) continue;
    at.to = std::min(at.to, at.from + static_cast<std::int64_t>(max) * kOffsetsAMessage);
    HERDFLOW_ASSIGN(Statement * read, scope_.Get(pass.is_of_sensors ? "read_bronze_of_sensors"
                                                                    : "read_bronze_measurements"));
    BindUnjudged(*read, at, max);
    std::int64_t next = at.from;
    std::size_t given = 0;
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      next = read->Int(0) + 1;
      ++given;
      HERDFLOW_CHECK(each(*read));
    }
    if (given < max) next = at.to;
    piece.size = static_cast<std::size_t>(next - at.from);
    piece.all_dirty = true;
    piece.heals = !pass.is_of_sensors;
    pass.place.at = {at.stream, at.partition, next, 0};
    return Write(pass.place);
  }
  return EndPass();
}

Result<> RejudgeQueue::Write(const Place& place) {
  HERDFLOW_ASSIGN(Statement * write, scope_.Get("write_rejudge_place"));
  write->Bind(1, place.phase);
  for (int i = 0; i < 4; ++i) write->Bind(2 + i, place.at[static_cast<std::size_t>(i)]);
  return write->Run();
}

Result<> RejudgeQueue::EndPass() {
  HERDFLOW_ASSIGN(Statement * requests, scope_.Get("end_rejudge_pass"));
  HERDFLOW_CHECK(requests->Run());
  HERDFLOW_ASSIGN(Statement * place, scope_.Get("delete_rejudge_place"));
  return place->Run();
}

Result<> RequestPass(WriteScope& scope, std::int64_t sensor) {
  HERDFLOW_ASSIGN(Statement * request, scope.Get("insert_rejudge_scope"));
  return request->Bind(1, sensor).Bind(2, nullptr).Bind(3, nullptr).Run();
}

Result<bool> IsPassRequested(WriteScope& scope) {
  HERDFLOW_ASSIGN(Statement * find, scope.Get("find_rejudge_scope"));
  HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
  return found.has_value();
}

}  // namespace herdflow::store_sql
