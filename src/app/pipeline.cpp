#include <mutex>

#include "commands.hpp"
#include "herdflow/orchestration/runner.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using orchestration::Definitions;
using orchestration::PipelineDefinition;

struct RunOptions {
  std::string pipeline, task;
};

/// The pipelines to run; kNotFound says what there is.
Result<std::vector<const PipelineDefinition*>> Wanted(const Definitions& definitions,
                                                      const RunOptions& options) {
  std::vector<const PipelineDefinition*> wanted;
  std::string known;
  for (const PipelineDefinition& candidate : definitions.pipelines) {
    if (options.pipeline.empty() || options.pipeline == candidate.id) wanted.push_back(&candidate);
    known += (known.empty() ? "" : ", ") + candidate.id;
  }
  if (wanted.empty()) {
    return Fail(ErrorCode::kNotFound, "running a pipeline: there is none named '{}'; there are {}",
                options.pipeline, known);
  }
  if (!options.task.empty() && definitions.Find(options.pipeline, options.task).second == nullptr) {
    std::string tasks;
    for (const auto& task : wanted.front()->tasks) {
      tasks += fmt::format("{}{}", tasks.empty() ? "" : ", ", task.id());
    }
    return Fail(ErrorCode::kNotFound, "running a task: {} has none named '{}'; it has {}",
                options.pipeline, options.task, tasks);
  }
  return wanted;
}

Result<> RunPipelines(const RunOptions& options, const Configuration& configuration) {
  const std::stop_token stop = CatchStopSignals();
  const Definitions definitions(configuration.pipelines);
  HERDFLOW_ASSIGN(const auto wanted, Wanted(definitions, options));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kJudge));
  HERDFLOW_ASSIGN(const auto ledger, OpenLedger(configuration));
  pipeline::CleanseContext context{*store};
  HERDFLOW_ASSIGN(auto calendar, OpenCalendar(configuration));
  orchestration::TaskRunner runner(
      {definitions, context, *ledger, OwnerName(), stop, std::move(calendar)});
  Table table({{"pipeline"}, {"rows", Table::Align::kRight}, {"seconds", Table::Align::kRight}});
  Progress progress("pipeline");
  std::mutex drawing;
  orchestration::Round round;
  round.trigger = pipeline::RunTrigger::kCommand;
  round.only_task = options.task;
  round.progress = [&](std::string_view step, std::int64_t done) {
    const std::lock_guard lock(drawing);
    progress.Show(step, done, 0);
  };
  for (const PipelineDefinition* each : wanted) {
    const auto started = std::chrono::steady_clock::now();
    const auto outcome = RunRound(runner, *each, round);
    if (outcome.error) return Fail(*outcome.error);
    if (stop.stop_requested()) {
      return Fail(ErrorCode::kShuttingDown,
                  "running {}: stopped; what was committed stays, the next run goes on from there",
                  each->id);
    }
    if (outcome.state != pipeline::RunState::kSucceeded) {
      return Fail(ErrorCode::kUnavailable,
                  "running {}: {}; what was committed stays, the next run goes on from there",
                  each->id, Name(outcome.state));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    table.Add({each->id, Thousands(outcome.rows), Decimals(took.count())});
  }
  return Print(table.Text());
}

}  // namespace

void AddPipeline(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("pipeline", "Run and watch the pipelines: bronze to gold");
  command->require_subcommand(1);
  auto* run = command->add_subcommand(
      "run", "Run one pipeline, or one task of it, over what is new, or all");
  auto options = std::make_shared<RunOptions>();
  run->add_option("pipeline", options->pipeline,
                  "farm_data_pipeline, cow_data_pipeline, sensor_data_pipeline or "
                  "measurement_data_pipeline [all]")
      ->type_name("PIPELINE");
  run->add_option("task", options->task, "A task of the pipeline [all]")->type_name("TASK");
  AddExamples(*run,
              "  herdflow pipeline run\n  herdflow pipeline run measurement_data_pipeline\n"
              "  herdflow pipeline run measurement_data_pipeline daily_aggregation");
  run->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return RunPipelines(*options, c); };
  });
  AddPipelineList(*command, chosen);
  AddPipelineStatus(*command, chosen);
  AddPipelineManifest(*command, chosen);
  AddPipelineRebuild(*command, chosen);
}

}  // namespace herdflow::app
