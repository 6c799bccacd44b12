#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {

std::span<const Step> StepsOf(Pipeline pipeline) {
  static constexpr std::array kFarms{Step::kFarms};
  static constexpr std::array kCows{Step::kCows};
  static constexpr std::array kSensors{Step::kSensors};
  static constexpr std::array kMeasurements{Step::kCleanse, Step::kDaily,  Step::kWeekly,
                                            Step::kMonthly, Step::kYearly, Step::kCowDays};
  switch (pipeline) {
    case Pipeline::kFarms:
      return kFarms;
    case Pipeline::kCows:
      return kCows;
    case Pipeline::kSensors:
      return kSensors;
    case Pipeline::kMeasurements:
      return kMeasurements;
  }
  return {};
}

Result<std::int64_t> Run(Step step, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress) {
  const auto aggregate = [&](AggregateTask task) {
    return Aggregate(context.store, task, stop, progress);
  };
  switch (step) {
    case Step::kFarms:
      return JudgeFarms(context.store, stop, progress);
    case Step::kCows:
      return JudgeCows(context.store, stop, progress);
    case Step::kSensors:
      return JudgeSensors(context.store, stop, progress);
    case Step::kCleanse:
      return Cleanse(context, stop, progress);
    case Step::kDaily:
      return aggregate(AggregateTask::kDaily);
    case Step::kWeekly:
      return aggregate(AggregateTask::kWeekly);
    case Step::kMonthly:
      return aggregate(AggregateTask::kMonthly);
    case Step::kYearly:
      return aggregate(AggregateTask::kYearly);
    case Step::kCowDays:
      return aggregate(AggregateTask::kCowDays);
  }
  return 0;
}

Result<std::int64_t> Run(Pipeline pipeline, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress) {
  std::int64_t done = 0;
  for (const Step step : StepsOf(pipeline)) {
    HERDFLOW_ASSIGN(const std::int64_t by_step, Run(step, context, stop, progress));
    done += by_step;
  }
  return done;
}

}  // namespace herdflow::pipeline
