#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::app {

/// Everything that can be set, with what holds where nothing is.
struct Configuration {
  std::string data_folder = "data";
  std::string time_zone = "UTC";
  herd::Bounds bounds;
  herd::HealthRule health;
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

  [[nodiscard]] std::string Flag() const;         ///< `--backend-port`
  [[nodiscard]] std::string Environment() const;  ///< `HERDFLOW_BACKEND_PORT`
};
[[nodiscard]] std::span<const ConfigField> ConfigFields();

struct ConfigSources {
  std::string file;                          ///< Empty: none.
  std::map<std::string, std::string> flags;  ///< By `Flag()`.
  std::map<std::string, std::string> environment;
};

/// Flag before environment before file before default. kInvalidInput names line, field and the
/// nearest known field.
Result<Configuration> ReadConfiguration(const ConfigSources& sources);

/// This process's environment variables that begin with `HERDFLOW_`.
[[nodiscard]] std::map<std::string, std::string> HerdflowEnvironment();

/// The reference page, `docs/configuration.md`.
[[nodiscard]] std::string ConfigurationReference();

}  // namespace herdflow::app
