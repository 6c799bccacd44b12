#include "commands.hpp"
#include "herdflow/core/logging.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

/// Takes up anew what is not the log that the store was filled from.
Result<> Adopt(pipeline::TopicAdmin& topics, pipeline::OperationsQueries& queries,
               pipeline::LayerStore& store) {
  HERDFLOW_ASSIGN(const auto conflicts, pipeline::FindLogConflicts(topics, queries));
  for (const pipeline::LogConflict& conflict : conflicts) {
    const auto& [partition, stream_id] = conflict.partition;
    Log(LogLevel::kWarning, "{}", conflict.error.message());
    HERDFLOW_CHECK(store.Adopt(conflict.partition, conflict.begin));
    HERDFLOW_CHECK(Print(fmt::format("{}/{} is adopted: it is loaded anew from offset {} on\n",
                                     Name(partition.topic), partition.partition, conflict.begin)));
  }
  if (conflicts.empty()) return Print("Nothing to adopt: this is the log that was loaded\n");
  return {};
}

Result<> Load(bool adopt, const Configuration& configuration) {
  const std::stop_token stop = CatchStopSignals();
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kLook));
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  if (adopt) HERDFLOW_CHECK(Adopt(*topics, *queries.operations, *store));
  HERDFLOW_ASSIGN(const auto reader, OpenReader(configuration, *store, adopt));
  pipeline::Loader loader({*reader, *store, OwnerName()});
  Progress progress("load");
  const auto loaded = pipeline::LoadToEnd(
      loader, *topics, *queries.operations, stop,
      [&](std::string_view step, std::int64_t rows) { progress.Show(step, rows, 0); });
  if (stop.stop_requested()) {
    return Fail(
        ErrorCode::kShuttingDown, "loading: {}; `herdflow load` goes on from there",
        loaded ? fmt::format("stopped after {} messages", *loaded) : loaded.error().message());
  }
  if (!loaded) return Fail(loaded.error());
  // A running `serve` holds the partitions and loads them itself: that counts as well.
  return Print(*loaded == 0 ? "Nothing was left to load here: bronze holds the log to its end\n"
                            : fmt::format("{} messages loaded: bronze holds the log to its end\n",
                                          Thousands(*loaded)));
}

}  // namespace

void AddLoad(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("load", "Load the topics into bronze, up to the end of the log as of now");
  auto adopt = std::make_shared<bool>(false);
  command->add_flag(
      "--adopt", *adopt,
      "First take up, on purpose, every partition that is not the one which was "
      "loaded: made anew, trimmed or restored; and leave out what is damaged in the embedded log. "
      "What was loaded stays");
  AddExamples(*command, "  herdflow load\n  herdflow load --adopt");
  command->callback([&chosen, adopt] {
    chosen.run = [adopt](const Configuration& c) { return Load(*adopt, c); };
  });
}

}  // namespace herdflow::app
