#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm.hpp"

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
};

}  // namespace herdflow::pipeline
