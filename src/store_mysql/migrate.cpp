#include "migrate.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "errors.hpp"
#include "session_settings.hpp"

namespace herdflow::store_mysql {
namespace {

constexpr int kPatienceSeconds = 60;

/// 0: there is none yet.
Result<std::int64_t> SchemaVersion(Connection& connection, const Databases& databases) {
  HERDFLOW_ASSIGN(
      const std::string tables,
      connection.QueryText(fmt::format("SELECT COUNT(*) FROM information_schema.tables WHERE "
                                       "table_schema = '{}' AND table_name = 'schema_versions'",
                                       databases.names().back())));
  if (tables == "0") return 0;
  HERDFLOW_ASSIGN(const std::string text,
                  connection.QueryText(fmt::format(
                      "SELECT COALESCE(MAX(version), 0) FROM {}schema_versions", databases.ops)));
  std::int64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

Result<> CheckVersion(std::int64_t version) {
  if (version <= static_cast<std::int64_t>(kMigrations.size())) return {};
  return Fail(ErrorCode::kInvalidInput,
              "opening the store: its schema has version {}, this herdflow knows {}; use the newer "
              "herdflow",
              version, kMigrations.size());
}

/// The tables that the migrations make.
std::set<std::string_view> TableNames() {
  constexpr std::string_view kMakes = "CREATE TABLE IF NOT EXISTS {";
  std::set<std::string_view> names;
  for (const std::string_view migration : kMigrations) {
    for (std::string_view statement : StatementsOf(migration)) {
      const std::size_t makes = statement.find(kMakes);
      if (makes == std::string_view::npos) continue;
      statement.remove_prefix(statement.find('}', makes) + 1);
      names.insert(statement.substr(0, statement.find(' ')));
    }
  }
  return names;
}

Result<> MigrateLocked(Connection& connection, const Databases& databases) {
  for (const std::string& name : databases.names()) {
    HERDFLOW_CHECK(connection.Execute(fmt::format("CREATE DATABASE IF NOT EXISTS {}", name)));
    // The tables inherit it.
    HERDFLOW_CHECK(
        connection.Execute(fmt::format("ALTER DATABASE {} CHARACTER SET utf8mb4 COLLATE {}", name,
                                       CollationOf(connection.is_mariadb()))));
  }
  HERDFLOW_CHECK(connection.Execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}schema_versions (version INT NOT NULL PRIMARY KEY, "
                  "applied_at DATETIME(6) NOT NULL) ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
                  databases.ops)));
  HERDFLOW_ASSIGN(const std::int64_t version, SchemaVersion(connection, databases));
  HERDFLOW_CHECK(CheckVersion(version));
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
    HERDFLOW_CHECK(
        RunMigration(connection, store_sql::WithSchemas(kMigrations[next], databases.schemas())));
    HERDFLOW_CHECK(connection.Execute(
        fmt::format("INSERT INTO {}schema_versions (version, applied_at) VALUES ({}, "
                    "UTC_TIMESTAMP(6))",
                    databases.ops, next + 1)));
  }
  return {};
}

}  // namespace

std::vector<std::string_view> StatementsOf(std::string_view sql) {
  constexpr std::string_view kEnd = ";\n";
  std::vector<std::string_view> statements;
  while (!sql.empty()) {
    const std::size_t end = std::min(sql.find(kEnd), sql.size());
    const std::string_view statement = sql.substr(0, end);
    sql.remove_prefix(std::min(end + kEnd.size(), sql.size()));
    if (statement.find_first_not_of(" \n") != std::string_view::npos) {
      statements.push_back(statement);
    }
  }
  return statements;
}

Result<> RunMigration(Connection& connection, std::string_view sql) {
  for (const std::string_view statement : StatementsOf(sql)) {
    auto done = connection.Execute(statement);
    // A run that was cut short came as far as this.
    if (!done && !IsAlreadyDone(connection.last_error(), statement)) return done;
  }
  return {};
}

Result<bool> IsMigrated(Connection& connection, const Databases& databases) {
  HERDFLOW_ASSIGN(const std::int64_t version, SchemaVersion(connection, databases));
  HERDFLOW_CHECK(CheckVersion(version));
  return version == static_cast<std::int64_t>(kMigrations.size());
}

Result<> Migrate(Connection& connection, const Databases& databases) {
  const std::string lock = fmt::format("'{}migrate'", databases.ops);
  HERDFLOW_ASSIGN(
      const std::string locked,
      connection.QueryText(fmt::format("SELECT GET_LOCK({}, {})", lock, kPatienceSeconds)));
  if (locked != "1") {
    return Fail(ErrorCode::kUnavailable,
                "opening the store: another process has been making its tables for {} s; try again",
                kPatienceSeconds);
  }
  HERDFLOW_CHECK(MigrateLocked(connection, databases));  // Else the lock ends with the connection.
  return connection.Execute(fmt::format("DO RELEASE_LOCK({})", lock));
}

Result<> CheckTables(Connection& connection, const Databases& databases) {
  const std::string in_ours =
      fmt::format("table_schema IN ('{}')", fmt::join(databases.names(), "', '"));
  const auto ours = TableNames();
  HERDFLOW_ASSIGN(const auto tables,
                  connection.Query("SELECT table_name, engine, table_schema FROM "
                                   "information_schema.tables WHERE engine <> 'InnoDB' AND " +
                                   in_ours));
  for (const auto& row : tables) {
    if (!ours.contains(row[0])) continue;
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: the table {0}.{1} has the engine {2}, in which a transaction "
                "may end half done; stop herdflow, ALTER TABLE {0}.{1} ENGINE = InnoDB; if a "
                "process was killed meanwhile, the layers may lack rows: drop the databases {3}, "
                "then `herdflow load` and `herdflow pipeline run`",
                row[2], row[0], row[1], fmt::join(databases.names(), ", "));
  }
  HERDFLOW_ASSIGN(
      const auto columns,
      connection.Query("SELECT table_name, column_name, collation_name, table_schema FROM "
                       "information_schema.columns WHERE collation_name NOT IN ('" +
                       std::string(CollationOf(true)) + "', '" + std::string(CollationOf(false)) +
                       "') AND " + in_ours));
  for (const auto& row : columns) {
    if (!ours.contains(row[0])) continue;
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: the column {1} of the table {0}.{2} has the collation {3}, in "
                "which different ids may be one; stop herdflow, ALTER TABLE {0}.{2} CONVERT TO "
                "CHARACTER SET utf8mb4 COLLATE {4}",
                row[3], row[1], row[0], row[2], CollationOf(connection.is_mariadb()));
  }
  return {};
}

Result<> CheckSchema(Connection& connection, const Databases& databases) {
  HERDFLOW_ASSIGN(const std::int64_t version, SchemaVersion(connection, databases));
  if (version == 0) {
    return Fail(ErrorCode::kNotFound,
                "opening the store: the database has no {}schema_versions; `herdflow load` makes "
                "the tables",
                databases.ops);
  }
  return CheckVersion(version);
}

}  // namespace herdflow::store_mysql
