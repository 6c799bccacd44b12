#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/parquet_io/herd_writer.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct GenerateOptions {
  int cows = 40;
  int farms = 0;  ///< 0: a herd that names none.
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

/// Herds of farms in different zones, whose cows and sensors have the same ids.
Result<std::vector<parquet_io::FarmHerd>> MakeFarms(herd::HerdPlan plan, int farms) {
  constexpr std::array<const char*, 5> kZones{
      "Europe/Berlin", "America/Chicago", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo"};
  if (std::int64_t{plan.cows} * farms > herd::kMostCows) {
    return Fail(ErrorCode::kInvalidInput,
                "generating herds: {} farms of {} cows are more than {} cows", farms, plan.cows,
                Thousands(herd::kMostCows));
  }
  std::vector<parquet_io::FarmHerd> herds;
  for (int i = 0; i < farms; ++i) {
    plan.twin = static_cast<std::uint64_t>(i);
    plan.time_zone = kZones[static_cast<std::size_t>(i) % kZones.size()];
    HERDFLOW_ASSIGN(auto herd, herd::SyntheticHerd::Make(plan));
    herds.push_back(
        {fmt::format("farm-{}", i + 1), fmt::format("Farm {}", i + 1), std::move(herd)});
  }
  return herds;
}

Result<> Generate(const GenerateOptions& options) {
  herd::HerdPlan plan;
  plan.cows = options.cows;
  plan.seed = options.seed;
  HERDFLOW_ASSIGN(plan.from, ParseDay(options.from, "--from"));
  HERDFLOW_ASSIGN(plan.to, ParseDay(options.to, "--to"));
  HERDFLOW_ASSIGN(const auto herd, herd::SyntheticHerd::Make(plan));
  HERDFLOW_ASSIGN(const auto farms, MakeFarms(plan, options.farms));
  Progress progress("measurements");
  const auto tell = [&](std::int64_t rows) { progress.Show("measurements", rows, 0); };
  HERDFLOW_ASSIGN(const auto written, farms.empty()
                                          ? parquet_io::WriteHerd(herd, options.folder, tell)
                                          : parquet_io::WriteFarms(farms, options.folder, tell));
  std::int64_t measurements = 0;
  for (const auto& truth : written.truths) measurements += truth.measurements;
  const auto herds = static_cast<std::int64_t>(written.truths.size());
  std::string text =
      farms.empty() ? std::string() : fmt::format("{} farms, ", Thousands(options.farms));
  text += fmt::format("{} cows, {} sensors, {} measurements:\n", Thousands(herds * options.cows),
                      Thousands(herds * static_cast<std::int64_t>(herd.sensors().size())),
                      Thousands(measurements));
  for (const std::string& file : written.files) text += fmt::format("  {}\n", Visible(file));
  return Print(text);
}

}  // namespace

void AddGenerate(CLI::App& app, Chosen& chosen) {
  auto* command =
      app.add_subcommand("generate", "Write a believable herd, or several, as Parquet files");
  auto options = std::make_shared<GenerateOptions>();
  command->add_option("--cows", options->cows, "How many cows [40]")
      ->check(WholeNumber(1, herd::kMostCows))
      ->type_name("N");
  command
      ->add_option(
          "--farms", options->farms,
          "So many farms of as many cows, farm-1 and on, in several time zones; their cows "
          "and sensors have the same ids, as ear tags may")
      ->check(WholeNumber(1, 1'000))
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
              "  herdflow generate --cows 40 --from 2025-01-01 --to 2025-12-31 --seed 1 -o herd\n"
              "  herdflow generate --farms 3 --cows 20 --from 2025-01-01 --to 2025-12-31 -o farms");
  command->callback(
      [&chosen, options] { chosen.run = [options](const auto&) { return Generate(*options); }; });
}

}  // namespace herdflow::app
