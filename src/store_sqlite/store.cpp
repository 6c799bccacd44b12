#include "herdflow/store_sqlite/store.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "herdflow/sqlite/write_turn.hpp"
#include "herdflow/store_sql/store.hpp"
#include "migrations.hpp"
#include "session.hpp"

namespace herdflow::store_sqlite {
namespace {

constexpr std::chrono::milliseconds kNoPatience{0};

/// Most of a year of a herd of a thousand cows stays in memory while it is computed.
constexpr int kWriterCacheKib = 96 * 1024;
constexpr int kReaderCacheKib = 8 * 1024;
constexpr int kLedgerCacheKib = 512;
/// How long a transaction waits for its turn: far longer than any chunk takes.

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

/// A transaction of a session that others wait for meanwhile.
template <class Mutex>
class SqliteTransaction final : public store_sql::Transaction {
 public:
  SqliteTransaction(SqliteSession& session, std::unique_lock<Mutex> lock,
                    sqlite::Transaction transaction)
      : session_(session), lock_(std::move(lock)), transaction_(std::move(transaction)) {}

  store_sql::Session& session() override { return session_; }
  Result<> Commit() override { return transaction_.Commit(); }

 private:
  SqliteSession& session_;
  std::unique_lock<Mutex> lock_;
  sqlite::Transaction transaction_;  // Ends before the lock does.
};

/// The process's one writing connection. SQLite has one writer a file, so a transaction excludes
/// every other, of whatever step: in turn among threads and processes.
class SqliteWriter final : public store_sql::WriteSessions {
 public:
  SqliteWriter(std::unique_ptr<SqliteSession> session, sqlite::WriteTurn turn,
               std::chrono::milliseconds patience)
      : session_(std::move(session)), turn_(std::move(turn)), patience_(patience) {}

  Result<std::unique_ptr<store_sql::Transaction>> BeginWrite(std::string_view) override {
    const auto until = std::chrono::steady_clock::now() + patience_;
    std::unique_lock lock(mutex_);
    // Who has waited for the others of this process has waited.
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    HERDFLOW_ASSIGN(auto transaction,
                    turn_.Begin(session_->database(), std::max(left, kNoPatience), [] {}));
    return std::make_unique<SqliteTransaction<FairMutex>>(*session_, std::move(lock),
                                                          std::move(transaction));
  }

 private:
  FairMutex mutex_;
  std::unique_ptr<SqliteSession> session_;
  sqlite::WriteTurn turn_;
  const std::chrono::milliseconds patience_;
};

/// One connection, one query at a time, each in a snapshot of its own.
class SqliteReader final : public store_sql::ReadSessions {
 public:
  explicit SqliteReader(std::unique_ptr<SqliteSession> session) : session_(std::move(session)) {}

  Result<std::unique_ptr<store_sql::Transaction>> BeginRead() override {
    std::unique_lock lock(mutex_);
    HERDFLOW_CHECK(session_->database().CheckPlace());
    HERDFLOW_ASSIGN(auto snapshot, sqlite::Transaction::BeginRead(session_->database()));
    return std::make_unique<SqliteTransaction<std::mutex>>(*session_, std::move(lock),
                                                           std::move(snapshot));
  }

 private:
  std::mutex mutex_;
  std::unique_ptr<SqliteSession> session_;
};

/// Brings the file to the newest schema. Two processes that start at once: one waits, then finds
/// nothing to do.
Result<> Migrate(sqlite::Database& database) {
  HERDFLOW_ASSIGN(auto transaction, sqlite::Transaction::BeginImmediate(database));
  HERDFLOW_ASSIGN(const std::int64_t version, database.UserVersion());
  const auto newest = static_cast<std::int64_t>(kMigrations.size());
  if (version > newest) {
    return Fail(ErrorCode::kInvalidInput,
                "opening the store: its schema has version {}, this herdflow knows {}; use the "
                "newer herdflow",
                version, newest);
  }
  if (version == newest) return {};
  for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
    HERDFLOW_CHECK(database.Execute(kMigrations[next]));
  }
  HERDFLOW_CHECK(database.SetUserVersion(static_cast<std::int32_t>(newest)));
  return transaction.Commit();
}

/// A writing connection to a file of the newest schema.
Result<std::shared_ptr<SqliteWriter>> OpenWriter(const std::string& folder, bool may_create,
                                                 int cache_kib,
                                                 std::chrono::milliseconds patience) {
  HERDFLOW_ASSIGN(auto session, SqliteSession::Open(folder, may_create, cache_kib));
  HERDFLOW_CHECK(Migrate(session->database()));
  // From here on the turn waits, not SQLite.
  session->database().SetBusyTimeout(std::chrono::milliseconds(0));
  HERDFLOW_ASSIGN(auto turn, sqlite::WriteTurn::Open(SqliteSession::FileIn(folder)));
  return std::make_shared<SqliteWriter>(std::move(session), std::move(turn), patience);
}

}  // namespace

Result<std::unique_ptr<pipeline::LayerStore>> MakeSqliteLayerStore(
    const SqliteStoreOptions& options) {
  HERDFLOW_ASSIGN(auto writer, OpenWriter(options.folder, true, kWriterCacheKib, options.patience));
  HERDFLOW_ASSIGN(auto session, SqliteSession::Open(options.folder, false, kReaderCacheKib));
  return store_sql::MakeSqlLayerStore(std::move(writer),
                                      std::make_shared<SqliteReader>(std::move(session)),
                                      {options.default_farm, options.rules_code, options.use});
}

Result<std::unique_ptr<pipeline::HerdQueries>> MakeSqliteHerdQueries(const std::string& folder) {
  HERDFLOW_ASSIGN(auto session, SqliteSession::Open(folder, false, kReaderCacheKib));
  return store_sql::MakeSqlHerdQueries(std::make_shared<SqliteReader>(std::move(session)));
}

Result<std::unique_ptr<pipeline::RunLedger>> MakeSqliteRunLedger(
    const std::string& folder, std::chrono::milliseconds patience) {
  HERDFLOW_ASSIGN(auto writer, OpenWriter(folder, false, kLedgerCacheKib, patience));
  HERDFLOW_ASSIGN(auto session, SqliteSession::Open(folder, false, kLedgerCacheKib));
  return store_sql::MakeSqlRunLedger(std::move(writer),
                                     std::make_shared<SqliteReader>(std::move(session)));
}

}  // namespace herdflow::store_sqlite
