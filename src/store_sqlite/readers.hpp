#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "herdflow/store_sql/session.hpp"
#include "session.hpp"

namespace herdflow::store_sqlite {

struct ReaderOptions {
  std::string folder;  ///< Holds `store.db`.
  int cache_kib = 0;   ///< Of each connection.
  std::size_t most = 1;
};

/// The reading connections of one process: the first is there from the beginning, each further one
/// is opened when all others are in use, up to `most`; who comes then waits for one that is given
/// back. Each transaction is a snapshot of its own. Threads: any.
class SqliteReaders final : public store_sql::ReadSessions {
 public:
  /// kNotFound: there is no store yet.
  static Result<std::shared_ptr<SqliteReaders>> Open(ReaderOptions options);

  Result<std::unique_ptr<store_sql::Transaction>> BeginRead() override;

 private:
  class Snapshot;

  SqliteReaders(ReaderOptions options, std::unique_ptr<SqliteSession> first);
  Result<std::unique_ptr<SqliteSession>> Take();
  void GiveBack(std::unique_ptr<SqliteSession> session);

  const ReaderOptions options_;
  /// Before one more is opened, it tells whether the file is the one that was opened first.
  const sqlite::Database& first_;
  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<SqliteSession>> idle_;
  std::size_t opened_ = 1;
};

}  // namespace herdflow::store_sqlite
