#pragma once

#include <mysql.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/store_mysql/store.hpp"

namespace herdflow::store_mysql {

/// One connection to the server, its session set as `session_settings` has it. Threads: one at a
/// time. The only file beside `statement` that knows the driver.
class Connection {
 public:
  using Row = std::vector<std::string>;  ///< NULL is empty.

  static Result<std::unique_ptr<Connection>> Open(const MysqlOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Run one statement; rows are dropped.
  Result<> Execute(std::string_view sql);
  /// All rows of a query, which are few.
  Result<std::vector<Row>> Query(std::string_view sql);
  /// The first column of the first row of a query; empty where there is none.
  Result<std::string> QueryText(std::string_view sql);

  [[nodiscard]] bool is_mariadb() const { return is_mariadb_; }
  [[nodiscard]] const std::string& server_version() const { return server_version_; }
  /// The server's number of the failure that the last call returned; 0: it did not fail.
  [[nodiscard]] unsigned last_error() { return mysql_errno(&handle_); }
  /// Lost, or in a state that nobody knows: to be closed.
  [[nodiscard]] bool broken() const { return broken_; }
  void MarkBroken() { broken_ = true; }
  /// Whether a statement has changed a row since ForgetWrites.
  [[nodiscard]] bool wrote() const { return wrote_; }
  void NoteWrite() { wrote_ = true; }
  void ForgetWrites() { wrote_ = false; }

  /// The bytes that the server takes at once: one more, and it closes the connection.
  [[nodiscard]] std::size_t largest_packet() const { return largest_packet_; }

  /// The rows of a statement come one after the other, and the connection is theirs until the last
  /// has come, unless somebody else has to say something: then the rest is taken into memory.
  void ComingIn(MYSQL_STMT* statement) { incoming_ = statement; }
  [[nodiscard]] bool IsComingIn(MYSQL_STMT* statement) const { return incoming_ == statement; }
  void NothingComesIn(MYSQL_STMT* statement) {
    if (incoming_ == statement) incoming_ = nullptr;
  }
  /// Before anything is said to the server.
  void MakeWay();

  [[nodiscard]] MYSQL* handle() { return &handle_; }
  /// The failure that the driver tells: of `statement` where it is given, else of the connection.
  /// A lost connection marks this one as broken.
  Error Failure(std::string_view doing, MYSQL_STMT* statement = nullptr);

 private:
  Connection();

  MYSQL handle_{};
  MYSQL_STMT* incoming_ = nullptr;
  std::size_t largest_packet_ = 0;
  std::string server_version_;
  bool is_connected_ = false;
  bool is_mariadb_ = false;
  bool broken_ = false;
  bool wrote_ = false;
};

}  // namespace herdflow::store_mysql
