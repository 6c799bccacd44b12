#pragma once

#include <string>
#include <string_view>

/// The SQL that every store's engine shares: one file a statement in `statements/`.
namespace herdflow::sql {

/// What stands before a table's name: a schema with its dot, or a prefix where there are none.
struct Schemas {
  std::string_view bronze, silver, gold, ops;
};

/// The statement of this name with `{bronze}`, `{silver}`, `{gold}` and `{ops}` replaced: the only
/// substitutions there are. REQUIRES: the file `statements/<name>.sql` exists.
[[nodiscard]] std::string Statement(std::string_view name, const Schemas& schemas);

/// The statement `… VALUES (?1, …, ?n)` with as many such rows, the parameters numbered on: what
/// one row costs in an engine is mostly the statement around it. REQUIRES: VALUES and its row come
/// last.
[[nodiscard]] std::string ForManyRows(std::string_view statement, int columns, int rows);

}  // namespace herdflow::sql
