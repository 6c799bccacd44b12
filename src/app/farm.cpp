#include "herdflow/herd/farm.hpp"

#include <charconv>
#include <cmath>
#include <optional>

#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/intake/write_farm.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using herd::Field;

/// What the command line says of a farm's state; empty: nothing.
struct FarmOptions {
  std::string id, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max, milk_density;
  bool json = false;
};

/// Options that say something of a farm's state.
struct StateOption {
  const char* flag;
  const char* help;
  const char* type;
  std::string FarmOptions::*text;
  Field herd::FarmFields::*field;
  bool is_number;
};
constexpr StateOption kStateOptions[] = {
    {"--name", "Its name", "TEXT", &FarmOptions::name, &herd::FarmFields::name, false},
    {"--time-zone", "Its IANA time zone, such as Europe/Berlin: its days are those of its clock",
     "ZONE", &FarmOptions::time_zone, &herd::FarmFields::time_zone, false},
    {"--litre-min", "The least plausible reading of milk", "LITRES", &FarmOptions::litre_min,
     &herd::FarmFields::litre_min, true},
    {"--litre-max", "The largest", "LITRES", &FarmOptions::litre_max, &herd::FarmFields::litre_max,
     true},
    {"--kilogram-min", "The least plausible weight of a cow", "KG", &FarmOptions::kilogram_min,
     &herd::FarmFields::kilogram_min, true},
    {"--kilogram-max", "The largest", "KG", &FarmOptions::kilogram_max,
     &herd::FarmFields::kilogram_max, true},
    {"--milk-density", "By which milk that is weighed becomes litres", "KG/L",
     &FarmOptions::milk_density, &herd::FarmFields::milk_density, true},
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

/// The same state in the words of the command line.
FarmOptions StateOf(const pipeline::FarmView& farm) {
  const herd::FarmRules& rules = farm.rules;
  const auto number = [](std::int64_t millionths) {
    return herd::ShortestDecimal(FromMillionths(millionths));
  };
  FarmOptions state;
  state.name = farm.name;
  state.time_zone = rules.time_zone;
  state.litre_min = number(rules.bounds.litre_min);
  state.litre_max = number(rules.bounds.litre_max);
  state.kilogram_min = number(rules.bounds.kilogram_min);
  state.kilogram_max = number(rules.bounds.kilogram_max);
  state.milk_density = number(rules.density_millionths);
  return state;
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

/// Through log and store, as the API does it.
Result<pipeline::FarmView> Put(const herd::FarmFields& state, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));  // One that is missing is made.
  HERDFLOW_ASSIGN(const auto writer, OpenWriter(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration, pipeline::StoreUse::kJudge));
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  return intake::FarmMaker({*store, *writer, *queries}).Put(state);
}

/// What is said, as the event of a whole state.
Result<> PutState(const FarmOptions& said, const Configuration& configuration) {
  herd::FarmFields state;
  state.id = {Field::Kind::kText, said.id};
  std::vector<std::string> numbers;
  numbers.reserve(std::size(kStateOptions));
  for (const StateOption& option : kStateOptions) {
    const std::string& text = said.*option.text;
    if (text.empty()) continue;
    state.*option.field = {Field::Kind::kText, text};
    if (!option.is_number) continue;
    numbers.push_back(JsonNumber(text));
    if (!numbers.back().empty()) state.*option.field = {Field::Kind::kNumber, numbers.back()};
  }
  HERDFLOW_ASSIGN(const auto farm, Put(state, configuration));
  return PrintFarm(farm, said.json);
}

/// The farm as it is now; nothing where there is none, or no store yet.
Result<std::optional<pipeline::FarmView>> Known(const std::string& id,
                                                const Configuration& configuration) {
  const auto queries = OpenQueries(configuration);
  if (!queries && queries.error().code() == ErrorCode::kNotFound) {
    return std::optional<pipeline::FarmView>();
  }
  if (!queries) return Fail(queries.error());
  return (*queries)->FindFarm(id);
}

Result<> Create(const FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto known, Known(options.id, configuration));
  if (known && !known->closed_at) {
    return Fail(ErrorCode::kConflict,
                "creating the farm {0}: there is one; `herdflow farm change {0}` changes it",
                options.id);
  }
  return PutState(options, configuration);
}

Result<> Change(const FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  const std::string doing = fmt::format("changing the farm {}", options.id);
  HERDFLOW_ASSIGN(const auto farm, FindFarm(*queries, options.id, doing));
  if (farm.closed_at) {
    return Fail(ErrorCode::kConflict,
                "{0}: it is closed; `herdflow farm create {1}` opens it again", doing, options.id);
  }
  FarmOptions state = StateOf(farm);
  state.id = options.id;
  state.json = options.json;
  bool is_nothing = true;
  for (const StateOption& option : kStateOptions) {
    if ((options.*option.text).empty()) continue;
    state.*option.text = options.*option.text;
    is_nothing = false;
  }
  if (is_nothing) {
    return Fail(ErrorCode::kInvalidInput, "{}: say what to change, such as --time-zone", doing);
  }
  return PutState(state, configuration);
}

Result<> Close(const FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(auto farm,
                  FindFarm(*queries, options.id, fmt::format("closing the farm {}", options.id)));
  if (!farm.closed_at) {
    herd::FarmFields closed;
    closed.id = {Field::Kind::kText, options.id};
    closed.deleted = {Field::Kind::kTrue, {}};
    HERDFLOW_ASSIGN(farm, Put(closed, configuration));
  }
  return PrintFarm(farm, options.json);
}

Result<> List(const FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farms, queries->ListFarms());
  return Print(options.json ? api::FarmsJson(farms) + "\n" : FarmsText(farms));
}

Result<> Show(const FarmOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farm, FindFarm(*queries, options.id, "looking for a farm"));
  return PrintFarm(farm, options.json);
}

using Action = Result<> (*)(const FarmOptions&, const Configuration&);

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
  for (const StateOption& option : kStateOptions) {
    command.add_option(option.flag, options.*option.text, option.help)->type_name(option.type);
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
