#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"

namespace herdflow::store_mysql {

class Connection;

/// How texts compare: by code points, and blanks at the end count. The servers name it differently.
[[nodiscard]] std::string_view CollationOf(bool is_mariadb);

/// A variable that a session inherits from the server's configuration, and that changes what
/// herdflow's statements give, what a transaction is, or for how long a session lives.
struct NeededSetting {
  std::string_view name;
  std::string value;                              ///< As the server shows it.
  std::optional<std::string_view> does_too = {};  ///< Another value that is left alone.
};

/// What herdflow needs of its sessions. What the other of the two servers, or a newer one, has
/// alone is not among them.
[[nodiscard]] std::vector<NeededSetting> NeededSettings(bool is_mariadb,
                                                        std::chrono::seconds statement_timeout);

/// Variables that a session inherits, and that may be as they are.
struct HarmlessSettings {
  std::string_view because;
  std::string_view names;  ///< Separated by blanks and line ends.
};
[[nodiscard]] std::span<const HarmlessSettings> HarmlessSessionSettings();

/// Give a new session what it needs, whatever the server's configuration says. Nothing changes it
/// afterwards, so a pooled session keeps it: SET GLOBAL is for sessions that begin later, and
/// herdflow itself sets nothing else.
/// Returns the server's max_allowed_packet, which no session may set: the bytes that it takes at
/// once. kInvalidInput: a setting is another one and may not be set by this user, or too small; the
/// message names it.
Result<std::size_t> SetSession(Connection& connection, std::chrono::seconds statement_timeout);

}  // namespace herdflow::store_mysql
