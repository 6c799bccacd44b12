#include "farm_events.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "herdflow/herd/message.hpp"

namespace herdflow::intake {
namespace {

using pipeline::Topic;
using pipeline::TopicDescription;

constexpr std::size_t kAtOnce = 1'000;

/// The first offset that the farm pipeline has not judged.
std::int64_t BeginOfUnjudged(const TopicDescription& farms,
                             const TopicDescription::Partition& partition,
                             const std::vector<pipeline::PartitionProgress>& progress) {
  std::int64_t begin = partition.begin;
  for (const pipeline::PartitionProgress& at : progress) {
    const bool is_this =
        at.current && at.log_id == farms.stream_id && at.topic == Name(farms.topic);
    if (is_this && at.partition == partition.partition) begin = std::max(begin, at.judged_offset);
  }
  return begin;
}

/// Those of one partition, whose version never falls, as the loader has it.
class PartitionEvents {
 public:
  PartitionEvents(std::string_view id, std::vector<FarmEvent>& events) : id_(id), events_(events) {}

  void Add(const pipeline::Message& message, std::int32_t partition) {
    version_ = std::max(version_, ToMicros(message.broker_time));
    const auto parsed = parser_.Farm(message.value);
    const auto* fields = std::get_if<herd::FarmFields>(&parsed);
    if (fields == nullptr || fields->id.text != id_) return;
    auto judged = herd::JudgeFarm(*fields);
    auto* farm = std::get_if<herd::Farm>(&judged);
    if (farm == nullptr) return;  // It is for quarantine.
    FarmEvent event{std::move(*farm), {}, message.broker_time};
    event.lineage.version = version_;
    event.lineage.partition = partition;
    event.lineage.offset = message.offset;
    events_.push_back(std::move(event));
  }

 private:
  std::string_view id_;
  std::vector<FarmEvent>& events_;
  std::int64_t version_ = 0;
  herd::MessageParser parser_;
};

}  // namespace

Result<std::vector<FarmEvent>> ReadUnjudged(pipeline::TopicAdmin& topics,
                                            pipeline::OperationsQueries& operations,
                                            std::string_view id) {
  HERDFLOW_ASSIGN(const auto progress, operations.ReadProgress());
  HERDFLOW_ASSIGN(const TopicDescription farms, topics.Look(Topic::kFarms));
  std::vector<FarmEvent> events;
  for (const auto& partition : farms.partitions) {
    if (partition.away) return Fail(*partition.away);
    PartitionEvents of_partition(id, events);
    std::int64_t next = BeginOfUnjudged(farms, partition, progress);
    while (next < partition.end) {
      HERDFLOW_ASSIGN(const auto batch,
                      topics.Read({Topic::kFarms, partition.partition}, next, kAtOnce));
      for (const auto& message : batch.messages) of_partition.Add(message, partition.partition);
      const std::int64_t after = batch.messages.empty() ? 0 : batch.messages.back().offset + 1;
      if (std::max(after, batch.end) <= next) break;  // Nothing but what the log hides or lost.
      next = std::max(after, batch.end);
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const FarmEvent& a, const FarmEvent& b) { return a.lineage < b.lineage; });
  return events;
}

pipeline::FarmView After(const std::optional<pipeline::FarmView>& known, const FarmEvent& event) {
  pipeline::FarmView farm = known.value_or(pipeline::FarmView());
  farm.id = event.farm.id;
  farm.created_at = std::min(farm.created_at.value_or(event.at), event.at);
  farm.updated_at = event.at;
  farm.closed_at = event.farm.closed ? std::optional(event.at) : std::nullopt;
  if (!event.farm.closed || !known) {
    farm.name = event.farm.name;
    farm.rules = event.farm.rules;
  }
  farm.rules_version = herd::RulesVersion(farm.rules);
  return farm;
}

}  // namespace herdflow::intake
