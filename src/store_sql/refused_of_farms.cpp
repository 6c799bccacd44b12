#include "refused_of_farms.hpp"

#include <array>
#include <optional>

#include "herdflow/store_sql/columns.hpp"
#include "rejudge_queue.hpp"
#include "row_counts.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::FarmRef;
using pipeline::Topic;

/// A topic whose messages are refused while nobody knows their farm.
struct RefusedTopic {
  Topic topic;
  RequestKind kind;
  const Sql& read;
};
constexpr std::array kRefusedTopics{
    RefusedTopic{Topic::kCows, RequestKind::kRefusedCows, sql::kReadBronzeCowsOfFarm},
    RefusedTopic{Topic::kSensors, RequestKind::kRefusedSensors, sql::kReadBronzeSensorsOfFarm}};

const RefusedTopic* RefusedTopicOf(Topic topic) {
  for (const RefusedTopic& refused : kRefusedTopics) {
    if (refused.topic == topic) return &refused;
  }
  return nullptr;
}

Result<TakenRefused> ReadRefused(WriteScope& scope, const Sql& statement, FarmRef farm,
                                 std::size_t max) {
  static constexpr Columns kOf(sql::kReadBronzeCowsOfFarm);
  static_assert(SameColumns(sql::kReadBronzeCowsOfFarm, sql::kReadBronzeSensorsOfFarm));
  TakenRefused taken;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(statement));
  read->Bind(1, farm).Bind(2, max);
  std::size_t bytes = 0;
  while (bytes < kChunkBytes) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) break;
    const pipeline::Lineage lineage{read->Int(kOf["version"]),
                                    pipeline::StreamRef{read->Int(kOf["stream_id"])},
                                    static_cast<std::int32_t>(read->Int(kOf["topic_partition"])),
                                    read->Int(kOf["topic_offset"])};
    taken.records.push_back({lineage, FromMicros(read->Int(kOf["received_at"])),
                             std::string(read->Bytes(kOf["payload"]))});
    const auto status = static_cast<pipeline::QuarantineStatus>(read->Int(kOf["status"]));
    if (status == pipeline::QuarantineStatus::kDismissed) taken.dismissed.push_back(lineage);
    const std::string_view code = herd::Name(herd::RejectionCode::kUnknownFarm);
    CountEntries(scope, static_cast<std::int64_t>(farm), code, -1,
                 IsWaiting(code, status) ? -1 : 0);
    bytes += taken.records.back().payload.size();
  }
  read->Reset();
  return taken;
}

}  // namespace

Result<> RequestRefusedOf(WriteScope& scope, FarmRef farm) {
  for (const RefusedTopic& refused : kRefusedTopics) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindEntryOfFarm));
    HERDFLOW_ASSIGN(const auto any, FirstInt(find->Bind(1, farm).Bind(2, Name(refused.topic))));
    if (any) HERDFLOW_CHECK(Request(scope, refused.kind, static_cast<std::int64_t>(farm)));
  }
  return {};
}

Result<TakenRefused> TakeRefused(WriteScope& scope, Topic topic, std::size_t max) {
  const RefusedTopic* const refused = RefusedTopicOf(topic);
  if (refused == nullptr) return TakenRefused{};
  while (true) {
    HERDFLOW_ASSIGN(Statement * request, scope.Get(sql::kReadFarmRequest));
    HERDFLOW_ASSIGN(const auto farm, FirstInt(request->Bind(1, refused->kind)));
    if (!farm) return TakenRefused{};
    HERDFLOW_ASSIGN(auto taken, ReadRefused(scope, refused->read, FarmRef{*farm}, max));
    for (const auto& record : taken.records) {
      const pipeline::Lineage& of = record.lineage;
      HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteQuarantine));
      HERDFLOW_CHECK(remove->Bind(1, of.stream).Bind(2, of.partition).Bind(3, of.offset).Run());
    }
    if (!taken.records.empty()) return taken;
    HERDFLOW_CHECK(EndRequest(scope, refused->kind, *farm));
  }
}

Result<> ForgetRefused(WriteScope& scope, Topic topic) {
  const RefusedTopic* const refused = RefusedTopicOf(topic);
  if (refused == nullptr) return {};
  HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteFarmRequests));
  return remove->Bind(1, refused->kind).Run();
}

}  // namespace herdflow::store_sql
