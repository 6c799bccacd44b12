#pragma once

#include <sqlite3.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"

namespace herdflow::sqlite {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// What Database, Statement and Transaction share. Its address stays when the Database moves.
struct Connection {
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Compile the first statement of `sql`; `rest` becomes what follows it.
  Result<StatementHandle> Compile(std::string_view sql, unsigned flags, std::string_view& rest);
  /// Run one statement that is compiled once and kept in `kept`.
  [[nodiscard]] int RunKept(StatementHandle& kept, std::string_view sql);
  void SetBusyTimeout(std::chrono::milliseconds timeout);
  /// Checkpoint and note what is left.
  [[nodiscard]] int Checkpoint(int sqlite_mode);
  /// Note which file is open, for IsInPlace.
  void NotePlace(const std::string& file_path);
  /// Whether the path still leads to the file that is open, and to its write-ahead log.
  [[nodiscard]] bool IsInPlace() const;
  /// The failure `code` as an Error.
  [[nodiscard]] Error Failure(int code, std::string_view sql = {}) const;

  sqlite3* handle = nullptr;
  std::string name;            ///< The file's name without its folder: messages may reach a client.
  std::int64_t wal_pages = 0;  ///< In the write-ahead log after this connection's last commit.
  std::int64_t copied_pages = 0;  ///< Of those, copied into the file by this connection.
  std::int64_t checkpoint_pages = 0;
  std::int64_t restart_again_at = 0;  ///< Pages; where readers kept the log from starting anew.
  std::chrono::milliseconds busy_timeout{0};
  std::string path;  ///< Empty: in memory.
  dev_t device = 0;
  ino_t inode = 0;
  StatementHandle begin_immediate, begin_read, commit, rollback;
};

}  // namespace herdflow::sqlite
