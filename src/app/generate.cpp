#include <cstdint>
#include <limits>

#include "commands.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/parquet_io/herd_writer.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct GenerateOptions {
  int cows = 40;
  std::string from, to, folder;
  std::uint64_t seed = 1;
};

Result<FarmDay> ParseDay(const std::string& text, std::string_view option) {
  const auto day = ParseDate(text);
  if (!day) {
    return Fail(ErrorCode::kInvalidInput, "generating a herd: {} is '{}', expected YYYY-MM-DD",
                option, text);
  }
  return *day;
}

Result<> Generate(const GenerateOptions& options) {
  herd::HerdPlan plan;
  plan.cows = options.cows;
  plan.seed = options.seed;
  HERDFLOW_ASSIGN(plan.from, ParseDay(options.from, "--from"));
  HERDFLOW_ASSIGN(plan.to, ParseDay(options.to, "--to"));
  HERDFLOW_ASSIGN(const auto synthetic, herd::SyntheticHerd::Make(plan));
  Progress progress("measurements");
  HERDFLOW_ASSIGN(const auto written,
                  parquet_io::WriteHerd(synthetic, options.folder, [&](std::int64_t measurements) {
                    progress.Show("measurements", measurements, 0);
                  }));
  std::string text = fmt::format("{} cows, {} sensors, {} measurements:\n", Thousands(options.cows),
                                 Thousands(static_cast<std::int64_t>(synthetic.sensors().size())),
                                 Thousands(written.truth.measurements));
  for (const std::string& file : written.files) text += fmt::format("  {}\n", Visible(file));
  return Print(text);
}

}  // namespace

void AddGenerate(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("generate", "Write a believable herd as three Parquet files");
  auto options = std::make_shared<GenerateOptions>();
  command->add_option("--cows", options->cows, "How many cows [40]")
      ->check(WholeNumber(1, herd::kMostCows))
      ->type_name("N");
  command->add_option("--from", options->from, "First day, YYYY-MM-DD")
      ->required()
      ->type_name("DATE");
  command->add_option("--to", options->to, "Last day, YYYY-MM-DD, included")
      ->required()
      ->type_name("DATE");
  command->add_option("--seed", options->seed, "Another number gives another herd [1]")
      ->check(WholeNumber(0, std::numeric_limits<std::uint64_t>::max()))
      ->type_name("N");
  command->add_option("-o,--output", options->folder, "Folder to write into; made if missing")
      ->required()
      ->type_name("FOLDER");
  AddExamples(*command,
              "  herdflow generate --cows 40 --from 2025-01-01 --to 2025-12-31 --seed 1 -o herd");
  command->callback(
      [&chosen, options] { chosen.run = [options](const auto&) { return Generate(*options); }; });
}

}  // namespace herdflow::app
