#pragma once

#include <optional>
#include <string>

#include "config.hpp"
#include "herdflow/core/result.hpp"
#include "herdflow/core/tls.hpp"

/// How the servers that the configuration names are reached: what it says of TLS and of who we are.
namespace herdflow::app {

/// kInvalidInput: settings that contradict one another, and what to do.
Result<> CheckConnections(const Configuration& configuration);

/// Nothing: [kafka] tls, or [mysql] tls, is off. kInvalidInput: a file that cannot be read.
Result<std::optional<TlsOptions>> KafkaTls(const Configuration& configuration);
Result<std::optional<TlsOptions>> MysqlTls(const Configuration& configuration);

/// A warning that what is sent to another machine is sent in clear text; nothing where that engine
/// is not used, on this machine, or reached by TLS.
[[nodiscard]] std::optional<std::string> KafkaInClear(const Configuration& configuration);
[[nodiscard]] std::optional<std::string> MysqlInClear(const Configuration& configuration);

}  // namespace herdflow::app
