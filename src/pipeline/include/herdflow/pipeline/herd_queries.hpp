#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// The seed system's `latest_sensor_data`: the daily aggregate of the cow's newest day, of those of
/// that day the sensor with the newest reading.
struct LatestSensorData {
  std::string sensor_id;
  FarmDay date;
  double average_value = 0, min_value = 0, max_value = 0;
  std::int64_t records_count = 0;
};

/// A farm of gold.
struct FarmView {
  std::string id, name;
  herd::FarmRules rules;
  std::string rules_version;
  /// Nothing: the configuration made it, and no event.
  std::optional<Instant> created_at, updated_at;
  std::optional<Instant> closed_at;  ///< Nothing may be sent; all can be read.
};

struct CowView {
  std::string id, name;
  std::optional<FarmDay> birthdate;
  Instant created_at;
  std::optional<Instant> retired_at;
  std::optional<LatestSensorData> latest_sensor_data;
};

struct ReportData {
  std::optional<herd::DataRange> data;
  std::vector<herd::CowWindow> cows;  ///< By cow id, bytewise.
};

/// Numbers that rise in the transaction that changes what they stand for: where they are the same
/// again, so is what is read of it. They rise too where a row is written as it was.
struct FarmRevisions {
  std::optional<std::string> time_zone;  ///< Nothing: no farm is known by this id.
  std::optional<herd::DataRange> data;
  std::int64_t herd_book = 0;  ///< The farm itself, its cows and its sensors.
  /// What every cow's `latest_sensor_data` is read from: accepted readings, daily aggregates.
  std::int64_t newest_days = 0;
  std::int64_t cow_days = 0;  ///< What reports are made from, of the months that were asked for.
};

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

/// How many rows each layer holds and how far each step is: what `status` shows.
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

/// How many rows the layers hold of one farm.
struct FarmStatus {
  std::int64_t cows = 0, sensors = 0;                      ///< Of gold.
  std::map<std::string, std::int64_t> silver_by_state;     ///< accepted, pending, deleted.
  std::map<std::string, std::int64_t> quarantine_by_code;  ///< All topics, every status.
  std::optional<herd::DataRange> data;
};

/// What the API, the report and the command line read of the store. Threads: any.
class HerdQueries {
 public:
  virtual ~HerdQueries() = default;

  /// By id, bytewise.
  virtual Result<std::vector<FarmView>> ListFarms() = 0;
  virtual Result<std::optional<FarmView>> FindFarm(std::string_view farm) = 0;
  /// The cow of gold with this id of the farm, or nothing.
  virtual Result<std::optional<CowView>> FindCow(std::string_view farm,
                                                 std::string_view cow_id) = 0;
  /// What the farm's report of `day` is made from; cows without a row in its 30 days are left out.
  virtual Result<ReportData> ReadReportData(std::string_view farm, FarmDay day) = 0;
  virtual Result<std::optional<herd::DataRange>> ReadDataRange(std::string_view farm) = 0;
  /// Cheap, whatever the farm holds: one look-up. `days`: those whose months are asked for.
  /// Nothing: no message ever named the farm. Ask before what it is about: what is read later may
  /// be newer, never older.
  virtual Result<std::optional<FarmRevisions>> ReadRevisions(std::string_view farm,
                                                             herd::Period days) = 0;
  /// The same of what ListFarms gives.
  virtual Result<std::int64_t> ReadRevisionOfFarms() = 0;
  /// Cheap: a row a partition.
  virtual Result<std::vector<PartitionProgress>> ReadProgress() = 0;
  /// Counts rows: seconds on a large store.
  virtual Result<StoreStatus> ReadStatus() = 0;
  /// What the layers hold of one farm.
  virtual Result<FarmStatus> ReadFarmStatus(std::string_view farm) = 0;
};

}  // namespace herdflow::pipeline
