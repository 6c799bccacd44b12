#include "log_match.hpp"

#include <algorithm>

#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

/// What to do about any of the conflicts.
constexpr std::string_view kWayOut =
    "bring back the log that belongs to this store, or go on with this one on purpose by "
    "`herdflow load --adopt`";

std::optional<Error> Compare(TopicAdmin& topics, const PartitionProgress& at,
                             const TopicDescription& topic, const OffsetRange& range,
                             std::optional<Error>& failed) {
  const TopicPartition partition{topic.topic, at.partition};
  if (auto conflict = ConflictOfRange(partition, at.next_offset, range)) return conflict;
  if (!at.last_hash || at.last_offset < range.begin) return std::nullopt;
  const auto last = topics.Read(partition, at.last_offset, 1);
  if (!last) {
    if (last.error().code() == ErrorCode::kCorruptData) return last.error();
    failed = last.error();
    return std::nullopt;
  }
  return ConflictOfLastMessage(partition, at.last_offset, *at.last_hash, last->messages);
}

}  // namespace

std::optional<Error> ConflictOfRange(TopicPartition partition, std::int64_t next_offset,
                                     const OffsetRange& range) {
  if (next_offset < range.begin) {
    return Error(
        ErrorCode::kConflict,
        fmt::format("loading {}/{}: the messages from offset {} to {} were deleted before they "
                    "were loaded, or the topic was made anew; {}",
                    Name(partition.topic), partition.partition, next_offset, range.begin - 1,
                    kWayOut));
  }
  if (next_offset > range.end) {
    return Error(
        ErrorCode::kConflict,
        fmt::format("loading {}/{}: the store has loaded up to offset {}, the log ends at {}: the "
                    "topic was made anew, or restored from an older copy; {}",
                    Name(partition.topic), partition.partition, next_offset, range.end, kWayOut));
  }
  return std::nullopt;
}

std::optional<Error> ConflictOfLastMessage(TopicPartition partition, std::int64_t last_offset,
                                           const MessageHash& last_hash,
                                           const std::vector<Message>& messages) {
  if (!messages.empty() && messages.front().offset == last_offset &&
      HashOf(messages.front().key, messages.front().value) == last_hash) {
    return std::nullopt;
  }
  return Error(
      ErrorCode::kConflict,
      fmt::format("loading {}/{}: the log's message at offset {} is not the one that was loaded "
                  "last: the topic was made anew, or restored from another copy; {}",
                  Name(partition.topic), partition.partition, last_offset, kWayOut));
}

Result<std::vector<LogConflict>> FindLogConflicts(TopicAdmin& topics, OperationsQueries& queries) {
  // In this order, so that a log which goes on meanwhile is never behind.
  HERDFLOW_ASSIGN(const auto stands, queries.ReadProgress());
  HERDFLOW_ASSIGN(const auto described, topics.List());
  std::vector<LogConflict> conflicts;
  for (const PartitionProgress& at : stands) {
    if (!at.current) continue;
    const auto topic = std::find_if(described.begin(), described.end(), [&](const auto& other) {
      return Name(other.topic) == at.topic;
    });
    const TopicDescription::Partition* partition = nullptr;
    if (topic != described.end()) {
      const auto found =
          std::find_if(topic->partitions.begin(), topic->partitions.end(),
                       [&](const auto& other) { return other.partition == at.partition; });
      if (found != topic->partitions.end()) partition = &*found;
    }
    const TopicPartition name{TopicNamed(at.topic).value_or(Topic::kMeasurements), at.partition};
    if (topic == described.end() || partition == nullptr || topic->stream_id != at.log_id) {
      if (partition == nullptr && at.next_offset == at.first_offset) continue;
      conflicts.push_back(
          {{name, topic == described.end() ? at.log_id : topic->stream_id},
           partition == nullptr ? 0 : partition->begin,
           Error(ErrorCode::kConflict,
                 fmt::format("loading {}/{}: the store was filled from the log {} up to offset {}, "
                             "which this log does not hold; {}",
                             at.topic, at.partition, at.log_id, at.next_offset, kWayOut))});
      continue;
    }
    if (partition->away) continue;  // Nobody can tell now.
    std::optional<Error> failed;
    auto conflict = Compare(topics, at, *topic, *partition, failed);
    if (failed) return Fail(*std::move(failed));
    if (conflict) {
      conflicts.push_back({{name, topic->stream_id}, partition->begin, *std::move(conflict)});
    }
  }
  return conflicts;
}

}  // namespace herdflow::pipeline
