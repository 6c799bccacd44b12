#pragma once

#include <string_view>

namespace herdflow::store_sql {

/// The text of `statements/<name>.sql`, generated from the folder; empty if there is none.
[[nodiscard]] std::string_view FindStatement(std::string_view name);

}  // namespace herdflow::store_sql
