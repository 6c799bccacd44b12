#pragma once

#include <cstdint>
#include <optional>

#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/rows.hpp"

/// Whether a partition of the log is still the one that the store was filled from.
namespace herdflow::pipeline {

/// kConflict where the store's next offset lies outside what the log holds.
std::optional<Error> ConflictOfRange(TopicPartition partition, std::int64_t next_offset,
                                     const OffsetRange& range);

/// kConflict where the first message is not the one that was loaded last.
/// REQUIRES: something was loaded, and the messages were asked for from its offset on.
std::optional<Error> ConflictOfLastMessage(TopicPartition partition, std::int64_t last_offset,
                                           const MessageHash& last_hash,
                                           const std::vector<Message>& messages);

}  // namespace herdflow::pipeline
