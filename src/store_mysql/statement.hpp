#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_mysql {

/// At most so many bytes of a message to the server are of this value.
[[nodiscard]] std::size_t BytesOf(const store_sql::Value& value);

/// One prepared statement. Its rows are read as they come; where another one runs on the connection
/// meanwhile, those that are still to come are taken into memory first.
class MysqlStatement final : public store_sql::Statement {
 public:
  /// `sql`: with parameters `?1`, `?2`, …, in any order and as often as needed.
  static Result<std::unique_ptr<MysqlStatement>> Prepare(Connection& connection,
                                                         std::string_view sql);
  ~MysqlStatement() override;
  MysqlStatement(const MysqlStatement&) = delete;
  MysqlStatement& operator=(const MysqlStatement&) = delete;

  Result<bool> Step() override;
  Result<> Run() override;
  [[nodiscard]] std::int64_t found() const override;
  void Reset() override;
  [[nodiscard]] bool IsNull(int column) const override;
  [[nodiscard]] std::int64_t Int(int column) const override;
  [[nodiscard]] std::string_view Bytes(int column) const override;

  /// Run once for each row of `columns` parameters, by one message to the server.
  /// REQUIRES: a MariaDB server; a statement that writes.
  Result<> RunForArray(std::size_t columns, std::span<const store_sql::Value> values);

 private:
  struct Column {
    std::int64_t integer = 0;
    std::vector<char> bytes;
    unsigned long length = 0;
    char is_null = 0;
    bool is_integer = false;
  };

  MysqlStatement(Connection& connection, MYSQL_STMT* handle, std::string sql)
      : connection_(connection), handle_(handle), sql_(std::move(sql)) {}
  void Set(int parameter, const store_sql::Value& value) override;
  [[nodiscard]] Result<> CheckSize(std::size_t bytes_of_values) const;
  Result<> Execute();
  Result<> BindResult();
  Result<> FetchLong();
  tl::unexpected<Error> Failed();

  Connection& connection_;
  MYSQL_STMT* handle_;
  std::string sql_;                 ///< As the server has it.
  std::vector<std::size_t> order_;  ///< Of each `?`, its parameter's place in `parameters_`.
  std::vector<store_sql::Value> parameters_;
  std::vector<MYSQL_BIND> binds_;
  std::vector<std::int64_t> integers_;
  std::vector<Column> columns_;
  std::vector<MYSQL_BIND> result_binds_;
  bool in_rows_ = false;
};

}  // namespace herdflow::store_mysql
