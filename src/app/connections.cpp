#include "connections.hpp"

#include <algorithm>
#include <span>
#include <sstream>
#include <string_view>
#include <utility>

#include "herdflow/http/loopback.hpp"

namespace herdflow::app {
namespace {

Result<> CheckTls(std::string_view section, const TlsSettings& tls) {
  const std::pair<std::string_view, const std::string*> files[] = {
      {"ca_file", &tls.ca_file},
      {"certificate_file", &tls.certificate_file},
      {"key_file", &tls.key_file},
      {"key_password_file", &tls.key_password_file}};
  for (const auto& [name, file] : files) {
    if (tls.is_on || file->empty()) continue;
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [{0}] {1} is set, and [{0}] tls is off: set tls to on, "
                "or leave {1} out",
                section, name);
  }
  if (tls.certificate_file.empty() != tls.key_file.empty()) {
    const bool has_key = tls.certificate_file.empty();
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [{}] {} is set without {}: a certificate and its key "
                "go together",
                section, has_key ? "key_file" : "certificate_file",
                has_key ? "certificate_file" : "key_file");
  }
  if (!tls.key_password_file.empty() && tls.key_file.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [{}] key_password_file is set without key_file",
                section);
  }
  return {};
}

/// A driver says only that something of all this did not work.
Result<> CheckReadable(std::string_view section, std::string_view field, const std::string& file) {
  if (!file.empty()) HERDFLOW_CHECK(OpenFile(file, fmt::format("[{}] {}", section, field)));
  return {};
}

Result<std::optional<TlsOptions>> TlsOf(std::string_view section, const TlsSettings& tls) {
  if (!tls.is_on) return std::optional<TlsOptions>();
  HERDFLOW_CHECK(CheckReadable(section, "ca_file", tls.ca_file));
  HERDFLOW_CHECK(CheckReadable(section, "certificate_file", tls.certificate_file));
  HERDFLOW_CHECK(CheckReadable(section, "key_file", tls.key_file));
  TlsOptions options{tls.ca_file, tls.certificate_file, tls.key_file, ""};
  if (!tls.key_password_file.empty()) {
    HERDFLOW_ASSIGN(
        options.key_password,
        ReadSecret(tls.key_password_file, fmt::format("[{}] key_password_file", section)));
  }
  return options;
}

std::string InClear(std::string_view what, std::string_view section) {
  return fmt::format(
      "{} is reached without TLS: who is in between can read and change what is sent; set [{}] tls "
      "to on",
      what, section);
}

Result<> CheckKafkaLogin(const Configuration& configuration) {
  const bool has_password =
      !configuration.kafka_password.empty() || !configuration.kafka_password_file.empty();
  if (configuration.kafka_user.empty() == has_password) {
    return Fail(
        ErrorCode::kInvalidInput, "reading the configuration: [kafka] {}: set both, or neither",
        has_password ? "a password is set without user" : "user is set without password_file");
  }
  if (has_password && configuration.kafka_sasl_mechanism == "PLAIN" &&
      !configuration.kafka_tls.is_on) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [kafka] sasl_mechanism is PLAIN, and [kafka] tls is "
                "off: everybody in between could read the password; set tls to on, or choose "
                "SCRAM-SHA-512");
  }
  return {};
}

/// What `tls` and `user` say, by librdkafka's names.
constexpr std::string_view kOfTls[] = {"security.protocol",
                                       "ssl.ca.location",
                                       "ssl.ca.pem",
                                       "ssl.certificate.location",
                                       "ssl.certificate.pem",
                                       "ssl.key.location",
                                       "ssl.key.pem",
                                       "ssl.key.password",
                                       "ssl.keystore.location",
                                       "ssl.keystore.password",
                                       "ssl.endpoint.identification.algorithm",
                                       "enable.ssl.certificate.verification"};
constexpr std::string_view kOfLogin[] = {"security.protocol", "sasl.mechanism", "sasl.mechanisms",
                                         "sasl.username", "sasl.password"};

/// Said in two places, one of the two would silently count for nothing.
Result<> CheckSaidOnce(const Configuration& configuration, std::span<const std::string_view> names,
                       std::string_view by) {
  for (const auto& [name, value] : configuration.kafka_options) {
    const std::string_view said = std::string_view(name).substr(
        0, name.ends_with("_file") ? name.size() - std::string_view("_file").size() : name.size());
    if (std::find(names.begin(), names.end(), said) == names.end()) continue;
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [kafka.options] has {}, which [kafka] {} says already: "
                "leave it out of the options",
                name, by);
  }
  return {};
}

/// The host of `host:port` or `[::1]:port`: brokers were read without a scheme.
std::string_view HostOf(std::string_view broker) {
  if (broker.starts_with('[')) return broker.substr(1, broker.find(']') - 1);
  return broker.substr(0, broker.rfind(':'));
}

bool IsEncrypted(const KafkaOptions& options) {
  return std::any_of(options.begin(), options.end(), [](const auto& option) {
    return option.first == "security.protocol" &&
           (option.second == "ssl" || option.second == "sasl_ssl" || option.second == "SSL" ||
            option.second == "SASL_SSL");
  });
}

Result<> CheckKafka(const Configuration& configuration) {
  HERDFLOW_CHECK(CheckTls("kafka", configuration.kafka_tls));
  HERDFLOW_CHECK(CheckKafkaLogin(configuration));
  if (configuration.kafka_tls.is_on) HERDFLOW_CHECK(CheckSaidOnce(configuration, kOfTls, "tls"));
  if (configuration.kafka_user.empty()) return {};
  return CheckSaidOnce(configuration, kOfLogin, "user");
}

Result<> CheckMysql(const Configuration& configuration) {
  HERDFLOW_CHECK(CheckTls("mysql", configuration.mysql_tls));
  if (configuration.mysql_tls.is_on && !configuration.mysql_socket.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the configuration: [mysql] tls is on, and [mysql] socket is set, which "
                "leaves this machine by no network: leave one of them out");
  }
  return {};
}

}  // namespace

Result<> CheckConnections(const Configuration& configuration) {
  HERDFLOW_CHECK(CheckKafka(configuration));
  return CheckMysql(configuration);
}

Result<std::optional<TlsOptions>> KafkaTls(const Configuration& configuration) {
  return TlsOf("kafka", configuration.kafka_tls);
}

Result<std::optional<TlsOptions>> MysqlTls(const Configuration& configuration) {
  return TlsOf("mysql", configuration.mysql_tls);
}

std::optional<std::string> KafkaInClear(const Configuration& configuration) {
  if (configuration.log_engine != LogEngine::kKafka || configuration.kafka_tls.is_on ||
      IsEncrypted(configuration.kafka_options)) {
    return std::nullopt;
  }
  std::istringstream brokers(configuration.kafka_brokers);
  for (std::string broker; std::getline(brokers >> std::ws, broker, ',');) {
    if (!http::IsLoopback(HostOf(broker))) return InClear("Kafka at " + broker, "kafka");
  }
  return std::nullopt;
}

std::optional<std::string> MysqlInClear(const Configuration& configuration) {
  if (configuration.store_engine != StoreEngine::kMysql || configuration.mysql_tls.is_on ||
      !configuration.mysql_socket.empty() || http::IsLoopback(configuration.mysql_host)) {
    return std::nullopt;
  }
  return InClear(
      fmt::format("the database at {}:{}", configuration.mysql_host, configuration.mysql_port),
      "mysql");
}

}  // namespace herdflow::app
