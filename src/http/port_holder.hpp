#pragma once

#include <cstdint>
#include <string>

namespace herdflow::http {

/// Who listens on a TCP port of this machine, as "nginx (process 1234)"; empty where the system
/// does not tell (another user's process, or no /proc).
[[nodiscard]] std::string PortHolder(std::uint16_t port);

}  // namespace herdflow::http
