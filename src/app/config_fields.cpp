// The one table of everything that can be set, and the kinds of fields that it is made of.

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "config.hpp"
#include "hosts.hpp"

namespace herdflow::app {
namespace {

using SetResult = std::optional<std::string>;

ConfigField TextField(std::string_view section, std::string_view name, std::string_view kind,
                      std::string_view help, std::string Configuration::*member) {
  return {section,
          name,
          kind,
          help,
          false,
          [member](Configuration& configuration, std::string_view text) -> SetResult {
            if (text.empty()) return "a text that is not empty";
            configuration.*member = text;
            return std::nullopt;
          },
          [member](const Configuration& configuration) { return configuration.*member; }};
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
                         std::string Configuration::*member) {
  return CheckedField(
      TextField(section, "address", "address", help, member), IsListenAddress,
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
                        std::string Configuration::*member) {
  ConfigField field = TextField(section, name, "secret", help, member);
  field.is_secret = true;
  field.show = [](const Configuration&) { return std::string(); };
  return field;
}

ConfigField NumberField(std::string_view section, std::string_view name, std::string_view kind,
                        std::string_view help, std::int64_t Configuration::*member,
                        std::int64_t least, std::int64_t most) {
  return {section,
          name,
          kind,
          help,
          false,
          [member, least, most](Configuration& configuration, std::string_view text) -> SetResult {
            std::int64_t number = 0;
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

template <class Choice>
struct NamedChoice {
  std::string_view name;
  Choice choice;
};

template <class Choice>
ConfigField ChoiceField(std::string_view section, std::string_view name, std::string_view help,
                        Choice Configuration::*member, std::vector<NamedChoice<Choice>> choices) {
  return {section,
          name,
          "choice",
          help,
          false,
          [member, choices](Configuration& configuration, std::string_view text) -> SetResult {
            for (const auto& [known, choice] : choices) {
              if (known != text) continue;
              configuration.*member = choice;
              return std::nullopt;
            }
            std::string names(choices.front().name);
            for (std::size_t i = 1; i < choices.size(); ++i) {
              names +=
                  fmt::format("{}{}", i + 1 == choices.size() ? " or " : ", ", choices[i].name);
            }
            return names;
          },
          [member, choices](const Configuration& configuration) {
            const auto shown = std::find_if(choices.begin(), choices.end(), [&](const auto& known) {
              return known.choice == configuration.*member;
            });
            return std::string(shown->name);
          }};
}

ConfigField TlsField(std::string_view section, TlsSettings Configuration::*tls,
                     std::string_view help) {
  return {section,
          "tls",
          "choice",
          help,
          false,
          [tls](Configuration& configuration, std::string_view text) -> SetResult {
            if (text != "on" && text != "off") return "on or off";
            (configuration.*tls).is_on = text == "on";
            return std::nullopt;
          },
          [tls](const Configuration& configuration) {
            return std::string((configuration.*tls).is_on ? "on" : "off");
          }};
}

/// One of the files of TLS, which mean the same for each server.
ConfigField TlsFileField(std::string_view section, TlsSettings Configuration::*tls,
                         std::string TlsSettings::*file) {
  struct Described {
    std::string TlsSettings::*file;
    std::string_view name, help;
  };
  static constexpr Described kFiles[] = {
      {&TlsSettings::ca_file, "ca_file",
       "With tls: the certificates (PEM) of the authorities that the server's must come from; "
       "without it those of the system."},
      {&TlsSettings::certificate_file, "certificate_file",
       "With tls: the certificate (PEM) for a server that asks for one."},
      {&TlsSettings::key_file, "key_file", "The private key (PEM) of certificate_file."},
      {&TlsSettings::key_password_file, "key_password_file",
       "The file that holds the password of key_file, where it has one."},
  };
  const auto* const described = std::find_if(std::begin(kFiles), std::end(kFiles),
                                             [&](const auto& known) { return known.file == file; });
  return {section,
          described->name,
          "file",
          described->help,
          false,
          [tls, file](Configuration& configuration, std::string_view text) -> SetResult {
            if (text.empty()) return "a text that is not empty";
            (configuration.*tls).*file = text;
            return std::nullopt;
          },
          [tls, file](const Configuration& configuration) { return (configuration.*tls).*file; }};
}

bool IsSecretName(std::string_view name) {
  for (const std::string_view word :
       {"password", "secret", "key", "token", "jaas", "oauthbearer"}) {
    if (name.find(word) != std::string_view::npos) return true;
  }
  return false;
}

std::string Trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t end = text.find_last_not_of(' ') + 1;
  return std::string(text.substr(begin, std::max(begin, end) - begin));
}

/// `a=1, b=2`: what the file gives as the table [kafka.options].
SetResult ParseOptions(KafkaOptions& options, std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string pair = Trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return "name=value, name=value, …";
    options.emplace_back(Trimmed(pair.substr(0, equals)), Trimmed(pair.substr(equals + 1)));
  }
  return std::nullopt;
}

ConfigField KafkaOptionsField() {
  return {"kafka",
          "options",
          "name=value, …",
          "Settings of librdkafka by its own names; in the file a table [kafka.options]. A secret "
          "is given as <name>_file = path of the file that holds it.",
          false,
          [](Configuration& configuration, std::string_view text) -> SetResult {
            return ParseOptions(configuration.kafka_options, text);
          },
          [](const Configuration& configuration) {
            std::string shown;
            for (const auto& [name, value] : configuration.kafka_options) {
              const bool hidden = IsSecretName(name) && !name.ends_with("_file");
              shown += fmt::format("{}{}={}", shown.empty() ? "" : ", ", name,
                                   hidden ? "(hidden)" : value);
            }
            return shown;
          }};
}

ConfigField PortField(std::string_view section, std::string_view help,
                      std::uint16_t Configuration::*member) {
  return {section,
          "port",
          "port",
          help,
          false,
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
          false,
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

ConfigField SchedulerField() {
  using orchestration::SchedulerKind;
  return {"pipelines",
          "scheduler",
          "choice",
          "Who begins the runs of the pipelines: herdflow (its built-in scheduler, in processes of "
          "the role pipelines) or external (another scheduler, such as Airflow; only runs that are "
          "asked for by the API are done).",
          false,
          [](Configuration& configuration, std::string_view text) -> SetResult {
            for (const auto kind : {SchedulerKind::kHerdflow, SchedulerKind::kExternal}) {
              if (Name(kind) != text) continue;
              configuration.pipelines.scheduler = kind;
              return std::nullopt;
            }
            return "herdflow or external";
          },
          [](const Configuration& configuration) {
            return std::string(Name(configuration.pipelines.scheduler));
          }};
}

ConfigField ScheduleField(std::string_view name, std::string_view help,
                          orchestration::Schedule orchestration::Settings::*member) {
  return {"pipelines",
          name,
          "schedule",
          help,
          false,
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
      TlsField("kafka", &Configuration::kafka_tls,
               "on or off. On: connections are encrypted, and each broker must show a certificate "
               "for the host it is reached by that is valid; else there is none."),
      TlsFileField("kafka", &Configuration::kafka_tls, &TlsSettings::ca_file),
      TlsFileField("kafka", &Configuration::kafka_tls, &TlsSettings::certificate_file),
      TlsFileField("kafka", &Configuration::kafka_tls, &TlsSettings::key_file),
      TlsFileField("kafka", &Configuration::kafka_tls, &TlsSettings::key_password_file),
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
      TlsField("mysql", &Configuration::mysql_tls,
               "on or off. On: the connection is encrypted, and the server must show a certificate "
               "for host that is valid; else there is no connection."),
      TlsFileField("mysql", &Configuration::mysql_tls, &TlsSettings::ca_file),
      TlsFileField("mysql", &Configuration::mysql_tls, &TlsSettings::certificate_file),
      TlsFileField("mysql", &Configuration::mysql_tls, &TlsSettings::key_file),
      TlsFileField("mysql", &Configuration::mysql_tls, &TlsSettings::key_password_file),
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
      TextField("herd", "time_zone", "IANA time zone",
                "The farm's time zone, such as Europe/Berlin: a day is midnight to midnight there. "
                "After a change all readings are judged again.",
                &Configuration::time_zone),
      QuantityField("rules", "litre_min", "litres",
                    "The smallest plausible reading of a litre sensor. After a change of any of "
                    "these all readings are judged again.",
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
      SchedulerField(),
      ScheduleField("cow_data",
                    "When cow_data_pipeline runs: when new, every 15 min (s, min or h), or daily "
                    "at 04:30 by the farm's clock.",
                    &orchestration::Settings::cow_data),
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
