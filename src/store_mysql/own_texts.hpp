#pragma once

#include <string_view>

#include "herdflow/store_sql/sql.hpp"

namespace herdflow::store_mysql {

/// This engine's own text of a shared statement, generated from the folder; empty where it has
/// none.
[[nodiscard]] std::string_view FindOwnText(const store_sql::Sql& sql);

}  // namespace herdflow::store_mysql
