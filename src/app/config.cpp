#include "config.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <variant>
#include <vector>

#include "herdflow/core/text.hpp"

extern char** environ;

namespace herdflow::app {
namespace {

using SetResult = std::optional<std::string>;

ConfigField TextField(std::string_view section, std::string_view name, std::string_view kind,
                      std::string_view help, std::string Configuration::*member) {
  return {section,
          name,
          kind,
          help,
          [member](Configuration& configuration, std::string_view text) -> SetResult {
            if (text.empty()) return "a text that is not empty";
            configuration.*member = text;
            return std::nullopt;
          },
          [member](const Configuration& configuration) { return configuration.*member; }};
}

ConfigField PortField(std::string_view section, std::string_view help,
                      std::uint16_t Configuration::*member) {
  return {section,
          "port",
          "port",
          help,
          [member](Configuration& configuration, std::string_view text) -> SetResult {
            std::uint16_t port = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
            if (error != std::errc() || end != text.data() + text.size() || port == 0) {
              return "a whole number from 1 to 65535";
            }
            configuration.*member = port;
            return std::nullopt;
          },
          [member](const Configuration& configuration) {
            return std::to_string(configuration.*member);
          }};
}

/// A quantity kept in millionths, `access` giving its place in the configuration.
ConfigField QuantityField(std::string_view section, std::string_view name, std::string_view unit,
                          std::string_view help,
                          const std::function<std::int64_t&(Configuration&)>& access) {
  return {section,
          name,
          unit,
          help,
          [access](Configuration& configuration, std::string_view text) -> SetResult {
            const auto value = herd::JudgeValue({herd::Field::Kind::kText, text}, std::nullopt, {});
            if (!std::holds_alternative<std::int64_t>(value)) return "a number from 0 to 1000000";
            access(configuration) = std::get<std::int64_t>(value);
            return std::nullopt;
          },
          [access](const Configuration& configuration) {
            Configuration copy = configuration;
            return herd::ShortestDecimal(herd::Shown(access(copy)));
          }};
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

/// The known name that is nearest to an unknown one.
template <class NameOf>
std::string Nearest(std::string_view unknown, NameOf name_of) {
  const auto fields = ConfigFields();
  const auto nearest =
      std::min_element(fields.begin(), fields.end(), [&](const auto& a, const auto& b) {
        return EditDistance(unknown, name_of(a)) < EditDistance(unknown, name_of(b));
      });
  return name_of(*nearest);
}

std::string DottedName(const ConfigField& field) {
  return fmt::format("[{}] {}", field.section, field.name);
}

Result<> Set(Configuration& configuration, const ConfigField& field, std::string_view value,
             std::string_view where) {
  if (const auto expected = field.set(configuration, value)) {
    return Fail(ErrorCode::kInvalidInput, "reading the configuration: {}: {} is '{}', expected {}",
                where, DottedName(field), value, *expected);
  }
  return {};
}

/// A TOML value as the text that a flag or the environment would give.
std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) return herd::ShortestDecimal(number->get());
  return std::nullopt;
}

Result<> ReadTable(Configuration& configuration, const std::string& file, std::string_view section,
                   const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string where = fmt::format("{}, line {}", file, node.source().begin.line);
    const auto fields = ConfigFields();
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& known) {
      return known.section == section && known.name == key.str();
    });
    if (field == fields.end()) {
      const std::string name = fmt::format("[{}] {}", section, key.str());
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: there is no field {}; the nearest is {}", where,
                  name, Nearest(name, DottedName));
    }
    const auto text = TextOf(node);
    if (!text) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: {} must be a text or a number", where,
                  DottedName(*field));
    }
    HERDFLOW_CHECK(Set(configuration, *field, *text, where));
  }
  return {};
}

Result<> ReadFile(Configuration& configuration, const std::string& file) {
  std::error_code unreadable;
  if (std::filesystem::is_directory(file, unreadable)) {
    return Fail(ErrorCode::kInvalidInput, "reading the configuration: {} is a folder", file);
  }
  std::ifstream stream(file);
  if (!stream) {
    return Fail(ErrorCode::kInvalidInput, "reading the configuration: cannot read {}: {}", file,
                std::generic_category().message(errno));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  toml::table root;
  try {
    root = toml::parse(text.str(), file);
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kInvalidInput, "reading the configuration: {}, line {}: {}", file,
                error.source().begin.line, error.description());
  }
  for (const auto& [key, node] : root) {
    const auto* table = node.as_table();
    if (table == nullptr) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}, line {}: '{}' stands outside any section", file,
                  node.source().begin.line, key.str());
    }
    const auto fields = ConfigFields();
    if (std::none_of(fields.begin(), fields.end(),
                     [&](const ConfigField& known) { return known.section == key.str(); })) {
      return Fail(
          ErrorCode::kInvalidInput,
          "reading the configuration: {}, line {}: there is no section [{}]; the nearest "
          "is [{}]",
          file, node.source().begin.line, key.str(),
          Nearest(key.str(), [](const ConfigField& known) { return std::string(known.section); }));
    }
    HERDFLOW_CHECK(ReadTable(configuration, file, key.str(), *table));
  }
  return {};
}

Result<> ReadEnvironment(Configuration& configuration,
                         const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment) {
    const auto fields = ConfigFields();
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& known) {
      return known.Environment() == name;
    });
    if (field != fields.end()) {
      HERDFLOW_CHECK(Set(configuration, *field, value, "environment variable " + name));
      continue;
    }
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: the environment variable {} names no field; the "
                "nearest is {}",
                name, Nearest(name, [](const ConfigField& known) { return known.Environment(); }));
  }
  return {};
}

/// What no field can be judged by alone.
Result<> CheckTogether(const Configuration& configuration) {
  const herd::Bounds& bounds = configuration.bounds;
  if (bounds.litre_min > bounds.litre_max) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [rules] litre_min is above litre_max");
  }
  if (bounds.kilogram_min > bounds.kilogram_max) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [rules] kilogram_min is above kilogram_max");
  }
  if (configuration.backend_port == configuration.producer_port &&
      configuration.backend_address == configuration.producer_address) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [backend] port and [producer] port are both {}; give "
                "one of them another",
                configuration.backend_port);
  }
  return {};
}

}  // namespace

std::string ConfigField::Flag() const {
  std::string flag = fmt::format("--{}-{}", section, name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string ConfigField::Environment() const {
  return fmt::format("HERDFLOW_{}_{}", Upper(section), Upper(name));
}

std::span<const ConfigField> ConfigFields() {
  static const std::array fields{
      TextField("data", "folder", "folder", "Where log.db and store.db lie; made if it is missing.",
                &Configuration::data_folder),
      TextField("herd", "time_zone", "IANA time zone",
                "The farm's time zone, such as Europe/Berlin: a day is midnight to midnight there. "
                "A filled store keeps its zone.",
                &Configuration::time_zone),
      QuantityField("rules", "litre_min", "litres",
                    "The smallest plausible reading of a litre sensor. A filled store keeps its "
                    "rules.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.litre_min; }),
      QuantityField("rules", "litre_max", "litres",
                    "The largest plausible reading of a litre sensor.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.litre_max; }),
      QuantityField("rules", "kilogram_min", "kilograms",
                    "The smallest plausible reading of a kilogram sensor.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.kilogram_min; }),
      QuantityField("rules", "kilogram_max", "kilograms",
                    "The largest plausible reading of a kilogram sensor.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.kilogram_max; }),
      QuantityField("health", "low_milk", "litres",
                    "A complete day with at least two milk readings and less milk than this makes "
                    "a cow potentially ill.",
                    [](Configuration& c) -> std::int64_t& { return c.health.low_milk_millionths; }),
      TextField("backend", "address", "address",
                "Where the back end listens; loopback only, since there is no access control.",
                &Configuration::backend_address),
      PortField("backend", "The back end's port: cows and reports.", &Configuration::backend_port),
      TextField("producer", "address", "address",
                "Where the producer listens; loopback only, since there is no access control.",
                &Configuration::producer_address),
      PortField("producer", "The producer's port: readings come in here.",
                &Configuration::producer_port)};
  return fields;
}

Result<Configuration> ReadConfiguration(const ConfigSources& sources) {
  Configuration configuration;
  if (!sources.file.empty()) HERDFLOW_CHECK(ReadFile(configuration, sources.file));
  HERDFLOW_CHECK(ReadEnvironment(configuration, sources.environment));
  for (const ConfigField& field : ConfigFields()) {
    const auto flag = sources.flags.find(field.Flag());
    if (flag == sources.flags.end()) continue;
    HERDFLOW_CHECK(Set(configuration, field, flag->second, "option " + field.Flag()));
  }
  HERDFLOW_CHECK(CheckTogether(configuration));
  return configuration;
}

std::map<std::string, std::string> HerdflowEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (text.starts_with("HERDFLOW_") && equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

std::string ConfigurationReference() {
  const Configuration defaults;
  std::string page =
      "# Configuration\n\n"
      "This page is generated from the table of fields in `src/app/config.cpp`; a test fails where "
      "it is stale.\n\n"
      "An option of the command line comes before an environment variable, that before the file "
      "named by `--config`\n"
      "(TOML), that before the default. An unknown or malformed field is an error that names where "
      "it stands.\n\n"
      "| field | option | environment | kind | default | what it is |\n"
      "|---|---|---|---|---|---|\n";
  for (const ConfigField& field : ConfigFields()) {
    page +=
        fmt::format("| `{}` | `{}` | `{}` | {} | `{}` | {} |\n", DottedName(field), field.Flag(),
                    field.Environment(), field.kind, field.show(defaults), field.help);
  }
  page +=
      "\n## Example\n\n```toml\n[herd]\ntime_zone = \"Europe/Berlin\"\n\n[backend]\nport = 5000\n\n"
      "[rules]\nlitre_max = 60\n```\n";
  return page;
}

}  // namespace herdflow::app
