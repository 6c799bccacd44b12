#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {

Result<std::int64_t> Run(Pipeline pipeline, CleanseContext& context, const std::stop_token& stop,
                         const StepProgress& progress) {
  switch (pipeline) {
    case Pipeline::kCows:
      return JudgeCows(context.store, stop, progress);
    case Pipeline::kSensors:
      return JudgeSensors(context.store, stop, progress);
    case Pipeline::kMeasurements: {
      HERDFLOW_ASSIGN(std::int64_t done, Cleanse(context, stop, progress));
      for (const AggregateTask task : kAllAggregateTasks) {
        HERDFLOW_ASSIGN(const std::int64_t days, Aggregate(context.store, task, stop, progress));
        done += days;
      }
      return done;
    }
  }
  return 0;
}

}  // namespace herdflow::pipeline
