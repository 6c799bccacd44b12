#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "command_line.hpp"
#include "commands.hpp"
#include "config.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/text.hpp"
#include "stop.hpp"
#include "terminal.hpp"
#include "version.hpp"

namespace herdflow::app {
namespace {

constexpr int kUsage = 2;

/// The one table from failures to exit codes (docs/operations.md).
int ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return kUsage;
    case ErrorCode::kNotFound:
      return 3;
    case ErrorCode::kConflict:
      return 4;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kShuttingDown:
      return 5;
    case ErrorCode::kCorruptData:
      return 6;
    case ErrorCode::kInternal:
      return 1;
  }
  return 1;
}

/// `--config`, and an option for every field of the configuration.
void AddConfigOptions(CLI::App& app, ConfigSources& sources) {
  app.add_option_function<std::string>(
         "--config", [&sources](const std::string& file) { sources.file = file; },
         "TOML file with the configuration")
      ->type_name("FILE");
  const Configuration defaults;
  for (const ConfigField& field : ConfigFields()) {
    if (field.is_secret) continue;  // Other users see a process's command line.
    app.add_option_function<std::string>(
           field.Flag(),
           [&sources, &field](const std::string& value) { sources.flags[field.Flag()] = value; },
           std::string(field.help) + " [" + field.show(defaults) + "]")
        ->type_name("")
        ->group("Configuration (also " +
                std::string("HERDFLOW_… and the file; see docs/configuration.md)"));
  }
}

int Main(int argc, char** argv) {
  CLI::App app(
      "Sensor readings of dairy cows: from messages and Parquet files to clean data and the daily "
      "report.",
      "herdflow");
  ConfigSources sources;
  Chosen chosen;
  app.set_version_flag("--version", kVersion);
  app.fallthrough();
  app.require_subcommand(1);
  AddConfigOptions(app, sources);
  AddServe(app, chosen);
  AddGenerate(app, chosen);
  AddSeed(app, chosen);
  AddLoad(app, chosen);
  AddPipeline(app, chosen);
  AddReport(app, chosen);
  AddCow(app, chosen);
  AddFarm(app, chosen);
  AddStatus(app, chosen);
  AddTopics(app, chosen);
  AddExamples(app,
              "  herdflow generate --cows 40 --from 2025-01-01 --to 2025-12-31 --seed 1 -o herd\n"
              "  herdflow seed herd && herdflow load && herdflow pipeline run\n"
              "  herdflow report 2025-12-30\n"
              "  herdflow serve");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fputs(Complaint(app, error).c_str(), stderr);
    return kUsage;
  }
  sources.environment = HerdflowEnvironment();
  chosen.reread = [&sources] { return ReadConfiguration(sources); };
  const auto configuration = ReadConfiguration(sources);
  SurviveFileLimits();
  const Result<> result =
      configuration ? chosen.run(*configuration) : Result<>(Fail(configuration.error()));
  if (result) return 0;
  std::fprintf(stderr, "herdflow: %s\n", Visible(result.error().message()).c_str());
  return ExitCodeOf(result.error().code());
}

}  // namespace

}  // namespace herdflow::app

int main(int argc, char** argv) { return herdflow::app::Main(argc, argv); }
