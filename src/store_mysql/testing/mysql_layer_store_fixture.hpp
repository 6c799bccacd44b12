#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
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

/// The server of `$TEST_STACK/<part>`, as `deploy/local/up` left it; nothing where it does not run.
inline std::optional<MysqlOptions> ServerOfStack(const std::string& part) {
  const char* stack = std::getenv("TEST_STACK");
  if (stack == nullptr) return std::nullopt;
  const auto read = [&](const char* name) {
    std::string line;
    std::ifstream file(fmt::format("{}/{}/{}", stack, part, name));
    std::getline(file, line);
    return line;
  };
  MysqlOptions options;
  options.socket = read("socket");
  options.password = read("password");
  if (options.socket.empty()) return std::nullopt;
  return options;
}

/// Databases of their own on a real server, which end with the fixture.
class MysqlLayerStoreFixture : public pipeline::testing::LayerStoreFixture {
 public:
  explicit MysqlLayerStoreFixture(MysqlOptions server) : options_(std::move(server)) {
    static std::atomic<int> next{0};
    options_.prefix = fmt::format("t{}_{}_", ::getpid(), next++);
  }
  ~MysqlLayerStoreFixture() override {
    for (const char* layer : {"bronze_layer", "silver_layer", "gold_layer", "ops"}) {
      EXPECT_TRUE(
          Open().Execute(fmt::format("DROP DATABASE IF EXISTS {}{}", options_.prefix, layer)));
    }
  }

  Result<std::unique_ptr<pipeline::LayerStore>> Open(
      const pipeline::testing::StoreSettings& settings) override {
    return MakeMysqlLayerStore({options_, settings.rules_version, settings.time_zone});
  }

  std::unique_ptr<pipeline::HerdQueries> Queries() override {
    auto queries = MakeMysqlHerdQueries(options_);
    EXPECT_TRUE(queries) << (queries ? "" : queries.error().message());
    return queries ? std::move(*queries) : nullptr;
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
    if (!connection_ || connection_->broken() || !connection_->Ping()) {
      auto opened = Connection::Open(options_);
      EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
      connection_ = std::move(*opened);
    }
    return *connection_;
  }

 private:
  MysqlOptions options_;
  std::unique_ptr<Connection> connection_;
};

inline pipeline::testing::MakeLayerStoreFixture MakerOf(const std::string& part) {
  return [part]() -> std::unique_ptr<pipeline::testing::LayerStoreFixture> {
    auto server = ServerOfStack(part);
    if (!server) return nullptr;
    return std::make_unique<MysqlLayerStoreFixture>(*std::move(server));
  };
}

}  // namespace herdflow::store_mysql
