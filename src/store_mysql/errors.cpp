#include "errors.hpp"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>

namespace herdflow::store_mysql {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view advice;
};

// Numbers that one of the two servers alone has, so that the driver's header may lack them.
constexpr unsigned kMysqlQueryTimeout = 3024;
constexpr unsigned kTransactionRolledBackByServer = 1613;

Meaning MeaningOf(unsigned number) {
  switch (number) {
    case ER_LOCK_DEADLOCK:
    case kTransactionRolledBackByServer:
      return {ErrorCode::kUnavailable, "two transactions stood in each other's way; try again"};
    case ER_LOCK_WAIT_TIMEOUT:
      return {ErrorCode::kUnavailable, "another transaction holds the rows; try again"};
    case ER_RECORD_FILE_FULL:
    case ER_DISK_FULL:
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
      return {ErrorCode::kUnavailable, "the server is read-only now; try again later"};
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
      return {ErrorCode::kUnavailable,
              "is the server running, and do [mysql] host, port and socket point to it?"};
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_CHANGE_USER_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_MUST_CHANGE_PASSWORD:
      return {ErrorCode::kInvalidInput, "check [mysql] user and password_file, and its grants"};
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return {ErrorCode::kInvalidInput,
              "grant the user of [mysql] user all rights on herdflow's databases"};
    case ER_NET_PACKET_TOO_LARGE:
      return {ErrorCode::kInvalidInput, "raise the server's max_allowed_packet to 64M"};
    case ER_DUP_ENTRY:
      return {ErrorCode::kConflict, "a row with this key exists already"};
    case ER_CRASHED_ON_USAGE:
    case ER_NOT_KEYFILE:
      return {ErrorCode::kCorruptData, "stop, and restore a backup"};
    default:
      return {ErrorCode::kInternal, "this should not happen: please report it"};
  }
}

}  // namespace

Error MakeError(unsigned number, std::string_view text, std::string_view doing) {
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
  switch (number) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_COMMANDS_OUT_OF_SYNC:
    case CR_MALFORMED_PACKET:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_CONNECTION_KILLED:
      return true;
    default:
      return false;
  }
}

}  // namespace herdflow::store_mysql
