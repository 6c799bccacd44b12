#include "herdflow/sqlite/database.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <thread>
#include <utility>

#include "connection.hpp"
#include "errors.hpp"

namespace herdflow::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kInMemory = ":memory:";
/// The write-ahead log's file is cut to this size when it starts anew.
constexpr std::int64_t kKeptWalBytes = 64 << 20;

/// Called after each commit with the number of pages in the write-ahead log. Replaces SQLite's own
/// hook, which keeps the number to itself and, while a reader holds the log, tries at every commit.
int AfterCommit(void* argument, sqlite3*, const char*, int pages) {
  auto& connection = *static_cast<Connection*>(argument);
  if (pages < connection.copied_pages) connection.copied_pages = 0;  // It started anew.
  connection.wal_pages = pages;
  if (pages - connection.copied_pages >= connection.checkpoint_pages) {
    // Its failure is no failure of the commit: the pages stay where they are safe.
    static_cast<void>(connection.Checkpoint(SQLITE_CHECKPOINT_PASSIVE));
  }
  return SQLITE_OK;
}

Result<> CheckLibrary() {
  if (IsSafeVersion(sqlite3_libversion_number())) return {};
  return Fail(ErrorCode::kInvalidInput,
              "SQLite {} may corrupt a file that two connections write (the WAL-reset bug); "
              "use 3.51.3 or later, 3.50.7 or 3.44.6",
              sqlite3_libversion());
}

Result<std::unique_ptr<Connection>> Connect(const OpenOptions& options) {
  auto connection = std::make_unique<Connection>();
  connection->name = std::filesystem::path(options.path).filename().string();
  connection->checkpoint_pages = options.checkpoint_pages;
  const int access =
      options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(options.path.c_str(), &connection->handle,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    return Fail(connection->Failure(code).Because("opening " + options.path));
  }
  sqlite3* handle = connection->handle;
  sqlite3_busy_timeout(handle, static_cast<int>(options.busy_timeout.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_wal_hook(handle, AfterCommit, connection.get());
  return connection;
}

/// Whether the file is new. Reads only: nothing of a foreign file is touched.
Result<bool> CheckOwner(Database& database, const OpenOptions& options) {
  HERDFLOW_ASSIGN(const std::int64_t id, database.QueryInt("PRAGMA application_id"));
  if (id == options.application_id) return false;
  HERDFLOW_ASSIGN(const std::int64_t tables,
                  database.QueryInt("SELECT count(*) FROM sqlite_schema"));
  if (id != 0 || tables != 0) {
    return Fail(ErrorCode::kInvalidInput,
                "opening {}: this is not a herdflow {} file (application id {}, not {}); choose "
                "another data folder, or move the file away",
                options.path, options.what, id, options.application_id);
  }
  if (options.read_only) {
    return Fail(ErrorCode::kNotFound, "opening {}: the {} is empty as yet; write to it first",
                options.path, options.what);
  }
  return true;
}

/// The change to write-ahead logging does not wait for locks as other statements do, so that two
/// processes that make one file at the same moment need another try.
Result<> UseWriteAheadLog(Database& database, const OpenOptions& options) {
  const auto deadline = Clock::now() + options.busy_timeout;
  for (;;) {
    auto done = database.Execute("PRAGMA journal_mode=WAL");
    if (done || done.error().code() != ErrorCode::kUnavailable || Clock::now() >= deadline) {
      return done;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<> Claim(Database& database, const OpenOptions& options) {
  HERDFLOW_CHECK(database.Execute(fmt::format("PRAGMA page_size={}", options.page_size)));
  HERDFLOW_CHECK(UseWriteAheadLog(database, options));
  HERDFLOW_ASSIGN(auto transaction, Transaction::BeginImmediate(database));
  // Whoever came second finds the file claimed.
  HERDFLOW_ASSIGN(const bool is_new, CheckOwner(database, options));
  if (!is_new) return {};
  HERDFLOW_CHECK(database.Execute(fmt::format("PRAGMA application_id={}", options.application_id)));
  return transaction.Commit();
}

Result<> Configure(Database& database, const OpenOptions& options) {
  HERDFLOW_ASSIGN(const bool is_new, CheckOwner(database, options));
  if (is_new) {
    HERDFLOW_CHECK(Claim(database, options));
  } else if (!options.read_only) {
    HERDFLOW_CHECK(UseWriteAheadLog(database, options));
  }
  return database.Execute(
      fmt::format("PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF; PRAGMA mmap_size=0;"
                  "PRAGMA cache_size=-{}; PRAGMA journal_size_limit={};",
                  options.cache_kib, kKeptWalBytes));
}

int ToSqlite(CheckpointMode mode) {
  switch (mode) {
    case CheckpointMode::kPassive:
      return SQLITE_CHECKPOINT_PASSIVE;
    case CheckpointMode::kRestart:
      return SQLITE_CHECKPOINT_RESTART;
    case CheckpointMode::kTruncate:
      return SQLITE_CHECKPOINT_TRUNCATE;
  }
  return SQLITE_CHECKPOINT_PASSIVE;
}

}  // namespace

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::Open(const OpenOptions& options) {
  HERDFLOW_CHECK(CheckLibrary());
  std::error_code ignored;
  if (options.read_only && options.path != kInMemory &&
      !std::filesystem::exists(options.path, ignored)) {
    return Fail(ErrorCode::kNotFound, "opening {}: there is no such {} file", options.path,
                options.what);
  }
  HERDFLOW_ASSIGN(auto connection, Connect(options));
  Database database(std::move(connection));
  if (auto done = Configure(database, options); !done) return Fail(std::move(done).error());
  return database;
}

Result<> Database::Execute(std::string_view sql) {
  while (!sql.empty()) {
    std::string_view rest;
    HERDFLOW_ASSIGN(auto handle, connection_->Compile(sql, 0, rest));
    if (handle) HERDFLOW_CHECK(Statement(connection_.get(), handle.release()).Run());
    sql = rest;
  }
  return {};
}

Result<Statement> Database::Prepare(std::string_view sql) {
  std::string_view rest;
  HERDFLOW_ASSIGN(auto handle, connection_->Compile(sql, SQLITE_PREPARE_PERSISTENT, rest));
  if (!handle) return Fail(ErrorCode::kInternal, "{}: no statement to prepare", connection_->name);
  return Statement(connection_.get(), handle.release());
}

Result<std::int64_t> Database::QueryInt(std::string_view sql) {
  HERDFLOW_ASSIGN(auto statement, Prepare(sql));
  HERDFLOW_ASSIGN(const bool row, statement.Step());
  if (!row) return Fail(ErrorCode::kInternal, "{}: no row from {}", connection_->name, sql);
  return statement.Int(0);
}

void Database::SetBusyTimeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(connection_->handle, static_cast<int>(timeout.count()));
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_->handle); }

std::int64_t Database::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(connection_->handle);
}

Result<std::int64_t> Database::UserVersion() { return QueryInt("PRAGMA user_version"); }

Result<> Database::SetUserVersion(std::int32_t version) {
  return Execute(fmt::format("PRAGMA user_version={}", version));
}

std::int64_t Database::wal_pages() const { return connection_->wal_pages; }

std::int64_t Database::pages_to_copy() const {
  return connection_->wal_pages - connection_->copied_pages;
}

Result<> Database::Checkpoint(CheckpointMode mode) {
  const int code = connection_->Checkpoint(ToSqlite(mode));
  // Passive: another connection that checkpoints already is as good.
  if (code == SQLITE_BUSY && mode == CheckpointMode::kPassive) return {};
  if (code != SQLITE_OK) return Fail(connection_->Failure(code).Because("checkpointing"));
  return {};
}

}  // namespace herdflow::sqlite
