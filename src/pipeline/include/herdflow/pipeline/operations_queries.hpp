#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// How far the store is with one partition of the log.
struct PartitionProgress {
  std::string topic, stream_id;
  std::string log_id;   ///< The stream id as the log tells it.
  bool current = true;  ///< false: the partition was adopted since, under another stream id.
  std::int32_t partition = 0;
  std::int64_t first_offset = 0, next_offset = 0, holes = 0;
  /// Offsets that hold the ends of transactions, or messages of aborted ones.
  std::int64_t hidden = 0;
  std::int64_t last_offset = -1;         ///< Of the last loaded message.
  std::int64_t judged_offset = 0;        ///< The topic's pipeline has judged everything before it.
  std::optional<MessageHash> last_hash;  ///< Of the last loaded message.
  std::string owner;                     ///< Who claimed it last: `<host>:<pid>`. Empty: nobody.
  std::optional<Instant> claimed_at;     ///< Not known of claims by older versions.
};

/// How many rows each layer holds and how far each step is: what `status` shows. Counts are those
/// that are kept in the transactions that change the rows.
struct StoreStatus {
  struct Table {
    std::string name;  ///< `bronze_measurements`, …
    std::int64_t rows = 0;
  };
  std::vector<Table> tables;
  std::map<std::string, std::int64_t> silver_by_state;     ///< accepted, pending, deleted.
  std::map<std::string, std::int64_t> quarantine_by_code;  ///< All topics, every status.
  std::map<std::string, std::int64_t> unknown_farms;       ///< What waits in quarantine for them.
  struct Partition : PartitionProgress {
    std::int64_t bronze_rows = 0;
    /// The audit equation, 0 where nothing was lost or doubled.
    [[nodiscard]] std::int64_t AuditGap() const {
      return next_offset - first_offset - bronze_rows - holes - hidden;
    }
  };
  std::vector<Partition> partitions;
  /// What is to be judged again: readings of cows and sensors that became known, passes over
  /// bronze, topics.
  std::int64_t rejudge_requests = 0;
  std::int64_t dirty_days = 0;  ///< Noted, and not yet seen by every aggregate.
};

/// A count that is kept, and is not what the rows come to.
struct CountDifference {
  std::string table;  ///< `silver_measurements`, …
  std::string of;     ///< Which of its rows: `default accepted`, a partition.
  std::int64_t kept = 0, counted = 0;
};

/// The rows themselves, counted.
struct StoreAudit {
  StoreStatus status;
  std::vector<CountDifference> differences;
};

/// How many rows the layers hold of one farm.
struct FarmStatus {
  std::int64_t cows = 0, sensors = 0;                      ///< Of gold.
  std::map<std::string, std::int64_t> silver_by_state;     ///< accepted, pending, deleted.
  std::map<std::string, std::int64_t> quarantine_by_code;  ///< All topics, every status.
  std::optional<herd::DataRange> data;
};

/// What those ask who run a herdflow: how far it is, and what it holds. Threads: any.
class OperationsQueries {
 public:
  virtual ~OperationsQueries() = default;

  /// Cheap: a row a partition.
  virtual Result<std::vector<PartitionProgress>> ReadProgress() = 0;
  /// Reads what is kept, and counts a few tables of gold.
  virtual Result<StoreStatus> ReadStatus() = 0;
  /// Counts everything, in one snapshot: seconds on a large store.
  virtual Result<StoreAudit> Audit() = 0;
  /// What the layers hold of one farm.
  virtual Result<FarmStatus> ReadFarmStatus(std::string_view farm) = 0;
};

}  // namespace herdflow::pipeline
