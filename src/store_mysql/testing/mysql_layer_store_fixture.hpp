#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connection.hpp"
#include "herdflow/store_mysql/store.hpp"
#include "layer_dump.hpp"
#include "session.hpp"
#include "statement.hpp"

namespace herdflow::store_mysql {

/// The first line of a file of `$TEST_STACK/<part>`, as `deploy/local/up` left it; empty where
/// there is none.
inline std::string LineOfStack(const std::string& part, const char* name) {
  const char* stack = std::getenv("TEST_STACK");
  std::string line;
  if (stack == nullptr) return line;
  std::ifstream file(fmt::format("{}/{}/{}", stack, part, name));
  std::getline(file, line);
  return line;
}

/// The server of `$TEST_STACK/<part>`; nothing where it does not run.
inline std::optional<MysqlOptions> ServerOfStack(const std::string& part) {
  MysqlOptions options;
  options.socket = LineOfStack(part, "socket");
  options.password = LineOfStack(part, "password");
  if (options.socket.empty()) return std::nullopt;
  return options;
}
/// The same by its port, encrypted.
inline std::optional<MysqlOptions> ServerOfStackByTls(const std::string& part) {
  auto options = ServerOfStack(part);
  if (!options) return options;
  const std::string address = LineOfStack(part, "address");
  options->socket.clear();
  options->host = address.substr(0, address.find(':'));
  options->port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  options->tls.emplace().ca_file = fmt::format("{}/{}/tls/ca.pem", std::getenv("TEST_STACK"), part);
  return options;
}

/// Whether a fixture may have databases that another one had before, emptied: making tables takes a
/// server a second.
enum class Tables : std::uint8_t { kEmptied, kNew };

/// Databases of their own on a real server.
class MysqlLayerStoreFixture : public pipeline::testing::LayerStoreFixture {
 public:
  explicit MysqlLayerStoreFixture(MysqlOptions server, Tables which)
      : options_(std::move(server)), which_(which) {
    static std::atomic<int> next{0};
    auto& emptied = Emptied()[options_.socket];
    if (which_ == Tables::kEmptied && !emptied.empty()) {
      options_.prefix = emptied.back();
      emptied.pop_back();
    } else {
      options_.prefix = fmt::format("t{}_{}_", ::getpid(), next++);
    }
  }

  ~MysqlLayerStoreFixture() override {
    if (which_ == Tables::kNew) {
      Drop();
      return;
    }
    Empty();
    Emptied()[options_.socket].push_back(options_.prefix);
  }

  /// What every program with such tests does in the end.
  static void DropAll(const MysqlOptions& server) {
    for (const std::string& prefix : Emptied()[server.socket]) {
      MysqlOptions options = server;
      options.prefix = prefix;
      MysqlLayerStoreFixture(options, Tables::kNew, prefix);
    }
    Emptied()[server.socket].clear();
  }

  Result<std::unique_ptr<pipeline::LayerStore>> Open(
      const pipeline::testing::StoreSettings& settings) override {
    return MakeMysqlLayerStore(
        {options_, settings.default_farm, settings.use, settings.rules_code});
  }

  pipeline::StoreQueries Queries() override {
    auto queries = MakeMysqlQueries(options_);
    EXPECT_TRUE(queries) << (queries ? "" : queries.error().message());
    return queries ? std::move(*queries) : pipeline::StoreQueries();
  }

  std::unique_ptr<pipeline::RunLedger> Ledger() override {
    auto ledger = MakeMysqlRunLedger(options_);
    EXPECT_TRUE(ledger) << (ledger ? "" : ledger.error().message());
    return ledger ? std::move(*ledger) : nullptr;
  }

  std::vector<pipeline::testing::Cells> Query(std::string_view sql, int columns) override {
    std::vector<pipeline::testing::Cells> rows;
    const std::string text = store_sql::WithSchemas(sql, Databases(options_.prefix).schemas());
    Connection& connection = Open();
    if (mysql_real_query(connection.handle(), text.data(), text.size()) != 0) {
      ADD_FAILURE() << connection.Failure(text).message();
      return rows;
    }
    MYSQL_RES* result = mysql_store_result(connection.handle());
    if (result == nullptr) return rows;
    while (MYSQL_ROW row = mysql_fetch_row(result)) {
      const unsigned long* lengths = mysql_fetch_lengths(result);
      auto& cells = rows.emplace_back();
      for (int i = 0; i < columns; ++i) {
        cells.push_back(row[i] == nullptr ? "-" : std::string(row[i], lengths[i]));
      }
    }
    mysql_free_result(result);
    return rows;
  }

  [[nodiscard]] const MysqlOptions& options() const { return options_; }

  /// The test's own connection.
  Connection& Open() {
    if (!connection_ || connection_->broken() || !connection_->QueryText("SELECT 1")) {
      auto opened = Connection::Open(options_);
      EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
      connection_ = std::move(*opened);
    }
    return *connection_;
  }

 private:
  MysqlLayerStoreFixture(MysqlOptions server, Tables which, std::string prefix)
      : options_(std::move(server)), which_(which) {
    options_.prefix = std::move(prefix);
  }

  /// The prefixes that are free again, by server.
  static std::map<std::string, std::vector<std::string>>& Emptied() {
    static std::map<std::string, std::vector<std::string>> prefixes;
    return prefixes;
  }

  void Drop() {
    for (const char* layer : {"bronze_layer", "silver_layer", "gold_layer", "ops"}) {
      Query(fmt::format("DROP DATABASE IF EXISTS {}{}", options_.prefix, layer), 0);
    }
  }

  /// As the migrations left them.
  void Empty() {
    const auto tables =
        Query(fmt::format("SELECT table_schema, table_name FROM information_schema.tables WHERE "
                          "table_type = 'BASE TABLE' AND table_schema IN ('{0}bronze_layer', "
                          "'{0}silver_layer', '{0}gold_layer', '{0}ops') AND table_name NOT IN "
                          "('schema_versions', 'counters', 'step_leases', 'farm_ids')",
                          options_.prefix),
              2);
    for (const auto& table : tables) {
      Query(fmt::format("DELETE FROM {}.{}", table.at(0), table.at(1)), 0);
    }
    if (tables.empty()) return;
    Query("DELETE FROM {ops}farm_ids WHERE id <> 1", 0);
    Query("UPDATE {ops}counters SET value = 0", 0);
  }

  MysqlOptions options_;
  const Tables which_;
  std::unique_ptr<Connection> connection_;
};

/// Drops the databases that the tests of this program left, when all are done.
class DropDatabases : public ::testing::Environment {
 public:
  void TearDown() override {
    for (const char* part : {"mariadb", "mysql"}) {
      if (const auto server = ServerOfStack(part)) MysqlLayerStoreFixture::DropAll(*server);
    }
  }
};
inline ::testing::Environment* const drop_databases =
    ::testing::AddGlobalTestEnvironment(new DropDatabases);

inline pipeline::testing::MakeLayerStoreFixture MakerOf(const std::string& part) {
  return [part]() -> std::unique_ptr<pipeline::testing::LayerStoreFixture> {
    auto server = ServerOfStack(part);
    if (!server) return nullptr;
    return std::make_unique<MysqlLayerStoreFixture>(*std::move(server), Tables::kEmptied);
  };
}

}  // namespace herdflow::store_mysql
