#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "herdflow/core/result.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_sqlite {

class SqliteStatement final : public store_sql::Statement {
 public:
  SqliteStatement(sqlite::Database& database, sqlite::Statement statement)
      : database_(database), statement_(std::move(statement)) {}

  Result<bool> Step() override { return statement_.Step(); }
  Result<> Run() override { return statement_.Run(); }
  [[nodiscard]] std::int64_t found() const override { return database_.changes(); }
  void Reset() override { statement_.Reset(); }
  [[nodiscard]] bool IsNull(int column) const override { return statement_.IsNull(column); }
  [[nodiscard]] std::int64_t Int(int column) const override { return statement_.Int(column); }
  [[nodiscard]] std::string_view Bytes(int column) const override {
    return statement_.Blob(column);
  }

 private:
  void Set(int parameter, const store_sql::Value& value) override;

  sqlite::Database& database_;
  sqlite::Statement statement_;
};

/// One connection to `store.db` with its prepared statements. Threads: one at a time.
class SqliteSession final : public store_sql::Session {
 public:
  /// `cache_kib`: the connection's page cache.
  static Result<std::unique_ptr<SqliteSession>> Open(const std::string& folder, bool may_create,
                                                     int cache_kib);
  [[nodiscard]] static std::string FileIn(const std::string& folder);

  Result<store_sql::Statement*> Get(const store_sql::Sql& sql) override;
  Result<> RunForRows(const store_sql::Sql& sql, std::size_t columns,
                      std::span<const store_sql::Value> values) override;
  Result<> ReadForKeys(const store_sql::Sql& sql, std::size_t columns,
                       std::span<const store_sql::Value> keys,
                       const store_sql::EachRow& each) override;
  [[nodiscard]] std::int64_t last_insert_id() const override {
    return database_.last_insert_rowid();
  }
  /// Beyond this many a longer statement gains nothing.
  [[nodiscard]] std::size_t rows_at_once() const override { return 64; }

  [[nodiscard]] sqlite::Database& database() { return database_; }

 private:
  explicit SqliteSession(sqlite::Database database) : database_(std::move(database)) {}

  /// The statement that writes rows_at_once() rows; nullptr where it is none that can.
  Result<store_sql::Statement*> GetBulk(const store_sql::Sql& sql, std::size_t columns);

  sqlite::Database database_;
  std::unordered_map<std::string_view, SqliteStatement> statements_;
  std::unordered_map<std::string_view, SqliteStatement> bulk_statements_;
};

}  // namespace herdflow::store_sqlite
