#include "herdflow/herd/farm.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <functional>
#include <utility>

#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/intake/write_farm.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using herd::Field;

/// Options that say something of a farm's state.
struct StateOption {
  const char* flag;
  const char* help;
  const char* type;
  Field herd::FarmFields::*field;
  bool is_number;
};
constexpr std::array kStateOptions = {
    StateOption{"--name", "Its name", "TEXT", &herd::FarmFields::name, false},
    StateOption{"--time-zone",
                "Its IANA time zone, such as Europe/Berlin: its days are those of its clock",
                "ZONE", &herd::FarmFields::time_zone, false},
    StateOption{"--litre-min", "The least plausible reading of milk", "LITRES",
                &herd::FarmFields::litre_min, true},
    StateOption{"--litre-max", "The largest", "LITRES", &herd::FarmFields::litre_max, true},
    StateOption{"--kilogram-min", "The least plausible weight of a cow", "KG",
                &herd::FarmFields::kilogram_min, true},
    StateOption{"--kilogram-max", "The largest", "KG", &herd::FarmFields::kilogram_max, true},
    StateOption{"--milk-density", "By which milk that is weighed becomes litres", "KG/L",
                &herd::FarmFields::milk_density, true},
};

struct FarmOptions {
  std::string id;
  std::array<std::string, kStateOptions.size()> said;  ///< As kStateOptions; empty: nothing.
  bool json = false;
};

/// A number as JSON has it; what is none is for the rules to refuse.
std::string JsonNumber(const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool is_number = read.ec == std::errc() && read.ptr == end && std::isfinite(number);
  return is_number ? herd::ShortestDecimal(number) : std::string();
}

double FromMillionths(std::int64_t millionths) {
  return static_cast<double>(millionths) / static_cast<double>(herd::kMillion);
}

std::string RangeText(std::int64_t min, std::int64_t max) {
  return fmt::format("{} to {}", herd::ShortestDecimal(FromMillionths(min)),
                     herd::ShortestDecimal(FromMillionths(max)));
}

std::string StateText(const pipeline::FarmView& farm) {
  return farm.closed_at ? "closed since " + FormatInstant(*farm.closed_at) : "open";
}

std::string FarmText(const pipeline::FarmView& farm) {
  const herd::FarmRules& rules = farm.rules;
  Table table({{"farm"}, {farm.id}});
  table.Add({"name", farm.name});
  table.Add({"state", StateText(farm)});
  table.Add({"time zone", rules.time_zone});
  table.Add({"milk, L", RangeText(rules.bounds.litre_min, rules.bounds.litre_max)});
  table.Add({"weight, kg", RangeText(rules.bounds.kilogram_min, rules.bounds.kilogram_max)});
  table.Add({"milk, kg/L", herd::ShortestDecimal(FromMillionths(rules.density_millionths))});
  table.Add({"rules", farm.rules_version});
  table.Add({"known since",
             farm.created_at ? FormatInstant(*farm.created_at) : "the configuration made it"});
  if (farm.updated_at) table.Add({"changed", FormatInstant(*farm.updated_at)});
  return table.Text();
}

std::string FarmsText(const std::vector<pipeline::FarmView>& farms) {
  Table table({{"farm"}, {"name"}, {"time zone"}, {"milk, L"}, {"weight, kg"}, {"state"}});
  for (const auto& farm : farms) {
    const herd::Bounds& bounds = farm.rules.bounds;
    table.Add({farm.id, farm.name, farm.rules.time_zone,
               RangeText(bounds.litre_min, bounds.litre_max),
               RangeText(bounds.kilogram_min, bounds.kilogram_max), StateText(farm)});
  }
  return table.Text();
}

Result<> PrintFarm(const pipeline::FarmView& farm, bool as_json) {
  return Print(as_json ? api::FarmJson(farm) + "\n" : FarmText(farm));
}

/// Numbers are made JSON's in place.
herd::FarmFields FieldsOf(FarmOptions& options) {
  herd::FarmFields fields;
  fields.id = {Field::Kind::kText, options.id};
  for (std::size_t i = 0; i < kStateOptions.size(); ++i) {
    std::string& text = options.said[i];
    if (text.empty()) continue;
    auto number = kStateOptions[i].is_number ? JsonNumber(text) : std::string();
    const auto kind = number.empty() ? Field::Kind::kText : Field::Kind::kNumber;
    if (!number.empty()) text = std::move(number);
    fields.*kStateOptions[i].field = {kind, text};
  }
  return fields;
}

/// Through log and store, as the API does it.
Result<> Write(const FarmOptions& options, const Configuration& configuration,
               const std::function<Result<pipeline::FarmView>(intake::FarmMaker&)>& write) {
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));  // One that is missing is made.
  HERDFLOW_ASSIGN(const auto writer, OpenWriter(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kJudge));
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  intake::FarmMaker maker({*store, *writer, *topics, *queries.herd, *queries.operations});
  HERDFLOW_ASSIGN(const auto farm, write(maker));
  return PrintFarm(farm, options.json);
}

Result<> Create(FarmOptions& options, const Configuration& configuration) {
  return Write(options, configuration,
               [&](intake::FarmMaker& maker) { return maker.Create(FieldsOf(options)); });
}

Result<> Change(FarmOptions& options, const Configuration& configuration) {
  if (std::all_of(options.said.begin(), options.said.end(),
                  [](const std::string& text) { return text.empty(); })) {
    return Fail(ErrorCode::kInvalidInput,
                "changing the farm {}: say what to change, such as --time-zone", options.id);
  }
  HERDFLOW_CHECK(OpenQueries(configuration));  // Nothing is made where there is no store.
  return Write(options, configuration,
               [&](intake::FarmMaker& maker) { return maker.Change(FieldsOf(options)); });
}

Result<> Close(FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_CHECK(OpenQueries(configuration));
  return Write(options, configuration,
               [&](intake::FarmMaker& maker) { return maker.Close(options.id); });
}

Result<> List(FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farms, queries.herd->ListFarms());
  return Print(options.json ? api::FarmsJson(farms) + "\n" : FarmsText(farms));
}

Result<> Show(FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farm, FindFarm(*queries.herd, options.id, "looking for a farm"));
  return PrintFarm(farm, options.json);
}

using Action = Result<> (*)(FarmOptions&, const Configuration&);

std::shared_ptr<FarmOptions> AddAction(CLI::App& command, Chosen& chosen, Action action) {
  auto options = std::make_shared<FarmOptions>();
  command.add_flag("--json", options->json, "As the API's JSON");
  command.callback([&chosen, options, action] {
    chosen.run = [options, action](const Configuration& c) { return action(*options, c); };
  });
  return options;
}

void AddId(CLI::App& command, FarmOptions& options) {
  command.add_option("id", options.id, "The farm's id: a to z, 0 to 9 and -, at most 63")
      ->required()
      ->type_name("ID");
}

void AddState(CLI::App& command, FarmOptions& options) {
  for (std::size_t i = 0; i < kStateOptions.size(); ++i) {
    const StateOption& option = kStateOptions[i];
    command.add_option(option.flag, options.said[i], option.help)
        ->check(Something())
        ->type_name(option.type);
  }
}

}  // namespace

void AddFarm(CLI::App& app, Chosen& chosen) {
  auto* farm = app.add_subcommand("farm", "Make, change, close and show farms");
  farm->require_subcommand(1);
  auto* create = farm->add_subcommand("create", "Make a farm, or open a closed one again");
  const auto created = AddAction(*create, chosen, Create);
  AddId(*create, *created);
  AddState(*create, *created);
  AddExamples(*create,
              "  herdflow farm create hill-farm --name 'Hill Farm' --time-zone Europe/Berlin");
  auto* change = farm->add_subcommand(
      "change",
      "Change some of what is known of a farm; its readings are judged again where that "
      "makes a difference");
  const auto changed = AddAction(*change, chosen, Change);
  AddId(*change, *changed);
  AddState(*change, *changed);
  AddExamples(*change,
              "  herdflow farm change hill-farm --litre-max 80\n"
              "  herdflow farm change default --time-zone Europe/Berlin");
  auto* close = farm->add_subcommand(
      "close", "Close a farm: nothing of it is taken any more, and everything stays readable");
  AddId(*close, *AddAction(*close, chosen, Close));
  AddExamples(*close, "  herdflow farm close hill-farm");
  auto* list = farm->add_subcommand("list", "List all farms");
  AddAction(*list, chosen, List);
  AddExamples(*list, "  herdflow farm list");
  auto* show = farm->add_subcommand("show", "Show a farm");
  AddId(*show, *AddAction(*show, chosen, Show));
  AddExamples(*show, "  herdflow farm show hill-farm --json");
}

}  // namespace herdflow::app
