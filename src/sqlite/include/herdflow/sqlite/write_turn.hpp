#pragma once

#include <chrono>
#include <functional>

#include "herdflow/core/result.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/sqlite/file_lock.hpp"

namespace herdflow::sqlite {

/// Fair turns at a file's write lock, among threads and processes.
///
/// SQLite's waiters sleep and look again, so a bulk writer that takes the lock anew right after
/// each commit would starve them. Here whoever waits for the write lock holds the turn meanwhile:
/// the bulk writer finds the turn taken and has to wait until the waiter has written.
class WriteTurn {
 public:
  static Result<WriteTurn> Open(const std::string& path);

  /// BEGIN IMMEDIATE, waiting up to `patience`; `waiting` is called every now and then meanwhile.
  /// REQUIRES: the database's own busy time-out is 0.
  Result<Transaction> Begin(Database& database, std::chrono::milliseconds patience,
                            const std::function<void()>& waiting);

 private:
  explicit WriteTurn(FileLock lock) : lock_(std::move(lock)) {}

  FileLock lock_;
};

}  // namespace herdflow::sqlite
