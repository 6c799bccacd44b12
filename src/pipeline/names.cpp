#include <algorithm>

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::pipeline {

std::string_view Name(ReadingState state) {
  switch (state) {
    case ReadingState::kAccepted:
      return "accepted";
    case ReadingState::kPending:
      return "pending";
    case ReadingState::kDeleted:
      return "deleted";
  }
  return "unknown";
}

std::string_view Name(Pipeline pipeline) {
  switch (pipeline) {
    case Pipeline::kFarms:
      return "farm_data_pipeline";
    case Pipeline::kCows:
      return "cow_data_pipeline";
    case Pipeline::kSensors:
      return "sensor_data_pipeline";
    case Pipeline::kMeasurements:
      return "measurement_data_pipeline";
  }
  return "unknown";
}

std::string_view Name(const Step& step) {
  if (const auto* table = std::get_if<const DerivedTable*>(&step)) return (*table)->shape().task;
  switch (std::get<Topic>(step)) {
    case Topic::kFarms:
      return "cleanse_farms";
    case Topic::kCows:
      return "cleanse_cows";
    case Topic::kSensors:
      return "cleanse_sensors";
    case Topic::kMeasurements:
      return "cleanse_measurements";
  }
  return "unknown";
}

std::string_view Name(RunTrigger trigger) {
  switch (trigger) {
    case RunTrigger::kSchedule:
      return "schedule";
    case RunTrigger::kApi:
      return "api";
    case RunTrigger::kCommand:
      return "command";
  }
  return "unknown";
}

std::string_view Name(RunState state) {
  switch (state) {
    case RunState::kQueued:
      return "queued";
    case RunState::kRunning:
      return "running";
    case RunState::kSucceeded:
      return "succeeded";
    case RunState::kFailed:
      return "failed";
    case RunState::kCancelled:
      return "cancelled";
    case RunState::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

bool IsOver(RunState state) { return state != RunState::kQueued && state != RunState::kRunning; }

std::optional<std::chrono::microseconds> DurationOf(const TaskRun& run) {
  const std::optional<Instant> end = run.finished_at ? run.finished_at : run.heartbeat_at;
  if (!run.started_at || !end) return std::nullopt;
  return std::max(*end - *run.started_at, std::chrono::microseconds(0));  // Clocks are set.
}

std::string_view Name(Notification::Event event) {
  switch (event) {
    case Notification::Event::kFailed:
      return "failed";
    case Notification::Event::kRetrying:
      return "retrying";
    case Notification::Event::kRecovered:
      return "recovered";
  }
  return "unknown";
}

}  // namespace herdflow::pipeline
