#include "commands.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

Result<> Load(const Configuration& configuration) {
  CatchStopSignals();
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration));
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto reader, OpenReader(configuration));
  pipeline::Loader loader({*reader, *store, OwnerName()});
  Progress progress("load");
  HERDFLOW_ASSIGN(const std::int64_t loaded,
                  pipeline::LoadToEnd(loader, *topics, *queries, StopRequested,
                                      [&](std::string_view step, std::int64_t rows) {
                                        progress.Show(step, rows, 0);
                                      }));
  if (StopRequested()) {
    return Fail(ErrorCode::kShuttingDown,
                "loading: stopped after {} messages; `herdflow load` goes on from there", loaded);
  }
  // A running `serve` holds the partitions and loads them itself: that counts as well.
  return Print(loaded == 0 ? "Nothing was left to load here: bronze holds the log to its end\n"
                           : fmt::format("{} messages loaded: bronze holds the log to its end\n",
                                         Thousands(loaded)));
}

}  // namespace

void AddLoad(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("load", "Load the topics into bronze, up to the end of the log as of now");
  AddExamples(*command, "  herdflow load");
  command->callback([&chosen] { chosen.run = Load; });
}

}  // namespace herdflow::app
