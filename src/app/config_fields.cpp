// The one table of everything that can be set, and the kinds of fields that it is made of.

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "config.hpp"
#include "herdflow/core/text.hpp"
#include "hosts.hpp"

namespace herdflow::app {
namespace {

using SetResult = std::optional<std::string>;

/// Where a field's value stands in the configuration: a pointer to the member, or a function.
template <class Value>
using Place = std::function<Value&(Configuration&)>;

template <class Value>
Value ValueAt(const Place<Value>& place, Configuration configuration) {
  return place(configuration);
}

ConfigField TextField(std::string_view section, std::string_view name, std::string_view kind,
                      std::string_view help, const Place<std::string>& place) {
  return {section,
          name,
          kind,
          help,
          [place](Configuration& configuration, std::string_view text) -> SetResult {
            if (text.empty()) return "a text that is not empty";
            place(configuration) = text;
            return std::nullopt;
          },
          [place](const Configuration& configuration) { return ValueAt(place, configuration); }};
}

/// A text that `accepts`; else what is expected.
ConfigField CheckedField(ConfigField field, bool (*accepts)(std::string_view),
                         std::string_view expected) {
  field.set = [set = std::move(field.set), accepts, expected](Configuration& configuration,
                                                              std::string_view text) -> SetResult {
    if (!accepts(text)) return std::string(expected);
    return set(configuration, text);
  };
  return field;
}

ConfigField AddressField(std::string_view section, std::string_view help,
                         const Place<std::string>& place) {
  return CheckedField(
      TextField(section, "address", "address", help, place), IsListenAddress,
      "localhost or an IP address such as 127.0.0.1, ::1 or 0.0.0.0, without scheme "
      "and port");
}

ConfigField BrokersField() {
  ConfigField field = TextField("kafka", "brokers", "host:port, …",
                                "Brokers to ask for the others.", &Configuration::kafka_brokers);
  field.set = [](Configuration& configuration, std::string_view text) -> SetResult {
    auto brokers = ReadBrokers(text);
    if (!brokers) {
      return "HOST:PORT without a scheme, such as kafka-1:9092 or [::1]:9092, several separated by "
             "commas";
    }
    configuration.kafka_brokers = *std::move(brokers);
    return std::nullopt;
  };
  return field;
}

ConfigField SecretField(std::string_view section, std::string_view name, std::string_view help,
                        const Place<std::string>& place) {
  ConfigField field = TextField(section, name, "secret", help, place);
  field.show = [](const Configuration&) { return std::string(); };
  field.is_shown = false;
  field.is_secret = true;
  return field;
}

template <class Number>
ConfigField NumberField(std::string_view section, std::string_view name, std::string_view kind,
                        std::string_view help, Number Configuration::*member,
                        std::type_identity_t<Number> least, std::type_identity_t<Number> most) {
  return {section,
          name,
          kind,
          help,
          [member, least, most](Configuration& configuration, std::string_view text) -> SetResult {
            Number number = 0;
            const auto [end, error] =
                std::from_chars(text.data(), text.data() + text.size(), number);
            if (error != std::errc() || end != text.data() + text.size() || number < least ||
                number > most) {
              return fmt::format("a whole number from {} to {}", least, most);
            }
            configuration.*member = number;
            return std::nullopt;
          },
          [member](const Configuration& configuration) {
            return std::to_string(configuration.*member);
          }};
}

ConfigField PortField(std::string_view section, std::string_view help,
                      std::uint16_t Configuration::*member) {
  return NumberField(section, "port", "port", help, member, 1, 65'535);
}

template <class Choice>
struct NamedChoice {
  std::string_view name;
  Choice choice;
};

template <class Choice>
ConfigField ChoiceField(std::string_view section, std::string_view name, std::string_view help,
                        const Place<Choice>& place, std::vector<NamedChoice<Choice>> choices) {
  return {
      section,
      name,
      "choice",
      help,
      [place, choices](Configuration& configuration, std::string_view text) -> SetResult {
        for (const auto& [known, choice] : choices) {
          if (known != text) continue;
          place(configuration) = choice;
          return std::nullopt;
        }
        std::string names(choices.front().name);
        for (std::size_t i = 1; i < choices.size(); ++i) {
          names += fmt::format("{}{}", i + 1 == choices.size() ? " or " : ", ", choices[i].name);
        }
        return names;
      },
      [place, choices](const Configuration& configuration) {
        const Choice chosen = ValueAt(place, configuration);
        const auto shown = std::find_if(choices.begin(), choices.end(),
                                        [&](const auto& known) { return known.choice == chosen; });
        return std::string(shown->name);
      }};
}

/// `a=1, b=2`: what the file gives as the table [kafka.options].
SetResult ParseOptions(KafkaOptions& options, std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view pair = Trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) {
      return "name=value, name=value, …; a secret with a comma comes from a file, by "
             "<name>_file=path";
    }
    options.emplace_back(Trimmed(pair.substr(0, equals)), Trimmed(pair.substr(equals + 1)));
  }
  return std::nullopt;
}

ConfigField KafkaOptionsField() {
  ConfigField field{
      "kafka",
      "options",
      "name=value, …",
      "Settings of librdkafka by its own names; in the file a table [kafka.options]. A secret is "
      "given as <name>_file = path of the file whose first line it is; else in the environment "
      "alone.",
      [](Configuration& configuration, std::string_view text) -> SetResult {
        return ParseOptions(configuration.kafka_options, text);
      },
      [](const Configuration&) { return std::string(); }};
  field.is_shown = false;
  return field;
}

/// A quantity kept in millionths.
ConfigField QuantityField(std::string_view section, std::string_view name, std::string_view unit,
                          std::string_view help, const Place<std::int64_t>& place) {
  return {section,
          name,
          unit,
          help,
          [place](Configuration& configuration, std::string_view text) -> SetResult {
            const auto value = herd::JudgeValue({herd::Field::Kind::kText, text}, std::nullopt, {});
            if (!std::holds_alternative<std::int64_t>(value)) return "a number from 0 to 1000000";
            place(configuration) = std::get<std::int64_t>(value);
            return std::nullopt;
          },
          [place](const Configuration& configuration) {
            return herd::ShortestDecimal(herd::Shown(ValueAt(place, configuration)));
          }};
}

ConfigField ScheduleField(std::string_view name, std::string_view help,
                          orchestration::Schedule orchestration::Settings::*member) {
  return {"pipelines",
          name,
          "schedule",
          help,
          [member](Configuration& configuration, std::string_view text) -> SetResult {
            const auto schedule = orchestration::ParseSchedule(text);
            if (!schedule) return std::string(orchestration::kScheduleForms);
            configuration.pipelines.*member = *schedule;
            return std::nullopt;
          },
          [member](const Configuration& configuration) {
            return Text(configuration.pipelines.*member);
          }};
}

// The files of TLS mean the same for each server.
constexpr std::string_view kCaFile =
    "With tls: the certificates (PEM) of the authorities that the server's must come from; without "
    "it those of the system.";
constexpr std::string_view kCertificateFile =
    "With tls: the certificate (PEM) for a server that asks for one.";
constexpr std::string_view kKeyFile = "The private key (PEM) of certificate_file.";
constexpr std::string_view kKeyPasswordFile =
    "The file that holds the password of key_file, where it has one.";

using orchestration::SchedulerKind;

}  // namespace

std::span<const ConfigField> ConfigFields() {
  static const std::array fields{
      TextField("data", "folder", "folder", "Where log.db and store.db lie; made if it is missing.",
                &Configuration::data_folder),
      ChoiceField<LogEngine>("log", "engine",
                             "Where events are kept: sqlite (log.db in [data] folder) or kafka.",
                             &Configuration::log_engine,
                             {{"sqlite", LogEngine::kSqlite}, {"kafka", LogEngine::kKafka}}),
      ChoiceField<StoreEngine>(
          "store", "engine",
          "Where the layers are: sqlite (store.db in [data] folder) or mysql (MySQL or MariaDB).",
          &Configuration::store_engine,
          {{"sqlite", StoreEngine::kSqlite}, {"mysql", StoreEngine::kMysql}}),
      BrokersField(),
      TextField("kafka", "topic_prefix", "text",
                "Before the names of the topics: keeps several herds apart on one cluster.",
                &Configuration::kafka_topic_prefix),
      ChoiceField<bool>(
          "kafka", "tls",
          "on or off. On: connections are encrypted, and each broker must show a certificate "
          "for the host it is reached by that is valid; else there is none.",
          [](Configuration& c) -> bool& { return c.kafka_tls.is_on; },
          {{"on", true}, {"off", false}}),
      TextField("kafka", "ca_file", "file", kCaFile,
                [](Configuration& c) -> std::string& { return c.kafka_tls.ca_file; }),
      TextField("kafka", "certificate_file", "file", kCertificateFile,
                [](Configuration& c) -> std::string& { return c.kafka_tls.certificate_file; }),
      TextField("kafka", "key_file", "file", kKeyFile,
                [](Configuration& c) -> std::string& { return c.kafka_tls.key_file; }),
      TextField("kafka", "key_password_file", "file", kKeyPasswordFile,
                [](Configuration& c) -> std::string& { return c.kafka_tls.key_password_file; }),
      TextField("kafka", "user", "text",
                "Who herdflow is to brokers that ask for a user and a password (SASL).",
                &Configuration::kafka_user),
      SecretField("kafka", "password", "The user's password.", &Configuration::kafka_password),
      TextField("kafka", "password_file", "file", "The file that holds the user's password.",
                &Configuration::kafka_password_file),
      ChoiceField<std::string>("kafka", "sasl_mechanism",
                               "How the password is shown: SCRAM-SHA-512, SCRAM-SHA-256, or PLAIN, "
                               "which gives it away and needs tls.",
                               &Configuration::kafka_sasl_mechanism,
                               {{"SCRAM-SHA-512", "SCRAM-SHA-512"},
                                {"SCRAM-SHA-256", "SCRAM-SHA-256"},
                                {"PLAIN", "PLAIN"}}),
      KafkaOptionsField(),
      ChoiceField<bool>("topics", "create", "Whether serve, seed and load make missing topics.",
                        &Configuration::topics_create, {{"true", true}, {"false", false}}),
      NumberField("topics", "partitions", "number",
                  "Partitions of a topic that is made; 0: 1 in the embedded log, 6 in Kafka.",
                  &Configuration::topics_partitions, 0, 1'000),
      NumberField("topics", "replication", "number",
                  "Copies of a topic that is made: 3 on a cluster of three or more brokers. The "
                  "embedded log has 1.",
                  &Configuration::topics_replication, 1, 9),
      NumberField("topics", "retention_days", "days",
                  "How long a topic that is made keeps its messages; 0: for ever. Bronze keeps "
                  "what was loaded. The embedded log keeps everything.",
                  &Configuration::topics_retention_days, 0, 36'500),
      CheckedField(TextField("mysql", "host", "host", "The server's host, reached by TCP.",
                             &Configuration::mysql_host),
                   IsHost, "a host's name or IP address alone; the port is [mysql] port"),
      PortField("mysql", "The server's port.", &Configuration::mysql_port),
      TextField("mysql", "socket", "file",
                "The server's Unix socket, in the place of host and port.",
                &Configuration::mysql_socket),
      TextField("mysql", "user", "text", "The user; needs all rights on herdflow's databases.",
                &Configuration::mysql_user),
      SecretField("mysql", "password", "The user's password.", &Configuration::mysql_password),
      TextField("mysql", "password_file", "file", "The file that holds the user's password.",
                &Configuration::mysql_password_file),
      ChoiceField<bool>(
          "mysql", "tls",
          "on or off. On: the connection is encrypted, and the server must show a certificate "
          "for host that is valid; else there is no connection.",
          [](Configuration& c) -> bool& { return c.mysql_tls.is_on; },
          {{"on", true}, {"off", false}}),
      TextField("mysql", "ca_file", "file", kCaFile,
                [](Configuration& c) -> std::string& { return c.mysql_tls.ca_file; }),
      TextField("mysql", "certificate_file", "file", kCertificateFile,
                [](Configuration& c) -> std::string& { return c.mysql_tls.certificate_file; }),
      TextField("mysql", "key_file", "file", kKeyFile,
                [](Configuration& c) -> std::string& { return c.mysql_tls.key_file; }),
      TextField("mysql", "key_password_file", "file", kKeyPasswordFile,
                [](Configuration& c) -> std::string& { return c.mysql_tls.key_password_file; }),
      TextField("mysql", "prefix", "text",
                "Before the names of the databases bronze_layer, silver_layer, gold_layer and ops: "
                "keeps several herds apart on one server.",
                &Configuration::mysql_prefix),
      NumberField("mysql", "connections", "number",
                  "How many connections a process may open for writing, and as many for reading.",
                  &Configuration::mysql_connections, 1, 1'000),
      NumberField("mysql", "statement_timeout", "seconds",
                  "A statement that runs longer is given up, and tried again.",
                  &Configuration::mysql_statement_timeout, 1, 3'600),
      TextField(
          "herd", "time_zone", "IANA time zone",
          "The time zone of the farm default, such as Europe/Berlin: a day is midnight to "
          "midnight there. It and [rules] make that farm in a new store; later `herdflow farm "
          "change default` changes it. By its clock are schedules as well.",
          &Configuration::time_zone),
      QuantityField("rules", "litre_min", "litres",
                    "The smallest plausible reading of milk of the farm default, whatever the "
                    "sensor's unit. As [herd] time_zone, these make the farm once.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.litre_min; }),
      QuantityField("rules", "litre_max", "litres", "The largest plausible reading of milk.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.litre_max; }),
      QuantityField("rules", "kilogram_min", "kilograms",
                    "The smallest plausible reading of a cow's weight.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.kilogram_min; }),
      QuantityField("rules", "kilogram_max", "kilograms",
                    "The largest plausible reading of a cow's weight.",
                    [](Configuration& c) -> std::int64_t& { return c.bounds.kilogram_max; }),
      QuantityField("health", "low_milk", "litres",
                    "A complete day with at least two milk readings and less milk than this makes "
                    "a cow potentially ill.",
                    [](Configuration& c) -> std::int64_t& { return c.health.low_milk_millionths; }),
      ChoiceField<SchedulerKind>(
          "pipelines", "scheduler",
          "Who begins the runs of the pipelines: herdflow (its built-in scheduler, in processes of "
          "the role pipelines) or external (another scheduler, such as Airflow; only runs that are "
          "asked for by the API are done).",
          [](Configuration& c) -> SchedulerKind& { return c.pipelines.scheduler; },
          {{Name(SchedulerKind::kHerdflow), SchedulerKind::kHerdflow},
           {Name(SchedulerKind::kExternal), SchedulerKind::kExternal}}),
      ScheduleField("farm_data",
                    "When farm_data_pipeline runs: when new, every 15 min (s, min or h), or daily "
                    "at 04:30 by the clock of [herd] time_zone.",
                    &orchestration::Settings::farm_data),
      ScheduleField("cow_data", "When cow_data_pipeline runs.", &orchestration::Settings::cow_data),
      ScheduleField("sensor_data", "When sensor_data_pipeline runs.",
                    &orchestration::Settings::sensor_data),
      ScheduleField("measurement_data", "When measurement_data_pipeline runs.",
                    &orchestration::Settings::measurement_data),
      TextField("http", "token_file", "file",
                "The file whose first line is the bearer token, of at least 16 visible ASCII "
                "characters, that every request must show but /healthz and /readyz.",
                &Configuration::http_token_file),
      AddressField("backend",
                   "Where the back end listens; without [http] token_file on loopback only.",
                   &Configuration::backend_address),
      PortField("backend", "The back end's port: cows and reports.", &Configuration::backend_port),
      AddressField("producer",
                   "Where the producer listens; without [http] token_file on loopback only.",
                   &Configuration::producer_address),
      PortField("producer", "The producer's port: readings come in here.",
                &Configuration::producer_port)};
  return fields;
}

}  // namespace herdflow::app
