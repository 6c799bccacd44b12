#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "herdflow/store_sql/sql.hpp"

/// The SQL that every store's engine shares: one file a statement in `statements/`.
namespace herdflow::store_sql {

/// What stands before a table's name: a schema with its dot, or a prefix where there are none.
struct Schemas {
  std::string_view bronze, silver, gold, ops;
};

/// The statement's text with `{bronze}`, `{silver}`, `{gold}` and `{ops}` replaced: the only
/// substitutions there are.
[[nodiscard]] std::string Text(const Sql& sql, const Schemas& schemas);

/// Any text with the same replaced, such as a migration or an engine's own statement.
[[nodiscard]] std::string WithSchemas(std::string_view text, const Schemas& schemas);

/// The statement with its row of parameters `(?1, …, ?n)` repeated, the parameters numbered on:
/// what one row costs in an engine is mostly the statement around it. REQUIRES: the row stands
/// once.
[[nodiscard]] std::string ForManyRows(std::string_view statement, std::size_t columns,
                                      std::size_t rows);

}  // namespace herdflow::store_sql
