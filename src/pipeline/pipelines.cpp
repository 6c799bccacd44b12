#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

Result<std::int64_t> Judge(Topic topic, CleanseContext& context, const std::stop_token& stop,
                           const StepProgress& progress) {
  switch (topic) {
    case Topic::kFarms:
      return JudgeFarms(context.store, stop, progress);
    case Topic::kCows:
      return JudgeCows(context.store, stop, progress);
    case Topic::kSensors:
      return JudgeSensors(context.store, stop, progress);
    case Topic::kMeasurements:
      return Cleanse(context, stop, progress);
  }
  return 0;
}

}  // namespace

std::span<const Step> StepsOf(Pipeline pipeline) {
  static const std::array<Step, 1> kFarms{Topic::kFarms};
  static const std::array<Step, 1> kCows{Topic::kCows};
  static const std::array<Step, 1> kSensors{Topic::kSensors};
  static const std::vector<Step> kMeasurements = [] {
    std::vector<Step> steps{Topic::kMeasurements};
    for (const DerivedTable* table : DerivedTables()) steps.emplace_back(table);
    return steps;
  }();
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

Result<std::int64_t> Run(const Step& step, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress) {
  if (const auto* topic = std::get_if<Topic>(&step)) return Judge(*topic, context, stop, progress);
  return Derive(context.store, *std::get<const DerivedTable*>(step), stop, progress);
}

Result<std::int64_t> Run(Pipeline pipeline, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress) {
  std::int64_t done = 0;
  for (const Step& step : StepsOf(pipeline)) {
    HERDFLOW_ASSIGN(const std::int64_t by_step, Run(step, context, stop, progress));
    done += by_step;
  }
  return done;
}

}  // namespace herdflow::pipeline
