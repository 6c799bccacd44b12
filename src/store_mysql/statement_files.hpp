#pragma once

#include <string_view>

namespace herdflow::store_mysql {

/// The text of `statements/<name>.sql` of this engine, generated from the folder; empty if there is
/// none and the shared one holds.
[[nodiscard]] std::string_view FindStatement(std::string_view name);

}  // namespace herdflow::store_mysql
