#include "pool.hpp"

#include <utility>

#include "herdflow/store_mysql/sql_files.hpp"
#include "session_settings.hpp"

namespace herdflow::store_mysql {
namespace {

constexpr std::chrono::seconds kPatience{30};

constexpr std::string_view kWrite = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
constexpr std::string_view kRead = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";

}  // namespace

/// Holds a session until the end, then gives it back.
class MysqlPool::PooledTransaction final : public store_sql::Transaction {
 public:
  /// `step`: empty, or the step whose lease it holds.
  PooledTransaction(MysqlPool& pool, std::unique_ptr<MysqlSession> session, std::string_view step)
      : pool_(pool), session_(std::move(session)), step_(step) {}

  ~PooledTransaction() override {
    Connection& connection = session_->connection();
    if (!committed_ && !connection.broken() && !connection.Execute("ROLLBACK")) {
      connection.MarkBroken();
    }
    session_->EndTransaction(/*rolled_back=*/false);  // A write scope has said otherwise before.
    pool_.GiveBack(std::move(session_));
  }

  store_sql::Session& session() override { return *session_; }

  Result<> Commit() override {
    Connection& connection = session_->connection();
    // Looking in vain writes nothing, so that an idle server's disk has rest.
    if (!step_.empty() && connection.wrote()) {
      HERDFLOW_ASSIGN(store_sql::Statement * note, session_->Get(sql::kNoteLease));
      HERDFLOW_CHECK(note->Bind(1, step_).Bind(2, std::string_view(pool_.options_.owner)).Run());
    }
    committed_ = true;  // Whatever comes of it, there is nothing left to roll back.
    auto done = connection.Execute("COMMIT");
    if (done) return done;
    // The answer is lost, or the server is: nobody knows. Any other failure is a rollback.
    if (!connection.broken()) {
      committed_ = false;
      return done;
    }
    return Fail(ErrorCode::kTimeout, "{}; the commit may have happened", done.error().message());
  }

 private:
  MysqlPool& pool_;
  std::unique_ptr<MysqlSession> session_;
  std::string_view step_;  ///< A literal.
  bool committed_ = false;
};

Result<std::unique_ptr<store_sql::Transaction>> MysqlPool::BeginWrite(std::string_view step) {
  return Begin(kWrite, step);
}

Result<std::unique_ptr<store_sql::Transaction>> MysqlPool::BeginRead() { return Begin(kRead, ""); }

Result<std::unique_ptr<store_sql::Transaction>> MysqlPool::Begin(std::string_view how,
                                                                 std::string_view step) {
  HERDFLOW_ASSIGN(auto session, Take());
  auto transaction = std::make_unique<PooledTransaction>(*this, std::move(session), step);
  Connection& connection = static_cast<MysqlSession&>(transaction->session()).connection();
  HERDFLOW_CHECK(connection.Execute(how));
  HERDFLOW_CHECK(connection.Execute("START TRANSACTION"));
  connection.ForgetWrites();
  if (step.empty()) return transaction;
  HERDFLOW_ASSIGN(store_sql::Statement * lease, transaction->session().Get(sql::kLockLease));
  HERDFLOW_ASSIGN(const bool there, lease->Bind(1, step).Step());
  lease->Reset();
  if (!there) {
    return Fail(ErrorCode::kCorruptData, "taking the lease of a step: {}step_leases has no row {}",
                databases_.ops, step);
  }
  return transaction;
}

Result<std::unique_ptr<MysqlSession>> MysqlPool::Take() {
  std::unique_lock lock(mutex_);
  if (!given_back_.wait_for(lock, kPatience, [&] { return taken_ < options_.connections; })) {
    return Fail(ErrorCode::kUnavailable,
                "taking a connection to the database: all {} were in use for {} s; raise [mysql] "
                "connections, or try again",
                options_.connections, kPatience.count());
  }
  ++taken_;
  while (!idle_.empty()) {
    Idle idle = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (Clock::now() - idle.since < fresh_ ||
        SetSession(idle.session->connection(), options_.statement_timeout)) {
      return std::move(idle.session);
    }
    idle.session.reset();
    lock.lock();
  }
  lock.unlock();
  auto connection = Connection::Open(options_);
  if (connection) {
    return std::make_unique<MysqlSession>(std::move(*connection), databases_);
  }
  lock.lock();
  --taken_;
  given_back_.notify_one();
  return Fail(std::move(connection).error());
}

void MysqlPool::GiveBack(std::unique_ptr<MysqlSession> session) {
  {
    const std::lock_guard lock(mutex_);
    --taken_;
    if (!session->connection().broken()) idle_.push_back({std::move(session), Clock::now()});
  }
  given_back_.notify_one();
}

}  // namespace herdflow::store_mysql
