#pragma once

#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::store_mysql {

/// What a failure of server or driver means: the only place that knows their numbers.
/// `doing`: what was being done; `text`: the server's own words.
[[nodiscard]] Error MakeError(unsigned number, std::string_view text, std::string_view doing);

/// A statement as a message shows it: its first words, on one line, without the comment before it.
[[nodiscard]] std::string Shown(std::string_view sql);

/// The connection is gone, or nobody knows what state it is in, and whatever was under way on it.
[[nodiscard]] bool IsLost(unsigned number);

/// What the statement makes or drops is there, or gone, already.
[[nodiscard]] bool IsAlreadyDone(unsigned number, std::string_view statement);

}  // namespace herdflow::store_mysql
