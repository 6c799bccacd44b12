#include "herdflow/store_sqlite/store.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "herdflow/sqlite/write_turn.hpp"
#include "herdflow/store_sql/store.hpp"
#include "migrations.hpp"
#include "readers.hpp"
#include "session.hpp"

namespace herdflow::store_sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kNoPatience{0};

/// Most of a year of a herd of a thousand cows stays in memory while it is computed.
constexpr int kWriterCacheKib = 96 * 1024;
/// Of each reader; the system remembers the file's pages for all of them.
constexpr int kReaderCacheKib = 2 * 1024;
constexpr std::size_t kReaders = 4;
constexpr std::chrono::seconds kRestsAfter{10};
constexpr int kLedgerCacheKib = 512;

/// A lock that its waiters get in the order in which they came. A step that begins its next chunk
/// right after a commit would take a std::mutex again and again before whoever waits has woken up.
class FairMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t ticket = next_ticket_++;
    turn_came_.wait(guard, [&] { return serving_ == ticket; });
  }
  bool try_lock() {
    const std::lock_guard guard(mutex_);
    if (serving_ != next_ticket_) return false;
    ++next_ticket_;
    return true;
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

/// A transaction of the session that others wait for meanwhile.
class SqliteWriteTransaction final : public store_sql::Transaction {
 public:
  SqliteWriteTransaction(SqliteSession& session, std::unique_lock<FairMutex> lock,
                         sqlite::Transaction transaction,
                         std::optional<Clock::time_point>& wrote_at)
      : session_(session),
        lock_(std::move(lock)),
        wrote_at_(wrote_at),
        transaction_(std::move(transaction)) {}

  store_sql::Session& session() override { return session_; }
  Result<> Commit() override {
    const std::int64_t pages = session_.database().wal_pages();
    HERDFLOW_CHECK(transaction_.Commit());
    if (session_.database().wal_pages() != pages) wrote_at_ = Clock::now();
    return {};
  }

 private:
  SqliteSession& session_;
  std::unique_lock<FairMutex> lock_;
  std::optional<Clock::time_point>& wrote_at_;
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
    const auto until = Clock::now() + patience_;
    std::unique_lock lock(mutex_);
    // Who has waited for the others of this process has waited.
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    HERDFLOW_ASSIGN(auto transaction,
                    turn_.Begin(session_->database(), std::max(left, kNoPatience), [] {}));
    return std::make_unique<SqliteWriteTransaction>(*session_, std::move(lock),
                                                    std::move(transaction), wrote_at_);
  }

  void Rest() override {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || !wrote_at_ || Clock::now() - *wrote_at_ < kRestsAfter) return;
    session_->database().ReleaseMemory();
    wrote_at_.reset();
  }

 private:
  FairMutex mutex_;
  std::optional<Clock::time_point> wrote_at_;  ///< The last time, unless it has rested since.
  std::unique_ptr<SqliteSession> session_;
  sqlite::WriteTurn turn_;
  const std::chrono::milliseconds patience_;
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
  HERDFLOW_ASSIGN(auto readers, SqliteReaders::Open({options.folder, kReaderCacheKib, kReaders}));
  return store_sql::MakeSqlLayerStore(std::move(writer), std::move(readers),
                                      {options.default_farm, options.rules_code, options.use});
}

Result<pipeline::StoreQueries> MakeSqliteQueries(const std::string& folder) {
  HERDFLOW_ASSIGN(auto readers, SqliteReaders::Open({folder, kReaderCacheKib, kReaders}));
  return store_sql::MakeSqlQueries(readers);
}

Result<std::unique_ptr<pipeline::RunLedger>> MakeSqliteRunLedger(
    const std::string& folder, std::chrono::milliseconds patience) {
  HERDFLOW_ASSIGN(auto writer, OpenWriter(folder, false, kLedgerCacheKib, patience));
  HERDFLOW_ASSIGN(auto readers, SqliteReaders::Open({folder, kLedgerCacheKib, 1}));
  return store_sql::MakeSqlRunLedger(std::move(writer), std::move(readers));
}

}  // namespace herdflow::store_sqlite
