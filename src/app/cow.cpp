#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/herd/farm.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct CowOptions {
  std::string id;
  std::string farm{herd::kDefaultFarm};
  bool json = false;
};

std::string CowText(const pipeline::CowView& cow) {
  Table table({{"cow"}, {cow.id}});
  table.Add({"name", cow.name});
  table.Add({"born", cow.birthdate ? FormatDate(*cow.birthdate) : "unknown"});
  table.Add({"known since", FormatInstant(cow.created_at)});
  if (cow.retired_at) table.Add({"retired", FormatInstant(*cow.retired_at)});
  if (const auto& latest = cow.latest_sensor_data) {
    table.Add({"newest day", FormatDate(latest->date)});
    table.Add({"  sensor", latest->sensor_id});
    table.Add({"  readings", Thousands(latest->records_count)});
    table.Add({"  average", Decimals(latest->average_value)});
    table.Add({"  from, to", Decimals(latest->min_value) + ", " + Decimals(latest->max_value)});
  } else {
    table.Add({"newest day", "no readings yet"});
  }
  return table.Text();
}

Result<> ShowCow(const CowOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto cow, queries.herd->FindCow(options.farm, options.id));
  if (!cow) {
    HERDFLOW_CHECK(FindFarm(*queries.herd, options.farm, "looking for a cow"));
    return Fail(
        ErrorCode::kNotFound,
        "looking for a cow: there is none with the id '{}'{}; `herdflow status` shows how many "
        "are known; `herdflow load`, then `herdflow pipeline run`, take in new ones",
        options.id,
        options.farm == herd::kDefaultFarm ? "" : fmt::format(" on the farm {}", options.farm));
  }
  return Print(options.json ? api::CowJson(*cow) + "\n" : CowText(*cow));
}

}  // namespace

void AddCow(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("cow", "Show a cow and her latest sensor data");
  auto options = std::make_shared<CowOptions>();
  command->add_option("id", options->id, "The cow's id")->required()->type_name("ID");
  AddFarmOption(*command, options->farm, "Her farm [default]");
  command->add_flag("--json", options->json, "As the API's JSON");
  AddExamples(*command,
              "  herdflow cow c821a6b7-8dd0-4b4e-9835-1c0c57264ba4\n  herdflow cow ear-tag-42 "
              "--farm hill-farm");
  command->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return ShowCow(*options, c); };
  });
}

}  // namespace herdflow::app
