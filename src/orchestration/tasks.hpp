#pragma once

#include <string_view>

namespace herdflow::orchestration {

// The tasks that are no aggregates; those have the names of pipeline::AggregateTask.
inline constexpr std::string_view kCleanseCows = "cleanse_cows";
inline constexpr std::string_view kCleanseSensors = "cleanse_sensors";
inline constexpr std::string_view kCleanseMeasurements = "cleanse_measurements";

}  // namespace herdflow::orchestration
