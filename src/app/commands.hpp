#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "command_line.hpp"
#include "config.hpp"
#include "herdflow/core/result.hpp"

/// One function a subcommand: it adds its options and says what to run.
namespace herdflow::app {

using Command = std::function<Result<>(const Configuration&)>;

/// What the command line chose. Options are parsed into objects that live as long as the command.
struct Chosen {
  Command run;
  /// Read the configuration again, from the same sources as they are now. Outlives the command.
  std::function<Result<Configuration>()> reread;
};

/// What a command has beside others of its name: `herdflow pipeline list`.
void AddPipelineList(CLI::App& pipeline, Chosen& chosen);
void AddPipelineStatus(CLI::App& pipeline, Chosen& chosen);
void AddPipelineManifest(CLI::App& pipeline, Chosen& chosen);
void AddPipelineRebuild(CLI::App& pipeline, Chosen& chosen);

void AddServe(CLI::App& app, Chosen& chosen);
void AddGenerate(CLI::App& app, Chosen& chosen);
void AddSeed(CLI::App& app, Chosen& chosen);
void AddLoad(CLI::App& app, Chosen& chosen);
void AddPipeline(CLI::App& app, Chosen& chosen);
void AddReport(CLI::App& app, Chosen& chosen);
void AddCow(CLI::App& app, Chosen& chosen);
void AddFarm(CLI::App& app, Chosen& chosen);
void AddStatus(CLI::App& app, Chosen& chosen);
void AddTopics(CLI::App& app, Chosen& chosen);

}  // namespace herdflow::app
