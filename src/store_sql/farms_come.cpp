#include "farms_come.hpp"

#include <array>
#include <optional>

#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::FarmRef;
using pipeline::Topic;

/// A topic whose messages wait for farms.
struct Waiting {
  Topic topic;
  std::int64_t kind;  ///< Of its requests.
  std::string_view read;
};
constexpr std::array kWaiting{Waiting{Topic::kCows, 2, "read_bronze_cows_of_farm"},
                              Waiting{Topic::kSensors, 3, "read_bronze_sensors_of_farm"}};

const Waiting* WaitingOf(Topic topic) {
  for (const Waiting& waiting : kWaiting) {
    if (waiting.topic == topic) return &waiting;
  }
  return nullptr;
}

Result<bool> IsAnyRefused(WriteScope& scope, Topic topic, FarmRef farm) {
  HERDFLOW_ASSIGN(Statement * find, scope.Get("find_entry_of_farm"));
  HERDFLOW_ASSIGN(const auto found, FirstInt(find->Bind(1, farm).Bind(2, Name(topic))));
  return found.has_value();
}

Result<std::vector<pipeline::UnjudgedRecord>> ReadRefused(WriteScope& scope,
                                                          std::string_view statement, FarmRef farm,
                                                          std::size_t max) {
  std::vector<pipeline::UnjudgedRecord> records;
  HERDFLOW_ASSIGN(Statement * read, scope.Get(statement));
  read->Bind(1, farm).Bind(2, max);
  std::size_t bytes = 0;
  while (bytes < kChunkBytes) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) break;
    records.push_back({{read->Int(1), pipeline::StreamRef{read->Int(4)},
                        static_cast<std::int32_t>(read->Int(5)), read->Int(0)},
                       FromMicros(read->Int(2)),
                       std::string(read->Bytes(3))});
    bytes += records.back().payload.size();
  }
  read->Reset();
  return records;
}

}  // namespace

Result<> RequestRefusedOf(WriteScope& scope, FarmRef farm) {
  for (const Waiting& waiting : kWaiting) {
    HERDFLOW_ASSIGN(const bool any, IsAnyRefused(scope, waiting.topic, farm));
    if (!any) continue;
    HERDFLOW_ASSIGN(Statement * request, scope.Get("insert_rejudge_request"));
    HERDFLOW_CHECK(request->Bind(1, waiting.kind).Bind(2, farm).Run());
  }
  return {};
}

Result<std::vector<pipeline::UnjudgedRecord>> TakeRefused(WriteScope& scope, Topic topic,
                                                          std::size_t max) {
  std::vector<pipeline::UnjudgedRecord> records;
  const Waiting* const waiting = WaitingOf(topic);
  if (waiting == nullptr) return records;
  HERDFLOW_ASSIGN(Statement * request, scope.Get("read_farm_request"));
  HERDFLOW_ASSIGN(const auto asked, FirstInt(request->Bind(1, waiting->kind)));
  if (!asked) return records;
  const FarmRef farm{*asked};
  HERDFLOW_ASSIGN(records, ReadRefused(scope, waiting->read, farm, max));
  for (const auto& record : records) {
    const pipeline::Lineage& of = record.lineage;
    HERDFLOW_ASSIGN(Statement * remove, scope.Get("delete_quarantine"));
    HERDFLOW_CHECK(remove->Bind(1, of.stream).Bind(2, of.partition).Bind(3, of.offset).Run());
  }
  HERDFLOW_ASSIGN(const bool more, IsAnyRefused(scope, topic, farm));
  if (more) return records;
  HERDFLOW_ASSIGN(Statement * done, scope.Get("delete_rejudge_request"));
  HERDFLOW_CHECK(done->Bind(1, waiting->kind).Bind(2, farm).Run());
  return records;
}

Result<> ForgetRefused(WriteScope& scope, Topic topic) {
  const Waiting* const waiting = WaitingOf(topic);
  if (waiting == nullptr) return {};
  HERDFLOW_ASSIGN(Statement * remove, scope.Get("delete_farm_requests"));
  return remove->Bind(1, waiting->kind).Run();
}

}  // namespace herdflow::store_sql
