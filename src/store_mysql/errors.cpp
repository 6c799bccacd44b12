#include "errors.hpp"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <array>

namespace herdflow::store_mysql {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view advice;
};

// Numbers that one of the two servers alone has, so that the driver's header may lack them.
constexpr unsigned kMysqlQueryTimeout = 3024;
constexpr unsigned kTransactionRolledBackByServer = 1613;
constexpr unsigned kGroupReplicationRefuses = 3098;
constexpr unsigned kGroupReplicationRunHook = 3100;
constexpr unsigned kMysqlAccountLocked = 3118;
constexpr unsigned kNeedsSecureTransport = 3159;
constexpr unsigned kMysqlStorageEngineDisabled = 3161;
constexpr unsigned kMysqlSilentForTooLong = 4031;
constexpr unsigned kMysqlPasswordExpired = 1862;

Meaning MeaningOf(unsigned number) {
  switch (number) {
    case ER_LOCK_DEADLOCK:
    case kTransactionRolledBackByServer:
      return {ErrorCode::kUnavailable, "two transactions stood in each other's way; try again"};
    case ER_CHECKREAD:
    case ER_TABLE_DEF_CHANGED:
      return {ErrorCode::kUnavailable, "somebody else changed that meanwhile; try again"};
    case ER_LOCK_WAIT_TIMEOUT:
      return {ErrorCode::kUnavailable, "another transaction holds the rows; try again"};
    case ER_RECORD_FILE_FULL:
    case ER_DISK_FULL:
    case ER_ERROR_ON_WRITE:
      return {ErrorCode::kUnavailable,
              "the server's disk is full; free some space, then try again"};
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
      return {ErrorCode::kUnavailable,
              "the server has too many connections; lower [mysql] connections or raise its "
              "max_connections, then try again"};
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
      return {ErrorCode::kUnavailable, "the server is shutting down; try again when it is back"};
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_READ_ONLY_MODE:
    case kGroupReplicationRefuses:
    case kGroupReplicationRunHook:
      return {ErrorCode::kUnavailable,
              "the server takes no changes now, since it is read-only or has another option that "
              "keeps it from doing that; try again when it does, or point [mysql] host to the one "
              "that does"};
    case ER_UNKNOWN_COM_ERROR:
      return {ErrorCode::kUnavailable,
              "the server is no working part of its cluster now; try again when it is"};
    case ER_GET_ERRNO:
      return {ErrorCode::kUnavailable,
              "the server's storage failed: its error log says why; mend that, then try again"};
    case ER_LOCK_TABLE_FULL:
      return {ErrorCode::kUnavailable,
              "raise the server's innodb_buffer_pool_size, then try again"};
    case ER_TOO_MANY_CONCURRENT_TRXS:
    case ER_CANT_CREATE_THREAD:
      return {ErrorCode::kUnavailable, "the server does too much at once; try again"};
    case ER_HOST_IS_BLOCKED:
      return {ErrorCode::kUnavailable,
              "let the server forget the failed connections by FLUSH HOSTS, then try again"};
    case ER_MAX_PREPARED_STMT_COUNT_REACHED:
      return {ErrorCode::kUnavailable,
              "raise the server's max_prepared_stmt_count, or lower [mysql] connections, then try "
              "again"};
    case ER_NEED_REPREPARE:
      return {ErrorCode::kUnavailable,
              "try again; if it stays so, raise the server's table_definition_cache and "
              "table_open_cache"};
    case ER_QUERY_INTERRUPTED:
    case ER_STATEMENT_TIMEOUT:
    case kMysqlQueryTimeout:
      return {ErrorCode::kUnavailable,
              "the statement took longer than [mysql] statement_timeout; try again, or raise it"};
    case ER_OUTOFMEMORY:
    case ER_OUT_OF_RESOURCES:
    case CR_OUT_OF_MEMORY:
      return {ErrorCode::kUnavailable, "out of memory; free some, then try again"};
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_SERVER_HANDSHAKE_ERR:
    case ER_CONNECTION_KILLED:
    case kMysqlSilentForTooLong:
      return {ErrorCode::kUnavailable,
              "is the server running, and do [mysql] host, port and socket point to it?"};
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_CHANGE_USER_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
    case kMysqlAccountLocked:
    case kMysqlPasswordExpired:
      return {ErrorCode::kInvalidInput,
              "check [mysql] user and password_file, its grants, and whether it may come without "
              "[mysql] tls, or without a certificate"};
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return {ErrorCode::kInvalidInput,
              "grant the user of [mysql] user all rights on herdflow's databases"};
    case ER_NET_PACKET_TOO_LARGE:
    case CR_NET_PACKET_TOO_LARGE:
      return {ErrorCode::kInvalidInput,
              "raise the server's max_allowed_packet, to 64M for example"};
    case ER_TRANS_CACHE_FULL:
      return {ErrorCode::kInvalidInput, "raise the server's max_binlog_cache_size"};
    case ER_BINLOG_LOGGING_IMPOSSIBLE:
    case ER_BINLOG_STMT_MODE_AND_ROW_ENGINE:
      return {ErrorCode::kInvalidInput, "set the server's binlog_format to ROW"};
    case ER_TOO_LONG_KEY:
    case ER_TOO_BIG_ROWSIZE:
      return {ErrorCode::kInvalidInput,
              "herdflow needs a server whose innodb_page_size is 16k, as it is by itself"};
    case ER_UNKNOWN_STORAGE_ENGINE:
    case kMysqlStorageEngineDisabled:
      return {ErrorCode::kInvalidInput,
              "let the server have InnoDB: look at its disabled_storage_engines and "
              "enforce_storage_engine"};
    case ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION:
      return {ErrorCode::kInvalidInput,
              "does a proxy stand between, which opens transactions read-only?"};
    case CR_SSL_CONNECTION_ERROR:
      return {
          ErrorCode::kInvalidInput,
          "with [mysql] tls the server must speak TLS and show a valid certificate for the name "
          "in [mysql] host, from an authority of ca_file; certificate_file, key_file and "
          "key_password_file must belong together"};
    case kNeedsSecureTransport:
      return {ErrorCode::kInvalidInput, "set [mysql] tls to on"};
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_AUTH_PLUGIN_ERR:
    case CR_VERSION_ERROR:
      return {
          ErrorCode::kInvalidInput,
          "the server wants another way to log in than herdflow knows: a user with a password "
          "(caching_sha2_password, mysql_native_password), by [mysql] socket, with [mysql] tls, "
          "or on a trusted network"};
    case ER_DUP_ENTRY:
      return {ErrorCode::kConflict, "a row with this key exists already"};
    case ER_BAD_DB_ERROR:
    case ER_NO_SUCH_TABLE:
    case ER_NO_SUCH_TABLE_IN_ENGINE:
    case ER_BAD_FIELD_ERROR:
      return {ErrorCode::kCorruptData,
              "a newer herdflow, or somebody else, has changed these tables: use the newer one, or "
              "restore a backup, or drop its databases and make them again from the log"};
    case ER_CRASHED_ON_USAGE:
    case ER_NOT_KEYFILE:
      return {ErrorCode::kCorruptData, "stop, and restore a backup"};
    default:
      return {ErrorCode::kInternal, "this should not happen: please report it"};
  }
}

/// The driver's number for whatever goes wrong with TLS, also for a server that hangs up or falls
/// silent while it is agreed on, as one that is ending does.
Error MakeTlsError(std::string_view text, std::string_view doing) {
  constexpr std::string_view kPrefix = "TLS/SSL error: ";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  constexpr std::array<std::string_view, 3> kLost{"unexpected eof", "reset by peer", "timed out"};
  const bool is_lost = std::any_of(kLost.begin(), kLost.end(), [&](std::string_view words) {
    return text.find(words) != std::string_view::npos;
  });
  const Meaning meaning = MeaningOf(is_lost ? CR_SERVER_LOST : CR_SSL_CONNECTION_ERROR);
  return Error(meaning.code, fmt::format("{}: no TLS with it: {} ({}); {}", doing, text,
                                         CR_SSL_CONNECTION_ERROR, meaning.advice));
}

}  // namespace

Error MakeError(unsigned number, std::string_view text, std::string_view doing) {
  if (number == CR_SSL_CONNECTION_ERROR) return MakeTlsError(text, doing);
  const Meaning meaning = MeaningOf(number);
  return Error(meaning.code, fmt::format("{}: the database says {} ({}); {}", doing, text, number,
                                         meaning.advice));
}

std::string Shown(std::string_view sql) {
  constexpr std::size_t kLongest = 120;
  while (sql.starts_with("--")) sql.remove_prefix(std::min(sql.find('\n') + 1, sql.size()));
  std::string shown;
  for (const char c : sql.substr(0, kLongest)) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank) {
      shown += c;
    } else if (!shown.empty() && shown.back() != ' ') {
      shown += ' ';
    }
  }
  if (sql.size() > kLongest) {
    shown += "…";
  } else if (shown.ends_with(' ')) {
    shown.pop_back();
  }
  return shown;
}

bool IsLost(unsigned number) {
  // The driver's own: something could not be said or heard.
  if (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) return true;
  switch (number) {
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case kMysqlSilentForTooLong:
      return true;
    default:
      return false;
  }
}

bool IsAlreadyDone(unsigned number, std::string_view statement) {
  switch (number) {
    case ER_TABLE_EXISTS_ERROR:
    case ER_DUP_FIELDNAME:
    case ER_DUP_KEYNAME:
    case ER_CANT_DROP_FIELD_OR_KEY:
      return true;
    case ER_BAD_FIELD_ERROR:  // The column has its new name.
      return statement.find(" CHANGE COLUMN ") != std::string_view::npos;
    default:
      return false;
  }
}

}  // namespace herdflow::store_mysql
