#include "herdflow/sqlite/statement.hpp"

#include <sqlite3.h>

#include <utility>

#include "connection.hpp"

namespace herdflow::sqlite {

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      handle_(std::exchange(other.handle_, nullptr)),
      bind_failure_(other.bind_failure_),
      in_rows_(other.in_rows_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(handle_, other.handle_);
  std::swap(bind_failure_, other.bind_failure_);
  std::swap(in_rows_, other.in_rows_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::BeforeBind() {
  if (in_rows_) Reset();
}

Statement& Statement::Note(int code) {
  if (code != SQLITE_OK && bind_failure_ == SQLITE_OK) bind_failure_ = code;
  return *this;
}

Statement& Statement::Bind(int index, std::nullptr_t) {
  BeforeBind();
  return Note(sqlite3_bind_null(handle_, index));
}

Statement& Statement::BindInt(int index, std::int64_t number) {
  BeforeBind();
  return Note(sqlite3_bind_int64(handle_, index, number));
}

Statement& Statement::BindDouble(int index, double number) {
  BeforeBind();
  return Note(sqlite3_bind_double(handle_, index, number));
}

// A null pointer would bind NULL, where an empty text is meant.
Statement& Statement::Bind(int index, std::string_view text) {
  BeforeBind();
  const char* data = text.data() != nullptr ? text.data() : "";
  return Note(sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

Statement& Statement::BindBlob(int index, std::string_view bytes) {
  BeforeBind();
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  return Note(sqlite3_bind_blob64(handle_, index, data, bytes.size(), SQLITE_STATIC));
}

Result<bool> Statement::Step() {
  if (bind_failure_ != SQLITE_OK) return Failed(std::exchange(bind_failure_, SQLITE_OK));
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) {
    in_rows_ = true;
    return true;
  }
  if (code != SQLITE_DONE) return Failed(code);
  Reset();
  return false;
}

Result<bool> Statement::Failed(int code) {
  // The words first: a reset may change what the connection says last happened.
  Error error = connection_->Failure(code, sqlite3_sql(handle_));
  Reset();
  return Fail(std::move(error));
}

Result<> Statement::Run() {
  for (;;) {
    auto row = Step();
    if (!row) return Fail(std::move(row).error());
    if (!*row) return {};
  }
}

void Statement::Reset() {
  sqlite3_reset(handle_);
  in_rows_ = false;
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::Double(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::Text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::string_view Statement::Blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::optional<std::int64_t> Statement::MaybeInt(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<std::string_view> Statement::MaybeText(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

}  // namespace herdflow::sqlite
