#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/sqlite/write_turn.hpp"
#include "ids.hpp"

namespace herdflow::store_sqlite {

/// Rows that a bulk statement writes at once.
inline constexpr std::size_t kBulkRows = 64;

/// One connection to `store.db` with its prepared statements. Threads: one at a time.
class Session {
 public:
  /// `cache_kib`: the connection's page cache.
  static Result<std::unique_ptr<Session>> Open(const std::string& folder, bool may_create,
                                               int cache_kib);
  [[nodiscard]] static std::string FileIn(const std::string& folder);

  /// The shared statement of this name, prepared once. `name` is a literal.
  Result<sqlite::Statement*> Get(std::string_view name);
  /// The same for kBulkRows rows of so many columns at once.
  Result<sqlite::Statement*> GetBulk(std::string_view name, int columns);
  [[nodiscard]] sqlite::Database& database() { return database_; }

 private:
  explicit Session(sqlite::Database database) : database_(std::move(database)) {}

  sqlite::Database database_;
  std::unordered_map<std::string_view, sqlite::Statement> statements_;
  std::unordered_map<std::string_view, sqlite::Statement> bulk_statements_;
};

/// A lock that its waiters get in the order in which they came. A step that begins its next chunk
/// right after a commit would take a std::mutex again and again before whoever waits has woken up.
class FairMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    turn_came_.wait(guard, [&] { return serving_ == ticket; });
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      ++serving_;
    }
    turn_came_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_came_;
  std::uint64_t next_ticket_ = 0;
  std::uint64_t serving_ = 0;
};

/// The process's one writer: whoever holds its lock may begin a transaction.
struct Writer {
  Writer(std::unique_ptr<Session> opened, sqlite::WriteTurn opened_turn)
      : session(std::move(opened)),
        turn(std::move(opened_turn)),
        cows(*session, {"find_cow_id", "insert_cow_id", "read_cow_id"}),
        sensors(*session, {"find_sensor_id", "insert_sensor_id", "read_sensor_id"}) {}

  FairMutex mutex;
  std::unique_ptr<Session> session;
  sqlite::WriteTurn turn;
  IdTable cows, sensors;
};

/// One write transaction, in turn with those of other threads and processes: BEGIN IMMEDIATE, so
/// that a step's place, read in it, is nobody else's until the end. Destroyed uncommitted, it rolls
/// back.
class WriteScope {
 public:
  static Result<std::unique_ptr<WriteScope>> Begin(Writer& writer);
  ~WriteScope();
  WriteScope(const WriteScope&) = delete;
  WriteScope& operator=(const WriteScope&) = delete;

  Result<sqlite::Statement*> Get(std::string_view name) { return writer_.session->Get(name); }
  [[nodiscard]] Writer& writer() { return writer_; }
  Result<> Commit();

 private:
  WriteScope(Writer& writer, std::unique_lock<FairMutex> lock, sqlite::Transaction transaction)
      : writer_(writer), lock_(std::move(lock)), transaction_(std::move(transaction)) {}

  Writer& writer_;
  std::unique_lock<FairMutex> lock_;
  std::optional<sqlite::Transaction> transaction_;
  bool committed_ = false;
};

/// The first column of the one row that a bound statement gives, if it gives one.
Result<std::optional<std::int64_t>> FirstInt(sqlite::Statement& statement);

/// Binds version, stream, partition and offset from parameter `first` on.
void BindLineage(sqlite::Statement& statement, int first, const pipeline::Lineage& lineage);
/// The hash in a blob column, if it holds one.
[[nodiscard]] std::optional<pipeline::MessageHash> HashIn(std::string_view bytes);
/// Reads the same four from column `first` on.
[[nodiscard]] pipeline::Lineage ReadLineage(const sqlite::Statement& statement, int first);

}  // namespace herdflow::store_sqlite
