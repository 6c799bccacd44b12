#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

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
  app.add_option("--config", sources.file, "TOML file with the configuration")->type_name("FILE");
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

/// What could stand in the place of a word that nothing is known by: commands of the innermost
/// command that was found, or options.
std::vector<std::string> KnownNames(const CLI::App& app, bool options) {
  std::vector<std::string> names;
  const CLI::App* command = &app;
  for (;;) {
    for (const CLI::Option* option :
         options ? command->get_options() : std::vector<const CLI::Option*>()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const auto inner = command->get_subcommands();
    if (inner.empty()) break;
    command = inner.front();
  }
  if (options) return names;
  for (const CLI::App* known : command->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(known->get_name());
  }
  return names;
}

int RefuseUnknown(const CLI::App& app, const std::string& word) {
  const bool is_option = word.starts_with('-');
  const std::string name = is_option ? word.substr(0, word.find('=')) : word;
  const auto meant = Meant(name, KnownNames(app, is_option));
  // Not what stands behind `=`: it may be a secret.
  std::fprintf(stderr, "herdflow: '%s' is no command or option; %s\n", Visible(name).c_str(),
               meant ? ("did you mean " + *meant + "?").c_str() : "see herdflow --help");
  return kUsage;
}

/// Whoever runs it for the first time sees where to begin. It is no success: a script whose command
/// got lost has to notice.
int AskForCommand(const CLI::App& app) {
  if (const auto above = app.get_subcommands(); !above.empty()) {
    std::fprintf(stderr, "herdflow %s: a command is missing; there are %s\n",
                 above.front()->get_name().c_str(),
                 fmt::format("{}", fmt::join(KnownNames(app, false), ", ")).c_str());
    return kUsage;
  }
  std::fputs(
      "herdflow: a command is missing. What people do first:\n"
      "  herdflow serve          takes readings on port 5001, shows cows and reports on port 5000\n"
      "  herdflow seed FOLDER    sends cows.parquet, sensors.parquet and measurements.parquet\n"
      "  herdflow report         shows the newest complete day\n"
      "herdflow --help tells all commands and options.\n",
      stderr);
  return kUsage;
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
    const auto unknown = app.remaining(/*recurse=*/true);
    if (error.get_exit_code() != 0 && !unknown.empty()) return RefuseUnknown(app, unknown.front());
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError)) {
      return AskForCommand(app);
    }
    return app.exit(error) == 0 ? 0 : kUsage;
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

void AddExamples(CLI::App& command, const std::string& lines) {
  command.footer("Examples:\n" + lines);
}

}  // namespace herdflow::app

int main(int argc, char** argv) { return herdflow::app::Main(argc, argv); }
