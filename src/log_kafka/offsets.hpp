#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "client.hpp"

/// Questions about offsets, none of which waits for longer than it is told to. The driver's own one
/// for both ends, rd_kafka_query_watermark_offsets, waits without end for a leader that is away in
/// some versions. Ends are as a reader of committed messages sees them: before open transactions.
namespace herdflow::log_kafka {

/// What each of these partitions holds now. kUnavailable: no broker leads it, or none told in time.
std::vector<Result<pipeline::OffsetRange>> AskRanges(rd_kafka_t* client,
                                                     const std::string& kafka_name,
                                                     const std::vector<std::int32_t>& partitions,
                                                     std::chrono::milliseconds timeout);
Result<pipeline::OffsetRange> AskRange(rd_kafka_t* client, const std::string& kafka_name,
                                       std::int32_t partition, std::chrono::milliseconds timeout);

/// The first offset at which something stands that came to the broker after `before`, for readers
/// or not; -1 where there is none. kUnavailable: no broker told in time.
Result<std::int64_t> AskOffsetAfter(rd_kafka_t* client, const std::string& kafka_name,
                                    std::int32_t partition, Instant before,
                                    std::chrono::milliseconds timeout);

}  // namespace herdflow::log_kafka
