#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "herdflow/store_sql/session.hpp"
#include "herdflow/store_sql/statements.hpp"
#include "statement.hpp"

namespace herdflow::store_mysql {

/// The names of the four databases, each with its dot.
struct Databases {
  explicit Databases(const std::string& prefix)
      : bronze(prefix + "bronze_layer."),
        silver(prefix + "silver_layer."),
        gold(prefix + "gold_layer."),
        ops(prefix + "ops.") {}
  [[nodiscard]] store_sql::Schemas schemas() const { return {bronze, silver, gold, ops}; }
  /// Without the dots, `ops` last.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all{bronze, silver, gold, ops};
    for (std::string& name : all) name.pop_back();
    return all;
  }

  std::string bronze, silver, gold, ops;
};

/// One connection with its prepared statements. Threads: one at a time.
class MysqlSession final : public store_sql::Session {
 public:
  MysqlSession(std::unique_ptr<Connection> connection, const Databases& databases)
      : connection_(std::move(connection)), databases_(databases) {}

  Result<store_sql::Statement*> Get(const store_sql::Sql& sql) override;
  Result<> RunForRows(const store_sql::Sql& sql, std::size_t columns,
                      std::span<const store_sql::Value> values) override;
  Result<> ReadForKeys(const store_sql::Sql& sql, std::size_t columns,
                       std::span<const store_sql::Value> keys,
                       const store_sql::EachRow& each) override;
  [[nodiscard]] std::int64_t last_insert_id() const override;
  [[nodiscard]] std::size_t rows_at_once() const override { return 4'000; }

  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  struct Size {
    std::string_view name;
    std::size_t rows;
    auto operator<=>(const Size&) const = default;
  };

  /// The text of a statement: this engine's own file, else the shared one.
  [[nodiscard]] std::string TextOf(const store_sql::Sql& sql) const;
  Result<MysqlStatement*> GetOne(const store_sql::Sql& sql);
  Result<MysqlStatement*> GetForRows(const store_sql::Sql& sql, std::size_t columns,
                                     std::size_t rows);
  Result<> RunAsArray(const store_sql::Sql& sql, std::size_t columns,
                      std::span<const store_sql::Value> values);
  Result<MysqlStatement*> BindList(const store_sql::Sql& sql, std::size_t columns,
                                   std::span<const store_sql::Value> values);

  std::unique_ptr<Connection> connection_;
  const Databases& databases_;
  std::unordered_map<std::string_view, std::unique_ptr<MysqlStatement>> statements_;
  std::map<Size, std::unique_ptr<MysqlStatement>> for_rows_;
  std::unordered_map<std::string_view, std::unique_ptr<MysqlStatement>> for_arrays_;
};

}  // namespace herdflow::store_mysql
