#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/sqlite/statement.hpp"

namespace herdflow::sqlite {

struct OpenOptions {
  std::string path;             ///< A file, or `:memory:`.
  bool read_only = false;       ///< The file must exist then.
  std::int32_t application_id;  ///< Written into a new file, checked in an old one.
  /// That of the files which a release before the checksums made; 0: there are none. Such a file is
  /// rewritten once, at the first opening that may write: as much free space again is needed.
  std::int32_t unsealed_application_id = 0;
  std::string_view what = "database";  ///< For messages: `log`, `store`.
  int cache_kib = 16 * 1024;           ///< Page cache of this connection.
  int page_size = 4096;                ///< Of a new file.
  /// How long a step waits for another connection's lock before it fails with kUnavailable.
  std::chrono::milliseconds busy_timeout{5'000};
  /// A commit that leaves this many pages in the write-ahead log copies them into the file, on the
  /// committer's time. An owner that calls Checkpoint when it is idle seldom gets there. Where
  /// there always is a reader the log grows; from four times as long on the committer waits for
  /// them, 50 ms and more the longer it is, with other writers behind it, so that the log starts
  /// anew.
  std::int64_t checkpoint_pages = 16'384;
};

enum class CheckpointMode : std::uint8_t {
  kPassive,   ///< What can be copied without waiting for anybody.
  kRestart,   ///< All of it; waits for readers, and holds writers off meanwhile.
  kTruncate,  ///< As kRestart, and cuts the write-ahead log to nothing.
};

/// One connection to one SQLite file: write-ahead log, every commit synced to disk, a checksum on
/// every page that is compared when it is read.
///
/// Threads: one at a time (several connections to one file are the way to more).
/// Failures: kUnavailable (locked, full, I/O error: the same may succeed later), kCorruptData
/// (a page is not what was written, the file was cut), kInvalidInput (not our file, not permitted),
/// kConflict (a key exists), kInternal (wrong SQL).
class Database {
 public:
  /// Open, or make the file: it appears whole or not at all, so that an empty one is damaged.
  /// Refuses a SQLite library that may corrupt a file written by several connections (the WAL-reset
  /// bug), and a file of another application.
  static Result<Database> Open(const OpenOptions& options);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// Run one or many statements; rows are dropped.
  Result<> Execute(std::string_view sql);
  /// Compile one statement that will be used often.
  Result<Statement> Prepare(std::string_view sql);
  /// The first column of the first row of a query that has one.
  Result<std::int64_t> QueryInt(std::string_view sql);

  /// kUnavailable: the file was moved, removed or replaced while it is open, so that nothing which
  /// is written to it would be found again. Two looks at the file system.
  [[nodiscard]] Result<> CheckPlace() const;

  /// Give pages as they are from now on: for a reader whose rows have checksums of their own. Write
  /// nothing by this connection: a damaged page would become a whole one.
  void ReadDamagedPages();

  /// As OpenOptions::busy_timeout, from now on; 0: fail at once.
  void SetBusyTimeout(std::chrono::milliseconds timeout);

  /// Rows that the last INSERT, UPDATE or DELETE changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_insert_rowid() const;

  /// The schema's version: 0 in a new file. Set it in the transaction that migrates.
  Result<std::int64_t> UserVersion();
  Result<> SetUserVersion(std::int32_t version);

  /// Give the pages of the cache, and whatever else the process holds and does not use, back to the
  /// system.
  void ReleaseMemory();
  /// Pages in the write-ahead log after this connection's last commit or checkpoint, and how many
  /// of them it has not copied into the file yet. Long and copied: a reader keeps it from starting
  /// anew, kRestart helps.
  [[nodiscard]] std::int64_t wal_pages() const;
  [[nodiscard]] std::int64_t pages_to_copy() const;
  /// Copy the write-ahead log into the file. kRestart and kTruncate: kUnavailable where readers
  /// did not let go within the busy time-out; nothing is lost, try later.
  Result<> Checkpoint(CheckpointMode mode = CheckpointMode::kPassive);

 private:
  friend class Transaction;
  explicit Database(std::unique_ptr<Connection> connection);
  static Result<> FindOrMake(const OpenOptions& options);

  std::unique_ptr<Connection> connection_;
};

/// One transaction; destroyed without Commit it is rolled back. No nesting.
///
/// Lifetime: ends before its Database does, which may be moved meanwhile.
class Transaction {
 public:
  /// Takes the file's write lock at once, so that nothing read in it can be stale when written.
  static Result<Transaction> BeginImmediate(Database& database);
  /// One snapshot for several SELECTs.
  static Result<Transaction> BeginRead(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// kTimeout: an I/O error while the commit was written or synced, or the file was moved away
  /// meanwhile: it may have happened. Any other failure: it has not, and is rolled back.
  Result<> Commit();

 private:
  explicit Transaction(Connection* connection) : connection_(connection) {}

  Connection* connection_;
};

}  // namespace herdflow::sqlite
