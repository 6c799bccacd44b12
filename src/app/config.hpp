#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/http/access.hpp"
#include "herdflow/orchestration/definitions.hpp"

namespace herdflow::app {

enum class LogEngine : std::uint8_t { kSqlite, kKafka };
enum class StoreEngine : std::uint8_t { kSqlite, kMysql };

/// A name of librdkafka's and its value.
using KafkaOptions = std::vector<std::pair<std::string, std::string>>;

/// How a server is reached: what its section of the configuration says of TLS.
struct TlsSettings {
  bool is_on = false;
  std::string ca_file, certificate_file, key_file, key_password_file;
};

/// Everything that can be set, with what holds where nothing is.
struct Configuration {
  std::string data_folder = "data";
  LogEngine log_engine = LogEngine::kSqlite;
  StoreEngine store_engine = StoreEngine::kSqlite;
  std::string kafka_brokers = "127.0.0.1:9092";
  std::string kafka_topic_prefix;
  TlsSettings kafka_tls;
  std::string kafka_user;  ///< Empty: brokers are not told who we are.
  std::string kafka_password;
  std::string kafka_password_file;
  std::string kafka_sasl_mechanism = "SCRAM-SHA-512";
  KafkaOptions kafka_options;
  bool topics_create = true;
  std::int64_t topics_partitions = 0;  ///< 0: as the engine likes it.
  std::int64_t topics_replication = 1;
  std::int64_t topics_retention_days = 0;  ///< 0: messages are kept for ever.
  std::string mysql_host = "127.0.0.1";
  std::uint16_t mysql_port = 3306;
  std::string mysql_socket;
  std::string mysql_user = "herdflow";
  std::string mysql_password;
  std::string mysql_password_file;
  TlsSettings mysql_tls;
  std::string mysql_prefix;
  std::int64_t mysql_connections = 8;
  std::int64_t mysql_statement_timeout = 60;  ///< Seconds.
  std::string time_zone = "UTC";
  herd::Bounds bounds;
  herd::HealthRule health;
  orchestration::Settings pipelines;
  std::string http_token_file;  ///< Empty: no token is asked for.
  std::string backend_address = "127.0.0.1";
  std::uint16_t backend_port = 5000;
  std::string producer_address = "127.0.0.1";
  std::uint16_t producer_port = 5001;
};

/// One field: what gives its parsing, default, bounds, flag, environment variable and reference.
struct ConfigField {
  std::string_view section, name;
  std::string_view kind;  ///< `text`, `port`, `litres`, …: for people.
  std::string_view help;  ///< A sentence; with unit and bounds.
  /// Sets the field, or says what is expected.
  std::function<std::optional<std::string>(Configuration&, std::string_view)> set;
  std::function<std::string(const Configuration&)> show;
  bool is_shown = true;    ///< Else no message tells the value: it is a secret, or may hold one.
  bool is_secret = false;  ///< Comes from the environment alone.

  [[nodiscard]] std::string Flag() const;         ///< `--backend-port`
  [[nodiscard]] std::string Environment() const;  ///< `HERDFLOW_BACKEND_PORT`
};
[[nodiscard]] std::span<const ConfigField> ConfigFields();

struct ConfigSources {
  std::optional<std::string> file;
  std::map<std::string, std::string> flags;  ///< By `Flag()`.
  std::map<std::string, std::string> environment;
};

/// Flag before environment before file before default. kInvalidInput names line, field and the
/// known field that may be meant.
Result<Configuration> ReadConfiguration(const ConfigSources& sources);

/// This process's environment variables that begin with `HERDFLOW_`.
[[nodiscard]] std::map<std::string, std::string> HerdflowEnvironment();

/// A file that `field`, a setting, names: it has something in it to read. kInvalidInput: why not.
Result<std::ifstream> OpenFile(const std::string& file, std::string_view field);
/// The first line, never empty, of a file that holds a secret. `field`: the setting that names it.
Result<std::string> ReadSecret(const std::string& file, std::string_view field);
/// The options with the contents of files in the place of `<name>_file = <path>`.
Result<KafkaOptions> WithSecrets(const KafkaOptions& options);
/// The password of [kafka] password or password_file; empty where neither is set.
Result<std::string> KafkaPassword(const Configuration& configuration);
/// The password of [mysql] password or password_file; empty where neither is set.
Result<std::string> MysqlPassword(const Configuration& configuration);
/// Who may ask by HTTP: who has the token of [http] token_file, everybody where it is not set.
Result<http::Access> HttpAccess(const Configuration& configuration);

/// The reference page, `docs/configuration.md`.
[[nodiscard]] std::string ConfigurationReference();

}  // namespace herdflow::app
