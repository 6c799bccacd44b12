/// SQLite's bare group commit, the yardstick of what the embedded log can reach: rows of the bytes
/// that a reading has there, so many a transaction, each transaction synced as the log's are.
///
///   group_commit FILE ROWS_A_COMMIT SECONDS
///
/// Prints a line of JSON: the rows, the seconds, the CPU seconds of this process.

#include <sqlite3.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA cache_size = -4096;"
    "PRAGMA wal_autocheckpoint = 4096;"
    "CREATE TABLE events(position INTEGER PRIMARY KEY, broker_time INTEGER NOT NULL,"
    " key BLOB NOT NULL, value BLOB NOT NULL, headers BLOB, checksum INTEGER NOT NULL) STRICT";
constexpr const char* kInsert =
    "INSERT INTO events(position, broker_time, key, value, headers, checksum) "
    "VALUES (?, ?, ?, ?, ?, ?)";
constexpr std::int64_t kMicrosOfTime = 1'712'466'000'000'000;

[[noreturn]] void Die(const char* doing, const char* why) {
  std::fprintf(stderr, "group_commit: %s: %s\n", doing, why);
  std::exit(1);
}

void Check(sqlite3* database, int code, const char* doing) {
  if (code != SQLITE_OK && code != SQLITE_DONE) Die(doing, sqlite3_errmsg(database));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr double kMicro = 1e-6;
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * kMicro;
}

/// A statement that returns no rows, again and again.
class Prepared {
 public:
  Prepared(sqlite3* database, const char* sql) : database_(database), sql_(sql) {
    Check(database, sqlite3_prepare_v2(database, sql, -1, &handle_, nullptr), sql);
  }
  ~Prepared() { sqlite3_finalize(handle_); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  void Run() {
    Check(database_, sqlite3_step(handle_), sql_);
    sqlite3_reset(handle_);
  }
  void Bind(int index, std::int64_t number) { sqlite3_bind_int64(handle_, index, number); }
  void Bind(int index, const std::string& bytes) {
    sqlite3_bind_blob64(handle_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
  }

 private:
  sqlite3* database_;
  const char* sql_;
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) Die("usage", "FILE ROWS_A_COMMIT SECONDS");
  const std::int64_t rows_a_commit = std::atoll(arguments[2]);
  sqlite3* database = nullptr;
  Check(database, sqlite3_open(arguments[1], &database), "opening");
  Check(database, sqlite3_exec(database, kSchema, nullptr, nullptr, nullptr), "making the table");
  std::int64_t rows = 0;
  double seconds = 0;
  {
    Prepared begin(database, "BEGIN IMMEDIATE"), insert(database, kInsert),
        commit(database, "COMMIT");
    const std::string key = "sensor-042_cow-017";
    const std::string value =
        R"({"sensor_id":"sensor-042","cow_id":"cow-017","timestamp":1712466000.123456,"value":12.34})";
    const std::string headers(34, 'h');  // One request's id, with its name and both lengths.
    insert.Bind(3, key);
    insert.Bind(4, value);
    insert.Bind(5, headers);
    const auto start = std::chrono::steady_clock::now();
    while (seconds < std::atof(arguments[3])) {
      begin.Run();
      for (std::int64_t i = 0; i < rows_a_commit; ++i) {
        insert.Bind(1, rows);
        insert.Bind(2, kMicrosOfTime + rows);
        insert.Bind(6, kMicrosOfTime - rows);
        insert.Run();
        ++rows;
      }
      commit.Run();
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  }
  std::printf("{\"rows\": %lld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
              static_cast<long long>(rows), seconds, CpuSeconds());
  sqlite3_close(database);
}
