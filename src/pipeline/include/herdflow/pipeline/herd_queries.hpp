#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/report.hpp"

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

/// What is asked about farms and cows. Threads: any.
class HerdQueries {
 public:
  virtual ~HerdQueries() = default;

  /// By id, bytewise.
  virtual Result<std::vector<FarmView>> ListFarms() = 0;
  virtual Result<std::optional<FarmView>> FindFarm(std::string_view farm) = 0;
  /// The cow of gold with this id of the farm, or nothing.
  virtual Result<std::optional<CowView>> FindCow(std::string_view farm,
                                                 std::string_view cow_id) = 0;
  /// Cheap, whatever the farm holds: one look-up. `days`: those whose months are asked for.
  /// Nothing: no message ever named the farm. Ask before what it is about: what is read later may
  /// be newer, never older.
  virtual Result<std::optional<FarmRevisions>> ReadRevisions(std::string_view farm,
                                                             herd::Period days) = 0;
  /// The same of what ListFarms gives.
  virtual Result<std::int64_t> ReadRevisionOfFarms() = 0;
};

}  // namespace herdflow::pipeline
