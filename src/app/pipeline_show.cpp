// What `herdflow pipeline` shows of definitions and runs, and the manifest that it writes.

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/core/stop.hpp"
#include "herdflow/orchestration/manifest.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using orchestration::Definitions;
using pipeline::LedgerOverview;
using pipeline::TaskRun;

constexpr std::size_t kLogLinesShown = 1'000;

/// Nothing where nothing was loaded yet.
Result<LedgerOverview> ReadOverview(const Configuration& configuration) {
  const auto ledger = OpenLedger(configuration);
  if (!ledger && ledger.error().code() == ErrorCode::kNotFound) return LedgerOverview();
  if (!ledger) return Fail(ledger.error());
  return (*ledger)->List();
}

std::string IdOf(const TaskRun& run) { return std::to_string(static_cast<std::int64_t>(run.id)); }

std::string TimeOf(const TaskRun& run) {
  return FormatInstant(std::chrono::floor<std::chrono::seconds>(
      run.finished_at.value_or(run.started_at.value_or(run.requested_at))));
}

std::string ListText(const Definitions& definitions, const LedgerOverview& overview) {
  Table table({{"pipeline"}, {"task"}, {"schedule"}, {"last run"}, {"state"}});
  for (const auto& pipeline : definitions.pipelines) {
    const std::string schedule = definitions.scheduler == orchestration::SchedulerKind::kHerdflow
                                     ? Text(pipeline.schedule)
                                     : Text(pipeline.schedule) + ", by another scheduler";
    for (const auto& task : pipeline.tasks) {
      const auto last = std::find_if(
          overview.last_runs.begin(), overview.last_runs.end(),
          [&](const TaskRun& run) { return run.pipeline == pipeline.id && run.task == task.id(); });
      const bool known = last != overview.last_runs.end();
      table.Add({pipeline.id, std::string(task.id()), schedule, known ? TimeOf(*last) : "-",
                 known ? std::string(Name(last->state)) : "never ran"});
    }
  }
  return table.Text();
}

Result<> ShowList(bool as_json, const Configuration& configuration) {
  const Definitions definitions(configuration.pipelines);
  HERDFLOW_ASSIGN(const auto overview, ReadOverview(configuration));
  return Print(as_json ? api::PipelinesJson(definitions, overview) + "\n"
                       : ListText(definitions, overview));
}

struct StatusOptions {
  std::string run;
  bool json = false;
};

std::string OverviewText(const LedgerOverview& overview) {
  Table table({{"run", Table::Align::kRight},
               {"task"},
               {"state"},
               {"asked by"},
               {"at"},
               {"attempt", Table::Align::kRight},
               {"read", Table::Align::kRight},
               {"written", Table::Align::kRight}});
  for (const TaskRun& run : overview.last_runs) {
    table.Add({IdOf(run), run.task, std::string(Name(run.state)), std::string(Name(run.trigger)),
               TimeOf(run), Thousands(run.attempt), Thousands(run.rows_read),
               Thousands(run.rows_written)});
  }
  std::string text = overview.last_runs.empty() ? "No task ran yet\n" : table.Text();
  if (const auto& failure = overview.last_failure) {
    text += fmt::format("\nLast failure: run {} of {}, {}: {}\n", IdOf(*failure), failure->task,
                        TimeOf(*failure), failure->error);
  }
  return text;
}

std::string RunText(const pipeline::RunWithLog& shown) {
  const TaskRun& run = shown.run;
  const auto instant = [](std::optional<Instant> at) { return at ? FormatInstant(*at) : "-"; };
  Table table({{"run"}, {IdOf(run)}});
  table.Add({"pipeline", run.pipeline});
  table.Add({"task", run.task});
  table.Add({"state", std::string(Name(run.state))});
  table.Add({"asked by", std::string(Name(run.trigger))});
  table.Add({"attempt", Thousands(run.attempt)});
  table.Add({"process", run.owner.empty() ? "-" : run.owner});
  table.Add({"requested", instant(run.requested_at)});
  table.Add({"started", instant(run.started_at)});
  table.Add({"finished", instant(run.finished_at)});
  if (const auto duration = DurationOf(run)) {
    const std::chrono::duration<double> seconds = *duration;
    table.Add({"took", Decimals(seconds.count()) + " s"});
  }
  table.Add({"rows read", Thousands(run.rows_read)});
  table.Add({"rows written", Thousands(run.rows_written)});
  std::string text = table.Text();
  if (!run.error.empty()) text += "\n" + run.error + "\n";
  if (!shown.log.empty()) text += "\n";
  for (const auto& line : shown.log) {
    text += fmt::format("{} {} {}\n", FormatInstant(line.entry.at), Name(line.entry.level),
                        line.entry.text);
  }
  return text;
}

Result<> ShowStatus(const StatusOptions& options, const Configuration& configuration) {
  if (options.run.empty()) {
    HERDFLOW_ASSIGN(const auto overview, ReadOverview(configuration));
    const Definitions definitions(configuration.pipelines);
    return Print(options.json ? api::PipelinesJson(definitions, overview) + "\n"
                              : OverviewText(overview));
  }
  HERDFLOW_ASSIGN(const auto ledger, OpenLedger(configuration));
  std::int64_t id = 0;
  std::from_chars(options.run.data(), options.run.data() + options.run.size(), id);
  HERDFLOW_ASSIGN(const auto run, ledger->Read(pipeline::RunId{id}, 0, kLogLinesShown));
  if (!run) {
    return Fail(ErrorCode::kNotFound,
                "looking for a run: there is none with the id '{}'; `herdflow pipeline status` "
                "shows the last run of each task",
                options.run);
  }
  return Print(options.json ? api::RunWithLogJson(*run, 0) + "\n" : RunText(*run));
}

struct ManifestOptions {
  std::string output;
  bool watch = false;
};

std::string ManifestOf(const Configuration& configuration) {
  return orchestration::Manifest(Definitions(configuration.pipelines), configuration.time_zone);
}

/// Writes the manifest of what the configuration says now, if that is something else.
Result<> WriteIfNew(const std::string& path, const std::function<Result<Configuration>()>& reread,
                    std::string& written) {
  HERDFLOW_ASSIGN(const Configuration configuration, reread());
  std::string manifest = ManifestOf(configuration);
  if (manifest == written) return {};
  HERDFLOW_CHECK(orchestration::ReplaceFile(path, manifest));
  Log(LogLevel::kInfo, "the manifest {} is written anew", path);
  written = std::move(manifest);
  return {};
}

Result<> WriteManifest(const ManifestOptions& options,
                       const std::function<Result<Configuration>()>& reread,
                       const Configuration& configuration) {
  if (options.output.empty()) {
    if (!options.watch) return Print(ManifestOf(configuration));
    return Fail(ErrorCode::kInvalidInput,
                "writing the manifest: --watch needs a file: add --output FILE");
  }
  std::string written = ManifestOf(configuration);
  HERDFLOW_CHECK(orchestration::ReplaceFile(options.output, written));
  if (!options.watch) return {};
  const std::stop_token stop = CatchStopSignals();
  constexpr std::chrono::seconds kLook{1};
  Retry retry("the manifest stays as it is", {.first = kLook});
  while (!stop.stop_requested()) {
    const auto looked =
        retry.Until(stop, [&] { return WriteIfNew(options.output, reread, written); });
    if (looked) SleepFor(kLook, stop);
  }
  return {};
}

}  // namespace

void AddPipelineList(CLI::App& pipeline, Chosen& chosen) {
  auto* list = pipeline.add_subcommand("list", "Show the pipelines, their tasks and schedules");
  auto as_json = std::make_shared<bool>(false);
  list->add_flag("--json", *as_json, "As the API's JSON");
  AddExamples(*list, "  herdflow pipeline list\n  herdflow pipeline list --json");
  list->callback([&chosen, as_json] {
    chosen.run = [as_json](const Configuration& c) { return ShowList(*as_json, c); };
  });
}

void AddPipelineStatus(CLI::App& pipeline, Chosen& chosen) {
  auto* status =
      pipeline.add_subcommand("status", "Show the last run of each task, or one run and its log");
  auto options = std::make_shared<StatusOptions>();
  status->add_option("run", options->run, "The run's id")->type_name("RUN");
  status->add_flag("--json", options->json, "As the API's JSON");
  AddExamples(*status, "  herdflow pipeline status\n  herdflow pipeline status 17");
  status->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return ShowStatus(*options, c); };
  });
}

void AddPipelineManifest(CLI::App& pipeline, Chosen& chosen) {
  auto* manifest = pipeline.add_subcommand(
      "manifest", "Write the definitions as JSON, for another scheduler to make its own of");
  auto options = std::make_shared<ManifestOptions>();
  manifest->add_option("-o,--output", options->output, "The file to replace [standard output]")
      ->type_name("FILE");
  manifest->add_flag("--watch", options->watch,
                     "Until SIGTERM, write it anew when the configuration file gives another");
  AddExamples(
      *manifest,
      "  herdflow pipeline manifest\n"
      "  herdflow pipeline manifest --config herdflow.toml --output pipelines.json --watch");
  manifest->callback([&chosen, options] {
    chosen.run = [&chosen, options](const Configuration& c) {
      return WriteManifest(*options, chosen.reread, c);
    };
  });
}

}  // namespace herdflow::app
