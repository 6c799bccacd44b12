#include "herdflow/sqlite/database.hpp"

#include <malloc.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "connection.hpp"
#include "errors.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/sqlite/file_lock.hpp"
#include "new_file.hpp"
#include "sealed_pages.hpp"

namespace herdflow::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kInMemory = ":memory:";
/// The write-ahead log's file is cut to this size when it starts anew.
constexpr std::int64_t kKeptWalBytes = 64 << 20;
/// So many times OpenOptions::checkpoint_pages the log becomes only where there always is a reader:
/// it cannot start anew then, and would grow until the disk is full.
constexpr std::int64_t kTooLong = 4;
/// For those who read when it is that long. A longer log is worth a longer wait.
constexpr std::chrono::milliseconds kReaderPatience{50}, kLongestReaderPatience{2'000};
/// While another process rewrites the file, or reads it.
constexpr std::chrono::minutes kSealPatience{10};
constexpr std::chrono::milliseconds kLook{5};

/// Called after each commit with the number of pages in the write-ahead log. Replaces SQLite's own
/// hook, which keeps the number to itself and, while a reader holds the log, tries at every commit.
int AfterCommit(void* argument, sqlite3*, const char*, int pages) {
  auto& connection = *static_cast<Connection*>(argument);
  if (pages < connection.copied_pages) connection.copied_pages = 0;  // It started anew.
  connection.wal_pages = pages;
  if (pages - connection.copied_pages < connection.checkpoint_pages) return SQLITE_OK;
  // Its failure is no failure of the commit: the pages stay where they are safe.
  if (pages / kTooLong < connection.checkpoint_pages || pages < connection.restart_again_at) {
    static_cast<void>(connection.Checkpoint(SQLITE_CHECKPOINT_PASSIVE));
    return SQLITE_OK;
  }
  const auto patience = kReaderPatience * (pages / kTooLong / connection.checkpoint_pages);
  sqlite3_busy_timeout(connection.handle,
                       static_cast<int>(std::min(patience, kLongestReaderPatience).count()));
  const int code = connection.Checkpoint(SQLITE_CHECKPOINT_RESTART);
  sqlite3_busy_timeout(connection.handle, static_cast<int>(connection.busy_timeout.count()));
  connection.restart_again_at = code == SQLITE_OK ? 0 : pages + connection.checkpoint_pages;
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
  const int code =
      sqlite3_open_v2(options.path.c_str(), &connection->handle,
                      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, SealedPages());
  if (code != SQLITE_OK) {
    return Fail(connection->Failure(code).Because("opening " + options.path));
  }
  sqlite3* handle = connection->handle;
  connection->SetBusyTimeout(options.busy_timeout);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_wal_hook(handle, AfterCommit, connection.get());
  return connection;
}

/// kCorruptData where a file that is ours is not sealed: every one is.
Result<> CheckOwner(std::int64_t id, bool is_sealed, const OpenOptions& options) {
  const bool is_ours = id == options.application_id;
  if (is_ours && !is_sealed) {
    return Fail(ErrorCode::kCorruptData,
                "opening {}: the file is damaged: its header is not what was written; stop, and "
                "restore a backup",
                options.path);
  }
  if (is_ours || (id != 0 && id == options.unsealed_application_id)) return {};
  return Fail(ErrorCode::kInvalidInput,
              "opening {}: this is not a herdflow {} file (application id {}, not {}); choose "
              "another data folder, or move the file away",
              options.path, options.what, id, options.application_id);
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

Result<> SetApplicationId(Database& database, const OpenOptions& options) {
  return database.Execute(fmt::format("PRAGMA application_id={}", options.application_id));
}

/// What a new file is, whole.
Result<> Claim(Connection& connection, Database& database, const OpenOptions& options) {
  HERDFLOW_CHECK(database.Execute(fmt::format("PRAGMA page_size={}", options.page_size)));
  WantSeals(connection.handle);
  HERDFLOW_CHECK(UseWriteAheadLog(database, options));
  return SetApplicationId(database, options);
}

/// Rewrites a file of an earlier release. Killed at any instant, it is done again; of several
/// processes one does it, the others wait.
Result<> Seal(Connection& connection, Database& database, const OpenOptions& options) {
  HERDFLOW_ASSIGN(auto turn, FileLock::Open(options.path + "-turn"));
  const auto deadline = Clock::now() + kSealPatience;
  while (!turn.TryLock() && Clock::now() < deadline) std::this_thread::sleep_for(kLook);
  HERDFLOW_ASSIGN(const std::int64_t id, database.QueryInt("PRAGMA application_id"));
  if (id == options.application_id) return {};
  Log(LogLevel::kInfo, "{}: an earlier herdflow made it; rewriting it once, with checksums",
      options.path);
  WantSeals(connection.handle);
  database.SetBusyTimeout(kSealPatience);
  auto done = database.Execute("VACUUM");
  if (done) done = SetApplicationId(database, options);
  if (done) done = database.Checkpoint();
  database.SetBusyTimeout(options.busy_timeout);
  if (!done) {
    return Fail(done.error().Because(fmt::format(
        "rewriting {} with checksums, for which twice its size must be free", options.path)));
  }
  return {};
}

Result<> Configure(Database& database, const OpenOptions& options) {
  if (!options.read_only) HERDFLOW_CHECK(UseWriteAheadLog(database, options));
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
  const bool in_memory = options.path == kInMemory;
  if (!in_memory) HERDFLOW_CHECK(FindOrMake(options));
  HERDFLOW_ASSIGN(auto connection, Connect(options));
  Connection& opened = *connection;
  Database database(std::move(connection));
  auto done = [&]() -> Result<> {
    if (in_memory) HERDFLOW_CHECK(Claim(opened, database, options));
    HERDFLOW_ASSIGN(const std::int64_t id, database.QueryInt("PRAGMA application_id"));
    HERDFLOW_CHECK(CheckOwner(id, HasSeals(opened.handle), options));
    HERDFLOW_CHECK(Configure(database, options));
    if (id == options.application_id || options.read_only) return {};
    return Seal(opened, database, options);
  }();
  if (!done) return Fail(std::move(done).error());
  if (!in_memory) opened.NotePlace(options.path);
  return database;
}

Result<> Database::FindOrMake(const OpenOptions& options) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(options.path, missing);
  if (!missing && size != 0) return {};
  if (!missing) {
    return Fail(ErrorCode::kCorruptData,
                "opening {}: the file is empty, which herdflow leaves none: it was cut; restore a "
                "copy of it, or remove it to begin anew without it",
                options.path);
  }
  if (options.read_only) {
    return Fail(ErrorCode::kNotFound, "opening {}: there is no such {} file", options.path,
                options.what);
  }
  return MakeWhole(options.path, [&](const std::string& path) -> Result<> {
    OpenOptions elsewhere = options;
    elsewhere.path = path;
    HERDFLOW_ASSIGN(auto connection, Connect(elsewhere));
    Connection& opened = *connection;
    Database database(std::move(connection));
    return Claim(opened, database, elsewhere);
  });
}

void Database::ReadDamagedPages() { IgnoreSeals(connection_->handle); }

Result<> Database::CheckPlace() const {
  if (connection_->IsInPlace()) return {};
  return Fail(ErrorCode::kUnavailable,
              "{}: the file was moved, removed or replaced while it is in use, so nothing more is "
              "written to it; put its folder back as it was, or start herdflow anew",
              connection_->name);
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
  connection_->SetBusyTimeout(timeout);
}

std::int64_t Database::changes() const { return sqlite3_changes64(connection_->handle); }

std::int64_t Database::last_insert_rowid() const {
  return sqlite3_last_insert_rowid(connection_->handle);
}

Result<std::int64_t> Database::UserVersion() { return QueryInt("PRAGMA user_version"); }

Result<> Database::SetUserVersion(std::int32_t version) {
  return Execute(fmt::format("PRAGMA user_version={}", version));
}

void Database::ReleaseMemory() {
  sqlite3_db_release_memory(connection_->handle);
  malloc_trim(0);  // What is freed lies scattered, and would stay with the process.
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
