#include "config.hpp"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "connections.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/text.hpp"

extern char** environ;

namespace herdflow::app {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

constexpr std::string_view kPrefix = "HERDFLOW_";

/// The known name that was meant by an unknown one, if any.
template <class NameOf>
std::optional<std::string> MeantField(std::string_view unknown, NameOf name_of) {
  std::vector<std::string> names;
  for (const ConfigField& field : ConfigFields()) names.push_back(name_of(field));
  return Meant(unknown, names);
}

std::string Advice(const std::optional<std::string>& meant) {
  return meant ? fmt::format("did you mean {}?", *meant)
               : "docs/configuration.md lists what there is";
}

std::string DottedName(const ConfigField& field) {
  return fmt::format("[{}] {}", field.section, field.name);
}

Result<> Set(Configuration& configuration, const ConfigField& field, std::string_view value,
             std::string_view where) {
  if (const auto expected = field.set(configuration, value)) {
    return Fail(ErrorCode::kInvalidInput, "reading the configuration: {}: {} is {}, expected {}",
                where, DottedName(field),
                field.is_shown ? fmt::format("'{}'", value) : "(not shown: it may hold secrets)",
                *expected);
  }
  return {};
}

/// By librdkafka's names: what a secret itself is, and not its file, its address or its method.
bool IsSecretOption(std::string_view name) {
  constexpr std::string_view kEnds[] = {"password", "passphrase", "secret", "key.pem"};
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return name.ends_with(end); });
}

/// The file is copied and shared, and other users see a process's command line.
Result<> RefuseSecretOption(std::string_view name, std::string_view where) {
  if (!IsSecretOption(name)) return {};
  std::string instead = fmt::format("{}_file = the path of a file whose first line it is", name);
  if (name == "sasl.password") instead = "[kafka] user and password_file";
  if (name.ends_with(".pem")) instead = "the name of its file, as by ssl.key.location";
  return Fail(ErrorCode::kInvalidInput,
              "reading the configuration: {}: [kafka.options] {} is a secret and does not belong "
              "there, where others may see it: give {}, or set it in HERDFLOW_KAFKA_OPTIONS",
              where, name, instead);
}

/// What the file or a flag gives, which are no places for secrets.
Result<> SetInSight(Configuration& configuration, const ConfigField& field, std::string_view value,
                    std::string_view where) {
  const auto before = static_cast<std::ptrdiff_t>(configuration.kafka_options.size());
  HERDFLOW_CHECK(Set(configuration, field, value, where));
  const KafkaOptions& options = configuration.kafka_options;
  for (auto option = options.begin() + before; option != options.end(); ++option) {
    HERDFLOW_CHECK(RefuseSecretOption(option->first, where));
  }
  return {};
}

/// A TOML value as the text that a flag or the environment would give.
std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) return herd::ShortestDecimal(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

/// What stands in the place of a value.
std::string_view KindOf(const toml::node& node) {
  return node.is_array() ? "a list" : node.is_table() ? "a table" : "a date or a time";
}

/// [kafka.options]. A name with dots that is not quoted is a table in a table: `a.b = 1`.
Result<> ReadKafkaOptions(KafkaOptions& options, const std::string& file, const std::string& prefix,
                          const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      HERDFLOW_CHECK(ReadKafkaOptions(options, file, name + ".", *inner));
      continue;
    }
    const std::string where = fmt::format("{}, line {}", file, node.source().begin.line);
    const auto text = TextOf(node);
    if (!text) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: [kafka.options] {} must be a text, a number, "
                  "true or false",
                  where, name);
    }
    HERDFLOW_CHECK(RefuseSecretOption(name, where));
    options.emplace_back(name, *text);
  }
  return {};
}

Result<> ReadTable(Configuration& configuration, const std::string& file, std::string_view section,
                   const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string where = fmt::format("{}, line {}", file, node.source().begin.line);
    if (section == "kafka" && key.str() == "options" && node.is_table()) {
      HERDFLOW_CHECK(ReadKafkaOptions(configuration.kafka_options, file, "", *node.as_table()));
      continue;
    }
    const auto fields = ConfigFields();
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& known) {
      return known.section == section && known.name == key.str();
    });
    if (field == fields.end()) {
      const std::string name = fmt::format("[{}] {}", section, key.str());
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: there is no field {}; {}", where, name,
                  Advice(MeantField(name, DottedName)));
    }
    if (field->is_secret) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: {} is a secret and does not belong into this "
                  "file: name a file that holds it by {}_file, or set {}",
                  where, DottedName(*field), field->name, field->Environment());
    }
    const auto text = TextOf(node);
    if (!text) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}: {} is {}; a text, a number, true or false was "
                  "expected{}",
                  where, DottedName(*field), KindOf(node),
                  field->kind.ends_with("…") ? ", several in one text with commas between" : "");
    }
    HERDFLOW_CHECK(SetInSight(configuration, *field, *text, where));
  }
  return {};
}

Result<> ReadFile(Configuration& configuration, const std::string& file) {
  if (file.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: --config names no file; name one, or leave it out");
  }
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
    if (node.is_array_of_tables()) {
      return Fail(
          ErrorCode::kInvalidInput,
          "reading the configuration: {}, line {}: [[{}]] begins one section of many; write "
          "[{}], once",
          file, node.source().begin.line, key.str(), key.str());
    }
    if (table == nullptr) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}, line {}: '{}' stands outside any section", file,
                  node.source().begin.line, key.str());
    }
    const auto fields = ConfigFields();
    if (std::none_of(fields.begin(), fields.end(),
                     [&](const ConfigField& known) { return known.section == key.str(); })) {
      return Fail(ErrorCode::kInvalidInput,
                  "reading the configuration: {}, line {}: there is no section [{}]; {}", file,
                  node.source().begin.line, key.str(),
                  Advice(MeantField(fmt::format("[{}]", key.str()), [](const ConfigField& known) {
                    return fmt::format("[{}]", known.section);
                  })));
    }
    HERDFLOW_CHECK(ReadTable(configuration, file, key.str(), *table));
  }
  return {};
}

/// Others may use the prefix as well, Kubernetes for one: it sets HERDFLOW_SERVICE_HOST and the
/// like where a service is called herdflow.
void WarnOfIgnored(const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::string told;
  for (const std::string& name : names) {
    // All begin alike, which makes none of them the nearer.
    const auto meant = MeantField(name.substr(kPrefix.size()), [](const ConfigField& known) {
      return known.Environment().substr(kPrefix.size());
    });
    told += fmt::format("{}{}", told.empty() ? "" : ", ", name);
    if (meant) told += fmt::format(" (did you mean {}{}?)", kPrefix, *meant);
  }
  Log(LogLevel::kWarning, "ignored what is no setting in the environment: {}", told);
}

Result<> ReadEnvironment(Configuration& configuration,
                         const std::map<std::string, std::string>& environment) {
  std::vector<std::string> ignored;
  for (const auto& [name, value] : environment) {
    const auto fields = ConfigFields();
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const ConfigField& known) {
      return known.Environment() == name;
    });
    if (field == fields.end()) {
      ignored.push_back(name);
      continue;
    }
    auto set = Set(configuration, *field, value, "environment variable " + name);
    if (!set && name.ends_with("_PORT") && value.find("://") != std::string::npos) {
      return Fail(ErrorCode::kInvalidInput,
                  "{}; Kubernetes sets it so for a service of that name: say enableServiceLinks: "
                  "false in the pod, or call the service otherwise",
                  set.error().message());
    }
    HERDFLOW_CHECK(set);
  }
  WarnOfIgnored(ignored);
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
  return CheckConnections(configuration);
}

}  // namespace

std::string ConfigField::Flag() const {
  std::string flag = fmt::format("--{}-{}", section, name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string ConfigField::Environment() const {
  return fmt::format("{}{}_{}", kPrefix, Upper(section), Upper(name));
}

Result<Configuration> ReadConfiguration(const ConfigSources& sources) {
  Configuration configuration;
  if (sources.file) HERDFLOW_CHECK(ReadFile(configuration, *sources.file));
  HERDFLOW_CHECK(ReadEnvironment(configuration, sources.environment));
  for (const ConfigField& field : ConfigFields()) {
    const auto flag = sources.flags.find(field.Flag());  // A secret has none.
    if (flag == sources.flags.end()) continue;
    HERDFLOW_CHECK(SetInSight(configuration, field, flag->second, "option " + field.Flag()));
  }
  HERDFLOW_CHECK(CheckTogether(configuration));
  return configuration;
}

Result<std::ifstream> OpenFile(const std::string& file, std::string_view field) {
  std::ifstream stream(file);
  if (stream && stream.peek() != std::ifstream::traits_type::eof()) return stream;
  return Fail(
      ErrorCode::kInvalidInput, "reading the configuration: {}: cannot read {}: {}", field, file,
      stream.is_open() ? "it is empty, or a folder" : std::generic_category().message(errno));
}

Result<std::string> ReadSecret(const std::string& file, std::string_view field) {
  HERDFLOW_ASSIGN(std::ifstream stream, OpenFile(file, field));
  std::string line;
  std::getline(stream, line);
  // Of editors on Windows.
  if (line.ends_with('\r')) line.pop_back();
  if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  if (line.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: {}: the first line of {} is empty; write the secret "
                "into it, or leave the setting out",
                field, file);
  }
  return line;
}

Result<KafkaOptions> WithSecrets(const KafkaOptions& options) {
  constexpr std::string_view kFile = "_file";
  KafkaOptions read;
  for (const auto& [name, value] : options) {
    if (!name.ends_with(kFile)) {
      read.emplace_back(name, value);
      continue;
    }
    HERDFLOW_ASSIGN(std::string secret, ReadSecret(value, "[kafka.options] " + name));
    read.emplace_back(name.substr(0, name.size() - kFile.size()), std::move(secret));
  }
  return read;
}

Result<std::string> KafkaPassword(const Configuration& configuration) {
  if (configuration.kafka_password_file.empty()) return configuration.kafka_password;
  return ReadSecret(configuration.kafka_password_file, "[kafka] password_file");
}

Result<std::string> MysqlPassword(const Configuration& configuration) {
  if (configuration.mysql_password_file.empty()) return configuration.mysql_password;
  return ReadSecret(configuration.mysql_password_file, "[mysql] password_file");
}

Result<http::Access> HttpAccess(const Configuration& configuration) {
  const std::string& file = configuration.http_token_file;
  if (file.empty()) return http::Access();
  HERDFLOW_ASSIGN(std::string token, ReadSecret(file, "[http] token_file"));
  if (!http::Access::IsToken(token)) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [http] token_file: the first line of {} is no token; "
                "write at least {} visible ASCII characters without blanks into it, such as those "
                "of: openssl rand -hex 32",
                file, http::Access::kLeastCharacters);
  }
  return http::Access(std::move(token));
}

std::map<std::string, std::string> HerdflowEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (text.starts_with(kPrefix) && equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

std::string ConfigurationReference() {
  const Configuration defaults;
  std::string page =
      "# Configuration\n\n"
      "This page is generated from the table of fields in `src/app/config_fields.cpp`; a test "
      "fails where it is stale.\n\n"
      "An option of the command line comes before an environment variable, that before the file "
      "named by `--config`\n"
      "(TOML), that before the default; a file that holds a secret comes before the secret itself. "
      "An unknown or malformed field is an error\n"
      "that names where it stands; an environment variable of another name is left alone, with a "
      "warning.\n\n"
      "| field | option | environment | kind | default | what it is |\n"
      "|---|---|---|---|---|---|\n";
  const auto code = [](const std::string& text) {
    return text.empty() ? std::string() : fmt::format("`{}`", text);
  };
  for (const ConfigField& field : ConfigFields()) {
    page += fmt::format("| `{}` | {} | `{}` | {} | {} | {} |\n", DottedName(field),
                        code(field.is_secret ? "" : field.Flag()), field.Environment(), field.kind,
                        code(field.show(defaults)), field.help);
  }
  page +=
      "\n## Example\n\n```toml\n[herd]\ntime_zone = \"Europe/Berlin\"\n\n[backend]\nport = 5000\n\n"
      "[rules]\nlitre_max = 60\n```\n";
  return page;
}

}  // namespace herdflow::app
