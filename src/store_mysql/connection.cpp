#include "connection.hpp"

#include <errmsg.h>

#include <utility>

#include "errors.hpp"
#include "session_settings.hpp"

namespace herdflow::store_mysql {
namespace {

constexpr unsigned kConnectSeconds = 5;
/// Beyond the statement's own time-out: the server does not even answer that it gave up.
constexpr unsigned kAnswerSeconds = 10;

/// Where Debian and Ubuntu have the certificates of their authorities.
constexpr const char* kSystemAuthorities = "/etc/ssl/certs";

/// Said aloud also where it is off: from 3.4 on the driver wants TLS unless it is told otherwise.
void SetTls(MYSQL* handle, const std::optional<TlsOptions>& tls) {
  const my_bool is_on = tls ? 1 : 0;
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &is_on);
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &is_on);
  if (!tls) return;
  // Without either, the driver from 3.4 on also takes a certificate that nobody vouches for.
  if (tls->ca_file.empty()) {
    mysql_options(handle, MYSQL_OPT_SSL_CAPATH, kSystemAuthorities);
  } else {
    mysql_options(handle, MYSQL_OPT_SSL_CA, tls->ca_file.c_str());
  }
  if (tls->key_file.empty()) return;
  mysql_options(handle, MYSQL_OPT_SSL_CERT, tls->certificate_file.c_str());
  mysql_options(handle, MYSQL_OPT_SSL_KEY, tls->key_file.c_str());
  // Also where it is empty: else the terminal would be asked for it.
  mysql_options(handle, MARIADB_OPT_TLS_PASSPHRASE, tls->key_password.c_str());
}

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
  SetTls(handle, options.tls);
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
  connection->is_connected_ = true;
  connection->server_version_ = mysql_get_server_info(handle);
  connection->is_mariadb_ = mariadb_connection(handle) != 0;
  HERDFLOW_ASSIGN(connection->largest_packet_, SetSession(*connection, options.statement_timeout));
  return connection;
}

Error Connection::Failure(std::string_view doing, MYSQL_STMT* statement) {
  unsigned number = statement != nullptr ? mysql_stmt_errno(statement) : mysql_errno(&handle_);
  // The driver has one number for TLS that cannot be agreed on and for TLS that breaks later.
  if (is_connected_ && number == CR_SSL_CONNECTION_ERROR) number = CR_SERVER_LOST;
  const char* text = statement != nullptr ? mysql_stmt_error(statement) : mysql_error(&handle_);
  if (IsLost(number)) broken_ = true;
  return MakeError(number, text, doing);
}

Result<> Connection::Execute(std::string_view sql) {
  HERDFLOW_ASSIGN(const auto dropped, Query(sql));
  return {};
}

Result<std::string> Connection::QueryText(std::string_view sql) {
  HERDFLOW_ASSIGN(const auto rows, Query(sql));
  return rows.empty() ? std::string() : rows.front().at(0);
}

Result<std::vector<Connection::Row>> Connection::Query(std::string_view sql) {
  MakeWay();
  if (mysql_real_query(&handle_, sql.data(), sql.size()) != 0) {
    return Fail(Failure("running " + Shown(sql)));
  }
  std::vector<Row> rows;
  MYSQL_RES* result = mysql_store_result(&handle_);
  if (result == nullptr) {
    if (mysql_field_count(&handle_) != 0) return Fail(Failure("running " + Shown(sql)));
    return rows;
  }
  const unsigned columns = mysql_num_fields(result);
  while (MYSQL_ROW cells = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    Row& row = rows.emplace_back(columns);
    for (unsigned i = 0; i < columns; ++i) {
      if (cells[i] != nullptr) row[i].assign(cells[i], lengths[i]);
    }
  }
  mysql_free_result(result);
  return rows;
}

void Connection::MakeWay() {
  if (incoming_ == nullptr) return;
  if (mysql_stmt_store_result(incoming_) != 0) broken_ = true;  // The rest of them is in between.
  incoming_ = nullptr;
}

}  // namespace herdflow::store_mysql
