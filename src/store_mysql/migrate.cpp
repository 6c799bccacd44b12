#include "migrate.hpp"

#include <charconv>
#include <string>

namespace herdflow::store_mysql {
namespace {

constexpr int kPatienceSeconds = 60;

/// 0: there is none yet.
Result<std::int64_t> SchemaVersion(Connection& connection, const Databases& databases) {
  const std::string schema = databases.ops.substr(0, databases.ops.size() - 1);
  HERDFLOW_ASSIGN(
      const std::string tables,
      connection.QueryText(fmt::format("SELECT COUNT(*) FROM information_schema.tables WHERE "
                                       "table_schema = '{}' AND table_name = 'schema_versions'",
                                       schema)));
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

/// Statements end with a semicolon at a line's end.
Result<> RunAll(Connection& connection, std::string_view sql) {
  constexpr std::string_view kEnd = ";\n";
  while (!sql.empty()) {
    const std::size_t end = std::min(sql.find(kEnd), sql.size());
    const std::string_view statement = sql.substr(0, end);
    sql.remove_prefix(std::min(end + kEnd.size(), sql.size()));
    if (statement.find_first_not_of(" \n") == std::string_view::npos) continue;
    HERDFLOW_CHECK(connection.Execute(statement));
  }
  return {};
}

Result<> MigrateLocked(Connection& connection, const Databases& databases) {
  // By code points, and blanks at the end count: the two servers name that differently. The tables
  // inherit it.
  const std::string_view collation =
      connection.is_mariadb() ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  for (const std::string* database :
       {&databases.bronze, &databases.silver, &databases.gold, &databases.ops}) {
    const std::string_view name = std::string_view(*database).substr(0, database->size() - 1);
    HERDFLOW_CHECK(connection.Execute(fmt::format("CREATE DATABASE IF NOT EXISTS {}", name)));
    HERDFLOW_CHECK(connection.Execute(
        fmt::format("ALTER DATABASE {} CHARACTER SET utf8mb4 COLLATE {}", name, collation)));
  }
  HERDFLOW_CHECK(connection.Execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {}schema_versions (version INT NOT NULL PRIMARY KEY, "
                  "applied_at DATETIME(6) NOT NULL)",
                  databases.ops)));
  HERDFLOW_ASSIGN(const std::int64_t version, SchemaVersion(connection, databases));
  HERDFLOW_CHECK(CheckVersion(version));
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
    HERDFLOW_CHECK(
        RunAll(connection, store_sql::WithSchemas(kMigrations[next], databases.schemas())));
    HERDFLOW_CHECK(connection.Execute(
        fmt::format("INSERT INTO {}schema_versions (version, applied_at) VALUES ({}, "
                    "UTC_TIMESTAMP(6))",
                    databases.ops, next + 1)));
  }
  return {};
}

}  // namespace

Result<> Migrate(Connection& connection, const Databases& databases) {
  HERDFLOW_ASSIGN(const std::int64_t version, SchemaVersion(connection, databases));
  HERDFLOW_CHECK(CheckVersion(version));
  if (version == static_cast<std::int64_t>(kMigrations.size())) return {};
  const std::string lock = fmt::format("'{}migrate'", databases.ops);
  HERDFLOW_ASSIGN(
      const std::string locked,
      connection.QueryText(fmt::format("SELECT GET_LOCK({}, {})", lock, kPatienceSeconds)));
  if (locked != "1") {
    return Fail(ErrorCode::kUnavailable,
                "opening the store: another process has been making its tables for {} s; try again",
                kPatienceSeconds);
  }
  auto done = MigrateLocked(connection, databases);
  HERDFLOW_CHECK(connection.Execute(fmt::format("DO RELEASE_LOCK({})", lock)));
  return done;
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
