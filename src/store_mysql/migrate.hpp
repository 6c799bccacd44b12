#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "session.hpp"

namespace herdflow::store_mysql {

/// migrations/NNN_*.sql in order: the nth brings the schema to version n.
extern const std::span<const std::string_view> kMigrations;

/// The statements of a text, each ended by a semicolon at a line's end.
[[nodiscard]] std::vector<std::string_view> StatementsOf(std::string_view sql);

/// Run a migration's statements. The server commits each by itself, so that one that was cut short
/// is run again from its first: a statement that makes or drops what is there, or gone, already is
/// taken as done; any other must come to the same when it runs twice.
Result<> RunMigration(Connection& connection, std::string_view sql);

/// Whether the databases are there, in the newest schema.
Result<bool> IsMigrated(Connection& connection, const Databases& databases);

/// Make the databases, or bring them to the newest schema. Of several processes that start at once
/// one does it, the others wait.
Result<> Migrate(Connection& connection, const Databases& databases);

/// kNotFound where the databases were not made yet; as Migrate where they are another herdflow's.
Result<> CheckSchema(Connection& connection, const Databases& databases);

/// kInvalidInput where a table is not as the migrations made it: without transactions, or with
/// texts that compare otherwise.
Result<> CheckTables(Connection& connection, const Databases& databases);

}  // namespace herdflow::store_mysql
