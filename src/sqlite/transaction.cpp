#include <sqlite3.h>

#include <utility>

#include "connection.hpp"
#include "herdflow/sqlite/database.hpp"

namespace herdflow::sqlite {

Result<Transaction> Transaction::BeginImmediate(Database& database) {
  Connection* connection = database.connection_.get();
  const int code = connection->RunKept(connection->begin_immediate, "BEGIN IMMEDIATE");
  if (code != SQLITE_OK) return Fail(connection->Failure(code, "BEGIN IMMEDIATE"));
  return Transaction(connection);
}

Result<Transaction> Transaction::BeginRead(Database& database) {
  Connection* connection = database.connection_.get();
  const int code = connection->RunKept(connection->begin_read, "BEGIN");
  if (code != SQLITE_OK) return Fail(connection->Failure(code, "BEGIN"));
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // SQLite rolls back by itself after some failures: autocommit is on again then.
  if (connection_ == nullptr || sqlite3_get_autocommit(connection_->handle) != 0) return;
  static_cast<void>(connection_->RunKept(connection_->rollback, "ROLLBACK"));
}

Result<> Transaction::Commit() {
  const bool writes = sqlite3_txn_state(connection_->handle, "main") == SQLITE_TXN_WRITE;
  const int code = connection_->RunKept(connection_->commit, "COMMIT");
  if (code == SQLITE_OK) {
    const Connection* connection = std::exchange(connection_, nullptr);
    if (!writes || connection->IsInPlace()) return {};
    return Fail(ErrorCode::kTimeout, "{}: it was moved or removed while it was written to",
                connection->name);
  }
  Error error = connection_->Failure(code, "COMMIT");
  // The commit record may have reached the write-ahead log before the failure: whoever recovers
  // the log next will find it there.
  if ((code & 0xff) == SQLITE_IOERR && error.code() != ErrorCode::kCorruptData) {
    error = Error(ErrorCode::kTimeout, error.message()).Because("committing, outcome unknown");
  }
  return Fail(std::move(error));
}

}  // namespace herdflow::sqlite
