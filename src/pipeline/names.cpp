#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "herdflow/pipeline/rows.hpp"

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

std::string_view Name(AggregateTask task) {
  switch (task) {
    case AggregateTask::kDaily:
      return "daily_aggregation";
    case AggregateTask::kWeekly:
      return "weekly_aggregation";
    case AggregateTask::kMonthly:
      return "monthly_aggregation";
    case AggregateTask::kYearly:
      return "yearly_aggregation";
    case AggregateTask::kCowDays:
      return "cow_daily_metrics";
  }
  return "unknown";
}

std::string_view Name(Pipeline pipeline) {
  switch (pipeline) {
    case Pipeline::kCows:
      return "cow_data_pipeline";
    case Pipeline::kSensors:
      return "sensor_data_pipeline";
    case Pipeline::kMeasurements:
      return "measurement_data_pipeline";
  }
  return "unknown";
}

}  // namespace herdflow::pipeline
