#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace herdflow::app {

/// A host's name, an IPv4 address, or an IPv6 address without brackets; neither a scheme nor a
/// port.
[[nodiscard]] bool IsHost(std::string_view text);

/// `localhost` or an IP address: what a server can listen on.
[[nodiscard]] bool IsListenAddress(std::string_view text);

/// `host:port`, `host` or `[IPv6]:port`, one or more, separated by commas: without the blanks
/// around them. Nothing if one of them is something else.
[[nodiscard]] std::optional<std::string> ReadBrokers(std::string_view text);

}  // namespace herdflow::app
