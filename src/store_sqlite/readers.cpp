#include "readers.hpp"

#include <optional>
#include <utility>

namespace herdflow::store_sqlite {

/// Holds a session until the end, then gives it back.
class SqliteReaders::Snapshot final : public store_sql::Transaction {
 public:
  Snapshot(SqliteReaders& readers, std::unique_ptr<SqliteSession> session)
      : readers_(readers), session_(std::move(session)) {}
  ~Snapshot() override {
    transaction_.reset();
    session_->EndTransaction(/*rolled_back=*/false);
    readers_.GiveBack(std::move(session_));
  }

  Result<> Begin() {
    HERDFLOW_CHECK(session_->database().CheckPlace());
    HERDFLOW_ASSIGN(auto transaction, sqlite::Transaction::BeginRead(session_->database()));
    transaction_.emplace(std::move(transaction));
    return {};
  }

  store_sql::Session& session() override { return *session_; }
  Result<> Commit() override { return transaction_->Commit(); }

 private:
  SqliteReaders& readers_;
  std::unique_ptr<SqliteSession> session_;
  std::optional<sqlite::Transaction> transaction_;
};

Result<std::shared_ptr<SqliteReaders>> SqliteReaders::Open(ReaderOptions options) {
  HERDFLOW_ASSIGN(auto first, SqliteSession::Open(options.folder, false, options.cache_kib));
  return std::shared_ptr<SqliteReaders>(new SqliteReaders(std::move(options), std::move(first)));
}

SqliteReaders::SqliteReaders(ReaderOptions options, std::unique_ptr<SqliteSession> first)
    : options_(std::move(options)), first_(first->database()) {
  idle_.push_back(std::move(first));
}

Result<std::unique_ptr<store_sql::Transaction>> SqliteReaders::BeginRead() {
  HERDFLOW_ASSIGN(auto session, Take());
  auto snapshot = std::make_unique<Snapshot>(*this, std::move(session));
  HERDFLOW_CHECK(snapshot->Begin());
  return snapshot;
}

Result<std::unique_ptr<SqliteSession>> SqliteReaders::Take() {
  {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return !idle_.empty() || opened_ < options_.most; });
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());  // Its pages are in memory, most likely.
      idle_.pop_back();
      return session;
    }
    ++opened_;
  }
  const auto open = [&]() -> Result<std::unique_ptr<SqliteSession>> {
    HERDFLOW_CHECK(first_.CheckPlace());
    return SqliteSession::Open(options_.folder, false, options_.cache_kib);
  };
  auto opened = open();
  if (!opened) {
    const std::lock_guard lock(mutex_);
    --opened_;
    given_back_.notify_one();
  }
  return opened;
}

void SqliteReaders::GiveBack(std::unique_ptr<SqliteSession> session) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
  }
  given_back_.notify_one();
}

}  // namespace herdflow::store_sqlite
