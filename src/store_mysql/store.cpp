#include "herdflow/store_mysql/store.hpp"

#include <algorithm>
#include <charconv>

#include "herdflow/store_sql/store.hpp"
#include "migrate.hpp"
#include "pool.hpp"

namespace herdflow::store_mysql {
namespace {

Result<> CheckOptions(const MysqlOptions& options) {
  constexpr std::size_t kLongestPrefix = 40;
  const auto is_good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (options.prefix.size() <= kLongestPrefix &&
      std::all_of(options.prefix.begin(), options.prefix.end(), is_good)) {
    return {};
  }
  return Fail(ErrorCode::kInvalidInput,
              "opening the store: [mysql] prefix '{}' must be at most {} letters, digits and "
              "underscores",
              options.prefix, kLongestPrefix);
}

/// `10.11.19-MariaDB…` or `8.4.3`: the number of major and minor, such as 1011 and 804.
int VersionOf(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* end = text.data() + text.size();
  const auto [dot, error] = std::from_chars(text.data(), end, major);
  if (error == std::errc() && dot != end) std::from_chars(dot + 1, end, minor);
  return major * 100 + minor;
}

Result<> CheckServer(Connection& connection) {
  constexpr int kOldestMariaDb = 1011;
  constexpr int kOldestMysql = 804;
  const int version = VersionOf(connection.server_version());
  if (version >= (connection.is_mariadb() ? kOldestMariaDb : kOldestMysql)) return {};
  return Fail(ErrorCode::kInvalidInput,
              "opening the store: the server is {}; herdflow needs MySQL 8.4 or MariaDB 10.11, or "
              "newer",
              connection.server_version());
}

Result<> MakeTables(MysqlOptions options, const Databases& databases) {
  HERDFLOW_ASSIGN(const auto connection, Connection::Open(options));
  HERDFLOW_CHECK(CheckServer(*connection));
  HERDFLOW_ASSIGN(const bool is_migrated, IsMigrated(*connection, databases));
  if (!is_migrated) {
    // To change a table of years may take longer than a statement is allowed to.
    constexpr std::chrono::hours kPatience{24};
    options.statement_timeout = kPatience;
    HERDFLOW_ASSIGN(const auto patient, Connection::Open(options));
    HERDFLOW_CHECK(Migrate(*patient, databases));
  }
  return CheckTables(*connection, databases);
}

}  // namespace

Result<std::unique_ptr<pipeline::LayerStore>> MakeMysqlLayerStore(
    const MysqlStoreOptions& options) {
  HERDFLOW_CHECK(CheckOptions(options.server));
  auto pool = std::make_shared<MysqlPool>(options.server);
  HERDFLOW_CHECK(MakeTables(options.server, pool->databases()));
  return store_sql::MakeSqlLayerStore(pool, pool,
                                      {options.default_farm, options.rules_code, options.use});
}

Result<pipeline::StoreQueries> MakeMysqlQueries(const MysqlOptions& options) {
  HERDFLOW_CHECK(CheckOptions(options));
  auto pool = std::make_shared<MysqlPool>(options);
  HERDFLOW_ASSIGN(const auto connection, Connection::Open(options));
  HERDFLOW_CHECK(CheckSchema(*connection, pool->databases()));
  return store_sql::MakeSqlQueries(pool);
}

Result<std::unique_ptr<pipeline::RunLedger>> MakeMysqlRunLedger(MysqlOptions options) {
  constexpr std::size_t kConnections = 4;
  HERDFLOW_CHECK(CheckOptions(options));
  options.connections = std::min(options.connections, kConnections);
  auto pool = std::make_shared<MysqlPool>(options);
  HERDFLOW_ASSIGN(const auto connection, Connection::Open(options));
  HERDFLOW_CHECK(CheckSchema(*connection, pool->databases()));
  HERDFLOW_CHECK(MakeTables(options, pool->databases()));
  return store_sql::MakeSqlRunLedger(pool, pool);
}

Result<std::string> MysqlServerVersion(const MysqlOptions& options) {
  HERDFLOW_ASSIGN(const auto connection, Connection::Open(options));
  return connection->server_version();
}

}  // namespace herdflow::store_mysql
