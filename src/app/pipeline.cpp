#include "commands.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

Result<std::vector<pipeline::Pipeline>> Wanted(const std::string& name) {
  std::vector<pipeline::Pipeline> wanted;
  std::string known;
  for (const auto candidate : pipeline::kAllPipelines) {
    if (name.empty() || name == Name(candidate)) wanted.push_back(candidate);
    known += (known.empty() ? "" : ", ") + std::string(Name(candidate));
  }
  if (wanted.empty()) {
    return Fail(ErrorCode::kNotFound, "running a pipeline: there is none named '{}'; there are {}",
                name, known);
  }
  return wanted;
}

Result<> RunPipelines(const std::string& name, const Configuration& configuration) {
  CatchStopSignals();
  HERDFLOW_ASSIGN(const auto wanted, Wanted(name));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration));
  HERDFLOW_ASSIGN(auto context, OpenCleanse(configuration, *store));
  Table table({{"pipeline"}, {"rows", Table::Align::kRight}, {"seconds", Table::Align::kRight}});
  Progress progress("pipeline");
  for (const pipeline::Pipeline each : wanted) {
    const auto started = std::chrono::steady_clock::now();
    HERDFLOW_ASSIGN(const std::int64_t rows, Run(each, context, StopRequested,
                                                 [&](std::string_view step, std::int64_t done) {
                                                   progress.Show(step, done, 0);
                                                 }));
    if (StopRequested()) {
      return Fail(ErrorCode::kShuttingDown,
                  "running {}: stopped; what was committed stays, the next run goes on from there",
                  Name(each));
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    table.Add({std::string(Name(each)), Thousands(rows), Decimals(took.count())});
  }
  return Print(table.Text());
}

}  // namespace

void AddPipeline(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("pipeline", "Run the pipelines: bronze to silver to gold");
  command->require_subcommand(1);
  auto* run = command->add_subcommand("run", "Run one pipeline over what is new, or all three");
  auto name = std::make_shared<std::string>();
  run->add_option("pipeline", *name,
                  "cow_data_pipeline, sensor_data_pipeline or measurement_data_pipeline [all]")
      ->type_name("PIPELINE");
  AddExamples(*run, "  herdflow pipeline run\n  herdflow pipeline run measurement_data_pipeline");
  run->callback([&chosen, name] {
    chosen.run = [name](const Configuration& c) { return RunPipelines(*name, c); };
  });
}

}  // namespace herdflow::app
