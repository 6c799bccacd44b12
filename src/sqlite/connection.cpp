#include "connection.hpp"

#include <unistd.h>

#include <system_error>

#include "errors.hpp"

namespace herdflow::sqlite {

Connection::~Connection() {
  for (auto* kept : {&begin_immediate, &begin_read, &commit, &rollback}) kept->reset();
  sqlite3_close_v2(handle);
}

Result<StatementHandle> Connection::Compile(std::string_view sql, unsigned flags,
                                            std::string_view& rest) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()), flags,
                                      &statement, &tail);
  if (code != SQLITE_OK) return Fail(Failure(code, sql));
  rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  return StatementHandle(statement);
}

int Connection::RunKept(StatementHandle& kept, std::string_view sql) {
  if (!kept) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return code;
    kept.reset(statement);
  }
  const int code = sqlite3_step(kept.get());
  sqlite3_reset(kept.get());
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

void Connection::SetBusyTimeout(std::chrono::milliseconds timeout) {
  busy_timeout = timeout;
  sqlite3_busy_timeout(handle, static_cast<int>(timeout.count()));
}

int Connection::Checkpoint(int sqlite_mode) {
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle, nullptr, sqlite_mode, &in_log, &copied);
  if (in_log >= 0) {
    wal_pages = in_log;
    copied_pages = copied;
  }
  return code;
}

void Connection::NotePlace(const std::string& file_path) {
  struct stat opened {};
  if (::stat(file_path.c_str(), &opened) != 0) return;
  path = file_path;
  device = opened.st_dev;
  inode = opened.st_ino;
}

bool Connection::IsInPlace() const {
  if (path.empty()) return true;
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && now.st_dev == device && now.st_ino == inode &&
         ::access((path + "-wal").c_str(), F_OK) == 0;
}

Error Connection::Failure(int code, std::string_view sql) const {
  const bool told = handle != nullptr && (sqlite3_errcode(handle) & 0xff) == (code & 0xff);
  std::string detail = told ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
  const int kind = code & 0xff;
  if (system != 0 && (kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_FULL)) {
    detail += ": " + std::generic_category().message(system);
  }
  return Translate(code, name, detail, sql);
}

}  // namespace herdflow::sqlite
