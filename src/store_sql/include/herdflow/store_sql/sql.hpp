#pragma once

#include <string_view>

namespace herdflow::store_sql {

/// A statement: the name that sessions remember it by, and its text, whose only substitutions are
/// those of `WithSchemas`. One is the same wherever its name is. Those of `statements/*.sql` are
/// constants of sql_files.hpp, which is made of the folder: `read_bronze_cows.sql` is
/// `sql::kReadBronzeCows`.
struct Sql {
  std::string_view name, text;
};

}  // namespace herdflow::store_sql
