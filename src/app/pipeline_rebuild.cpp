#include <algorithm>

#include "commands.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct RebuildOptions {
  std::string from, to;
  bool only_verify = false;
};

Result<std::optional<FarmDay>> DayOf(const std::string& text, std::string_view option) {
  if (text.empty()) return std::optional<FarmDay>();
  const auto day = ParseDate(text);
  if (day) return day;
  return Fail(ErrorCode::kInvalidInput, "{} '{}' is no date; write it as 2024-04-07", option, text);
}

/// Nothing: all of them.
Result<std::optional<pipeline::DayRange>> DaysOf(const RebuildOptions& options) {
  HERDFLOW_ASSIGN(const auto from, DayOf(options.from, "--from"));
  HERDFLOW_ASSIGN(const auto to, DayOf(options.to, "--to"));
  if (!from && !to) return std::optional<pipeline::DayRange>();
  // Timestamps lie between 2000 and now.
  constexpr FarmDay kFirst{0};
  constexpr FarmDay kLast{1'000'000};
  const pipeline::DayRange days{from.value_or(kFirst), to.value_or(kLast)};
  if (days.first <= days.last) return std::optional(days);
  return Fail(ErrorCode::kInvalidInput, "--from {} is after --to {}", options.from, options.to);
}

/// What a pass looks at: bronze's readings, and silver's after them.
Result<std::int64_t> MessagesToJudge(const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto progress, queries.operations->ReadProgress());
  std::int64_t messages = 0;
  for (const auto& at : progress) {
    if (at.topic == Name(pipeline::Topic::kMeasurements)) {
      messages += 2 * (at.judged_offset - at.first_offset);
    }
  }
  return messages;
}

Result<> RunAll(pipeline::CleanseContext& context, std::int64_t messages,
                const std::stop_token& stop) {
  Progress progress("rebuild");
  const auto show = [&](std::string_view step, std::int64_t rows) {
    progress.Show(step, rows, step == "cleanse" ? std::max(messages, rows) : 0);
  };
  for (const pipeline::Pipeline each : pipeline::kAllPipelines) {
    const auto ran = pipeline::Run(each, context, stop, show);
    if (stop.stop_requested()) {
      return Fail(ErrorCode::kShuttingDown,
                  "rebuilding: {}; it goes on when it is called again, or by the next run of the "
                  "pipelines",
                  ran ? "stopped" : ran.error().message());
    }
    if (!ran) return Fail(ran.error());
  }
  return {};
}

/// What differs, as a table; then kCorruptData.
Result<> TellDifferences(const std::vector<pipeline::TableDifference>& differences) {
  if (differences.empty()) {
    return Print(
        "Cows, sensors, silver and quarantine are what bronze makes of them, gold what silver "
        "does\n");
  }
  Table table({{"table"}, {"rows", Table::Align::kRight}, {"for example"}});
  for (const auto& [name, rows, examples] : differences) {
    table.Add({name,
               fmt::format("{}{}", rows == pipeline::kMostDifferences ? "at least " : "",
                           Thousands(rows)),
               fmt::format("{}", fmt::join(examples, "; "))});
  }
  HERDFLOW_CHECK(Print(table.Text()));
  return Fail(ErrorCode::kCorruptData,
              "verifying: these rows are not what they are made of makes of them; nothing was "
              "changed. `herdflow pipeline rebuild` makes them fit");
}

Result<> VerifyLayers(const std::optional<pipeline::DayRange>& days,
                      const Configuration& configuration, const std::stop_token& stop) {
  HERDFLOW_ASSIGN(const std::int64_t messages, MessagesToJudge(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kLook));
  pipeline::CleanseContext context{*store};
  const auto differences = [&] {
    Progress progress("verify");
    const auto show = [&](std::string_view step, std::int64_t rows) {
      progress.Show(step, rows, step == "verify" ? std::max(messages, rows) : 0);
    };
    return Verify(context, days, stop, show);
  }();
  if (stop.stop_requested()) {
    return Fail(ErrorCode::kShuttingDown, "verifying: {}",
                differences ? "stopped" : differences.error().message());
  }
  if (!differences) return Fail(differences.error());
  return TellDifferences(*differences);
}

Result<> Rebuild(const RebuildOptions& options, const Configuration& configuration) {
  const std::stop_token stop = CatchStopSignals();
  HERDFLOW_ASSIGN(const auto days, DaysOf(options));
  if (options.only_verify) return VerifyLayers(days, configuration, stop);
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kJudge));
  pipeline::CleanseContext context{*store};
  HERDFLOW_ASSIGN(const std::int64_t messages, MessagesToJudge(configuration));
  HERDFLOW_CHECK(store->RequestRebuild(days));
  HERDFLOW_CHECK(RunAll(context, messages, stop));
  return Print("Cows, sensors, silver, quarantine and gold are what bronze makes of them\n");
}

}  // namespace

void AddPipelineRebuild(CLI::App& pipeline, Chosen& chosen) {
  auto* command = pipeline.add_subcommand(
      "rebuild",
      "Judge bronze again and compute what follows from it: repairs what was damaged. Reports stay "
      "readable meanwhile; stopped, it goes on when it is called again");
  auto options = std::make_shared<RebuildOptions>();
  command->add_option("--from", options->from, "Only readings of this day and later")
      ->type_name("DATE");
  command->add_option("--to", options->to, "Only readings of this day and before")
      ->type_name("DATE");
  command->add_flag("--verify", options->only_verify,
                    "Change nothing: tell which rows are not what is made of them now");
  AddExamples(*command,
              "  herdflow pipeline rebuild\n"
              "  herdflow pipeline rebuild --verify\n"
              "  herdflow pipeline rebuild --from 2024-04-01 --to 2024-04-07");
  command->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return Rebuild(*options, c); };
  });
}

}  // namespace herdflow::app
