#include "connection.hpp"

#include <utility>

#include "errors.hpp"

namespace herdflow::store_mysql {
namespace {

constexpr unsigned kConnectSeconds = 5;
/// Beyond the statement's own time-out: the server does not even answer that it gave up.
constexpr unsigned kAnswerSeconds = 10;
/// The server closes a connection of which nothing was heard for so long, and with it ends the
/// transaction of a process that was stopped in its middle: others go on then.
constexpr unsigned kSilentSeconds = 15;
/// How long a statement waits for another transaction's rows: longer than a silent one may last.
constexpr unsigned kLockWaitSeconds = 20;

}  // namespace

Connection::Connection() { mysql_init(&handle_); }

Connection::~Connection() { mysql_close(&handle_); }

Result<std::unique_ptr<Connection>> Connection::Open(const MysqlOptions& options) {
  std::unique_ptr<Connection> connection(new Connection());
  MYSQL* handle = connection->handle();
  const auto seconds = static_cast<unsigned>(options.statement_timeout.count()) + kAnswerSeconds;
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const bool by_socket = !options.socket.empty();
  const unsigned protocol = by_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  const std::string where =
      by_socket ? options.socket : fmt::format("{}:{}", options.host, options.port);
  if (mysql_real_connect(handle, by_socket ? nullptr : options.host.c_str(), options.user.c_str(),
                         options.password.c_str(), nullptr, options.port,
                         by_socket ? options.socket.c_str() : nullptr,
                         CLIENT_FOUND_ROWS) == nullptr) {
    return Fail(connection->Failure(fmt::format("connecting to the database at {}", where)));
  }
  HERDFLOW_CHECK(connection->Prepare(options));
  return connection;
}

Result<> Connection::Prepare(const MysqlOptions& options) {
  server_version_ = mysql_get_server_info(&handle_);
  is_mariadb_ = mariadb_connection(&handle_) != 0;
  HERDFLOW_CHECK(Execute(fmt::format(
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', "
      "wait_timeout = {}, innodb_lock_wait_timeout = {}",
      kSilentSeconds, kLockWaitSeconds)));
  // The two servers name it differently; MySQL's holds for SELECT alone.
  return Execute(is_mariadb_ ? fmt::format("SET SESSION max_statement_time = {}",
                                           options.statement_timeout.count())
                             : fmt::format("SET SESSION max_execution_time = {}",
                                           options.statement_timeout.count() * 1'000));
}

Error Connection::Failure(std::string_view doing, MYSQL_STMT* statement) {
  const unsigned number =
      statement != nullptr ? mysql_stmt_errno(statement) : mysql_errno(&handle_);
  const char* text = statement != nullptr ? mysql_stmt_error(statement) : mysql_error(&handle_);
  if (IsLost(number)) broken_ = true;
  return MakeError(number, text, doing);
}

Result<> Connection::Execute(std::string_view sql) {
  HERDFLOW_ASSIGN(const std::string dropped, QueryText(sql));
  return {};
}

Result<std::string> Connection::QueryText(std::string_view sql) {
  if (mysql_real_query(&handle_, sql.data(), sql.size()) != 0) {
    return Fail(Failure("running " + Shown(sql)));
  }
  std::string text;
  if (MYSQL_RES* result = mysql_store_result(&handle_)) {
    if (MYSQL_ROW row = mysql_fetch_row(result); row != nullptr && row[0] != nullptr) {
      text.assign(row[0], mysql_fetch_lengths(result)[0]);
    }
    mysql_free_result(result);
  } else if (mysql_field_count(&handle_) != 0) {
    return Fail(Failure("running " + Shown(sql)));
  }
  return text;
}

bool Connection::Ping() { return mysql_ping(&handle_) == 0; }

}  // namespace herdflow::store_mysql
