#include "errors.hpp"

#include <sqlite3.h>

namespace herdflow::sqlite {
namespace {

struct Meaning {
  ErrorCode code;
  std::string_view what;  ///< What is wrong, and what to do next.
  bool blame_sql = false;
};

Meaning MeaningOfIoError(int code) {
  switch (code) {
    case SQLITE_IOERR_CORRUPTFS:
      return {ErrorCode::kCorruptData,
              "the file system reports corruption; check the disk and restore a backup"};
    case SQLITE_IOERR_DATA:
      return {
          ErrorCode::kCorruptData,
          "the file is damaged: a page of it is not what was written, or was cut off, or another "
          "program than herdflow has written it; stop, and restore a backup (a store.db can be "
          "made again from the log instead)"};
    case SQLITE_IOERR_NOMEM:
      return {ErrorCode::kUnavailable, "out of memory; free some and try again"};
    default:
      return {ErrorCode::kUnavailable,
              "reading or writing the disk failed; check the disk, the limit of a file's size "
              "and the system's log, then try again"};
  }
}

Meaning MeaningOfConstraint(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {ErrorCode::kConflict, "a row with this key exists already", true};
    default:
      return {ErrorCode::kInternal, "a row breaks a rule of its table", true};
  }
}

Meaning MeaningOf(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {ErrorCode::kUnavailable,
              "locked by another connection for longer than the busy time-out; try again"};
    case SQLITE_FULL:
      return {ErrorCode::kUnavailable, "the disk is full; free some space and try again"};
    case SQLITE_IOERR:
      return MeaningOfIoError(code);
    case SQLITE_CANTOPEN:
      return {ErrorCode::kUnavailable,
              "the file cannot be opened; check that its folder exists, that this user may "
              "write there and that the limit of open files is not reached"};
    case SQLITE_NOMEM:
      return {ErrorCode::kUnavailable, "out of memory; free some and try again"};
    case SQLITE_INTERRUPT:
      return {ErrorCode::kUnavailable, "interrupted; try again"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kCorruptData, "the file is damaged; stop, and restore a backup"};
    case SQLITE_NOTADB:
      return {ErrorCode::kCorruptData,
              "the file is not an SQLite database; move it away or restore a backup"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kInvalidInput,
              "the file may not be written; check the permissions of it and of its folder"};
    case SQLITE_TOOBIG:
      return {ErrorCode::kInvalidInput, "a value is larger than SQLite can hold (1 GB)"};
    case SQLITE_CONSTRAINT:
      return MeaningOfConstraint(code);
    default:
      return {ErrorCode::kInternal, "the statement failed", true};
  }
}

}  // namespace

Error Translate(int code, std::string_view name, std::string_view detail, std::string_view sql) {
  const Meaning meaning = MeaningOf(code);
  // What the system said last has nothing to do with a page that was read well.
  if (code == SQLITE_IOERR_DATA) detail = "a checksum does not fit";
  std::string text = fmt::format("{}: {} (SQLite: {}, code {})", name, meaning.what, detail, code);
  if (meaning.blame_sql && !sql.empty()) text += fmt::format(" in: {}", sql.substr(0, 400));
  return {meaning.code, std::move(text)};
}

bool IsSafeVersion(int version_number) {
  const int minor = version_number / 1000 % 1000;
  const int patch = version_number % 1000;
  if (version_number / 1'000'000 != 3) return version_number >= 4'000'000;
  if (minor == 44) return patch >= 6;
  if (minor == 50) return patch >= 7;
  if (minor == 51) return patch >= 3;
  return minor > 51;
}

}  // namespace herdflow::sqlite
