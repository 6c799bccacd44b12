#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "herdflow/core/result.hpp"

struct sqlite3_stmt;

namespace herdflow::sqlite {

struct Connection;

/// One prepared statement, used again and again.
///
/// Lifetime: ends before its Database does. Bound texts and blobs are not copied: they must live
/// until Step has said that there is no further row, or Run has returned.
/// Threads: the thread that uses the Database at the time.
/// Columns count from 0, parameters from 1, as in SQLite.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Give a parameter its value; it keeps it until it is given another. A failure (no such
  /// parameter, a value beyond 1 GB) is told by the next Step or Run.
  Statement& Bind(int index, std::nullptr_t null);
  Statement& Bind(int index, std::string_view text);
  template <std::integral T>
  Statement& Bind(int index, T number) {
    return BindInt(index, static_cast<std::int64_t>(number));
  }
  template <std::floating_point T>
  Statement& Bind(int index, T number) {
    return BindDouble(index, static_cast<double>(number));
  }
  template <class T>
  Statement& Bind(int index, const std::optional<T>& value) {
    return value ? Bind(index, *value) : Bind(index, nullptr);
  }
  Statement& BindBlob(int index, std::string_view bytes);

  /// True: a row stands in the columns until the next Step, Run, Bind or Reset. False: no further
  /// row, and the statement is ready to be used again. After a failure it is ready too.
  [[nodiscard]] Result<bool> Step();
  /// Step to the end, whatever rows come.
  [[nodiscard]] Result<> Run();
  /// Leave the rows that were not read. An unfinished SELECT keeps its snapshot, and so the
  /// write-ahead log, from being cut: reset it as soon as its rows are not needed.
  void Reset();

  [[nodiscard]] bool IsNull(int column) const;
  [[nodiscard]] std::int64_t Int(int column) const;  ///< NULL reads as 0.
  [[nodiscard]] double Double(int column) const;     ///< NULL reads as 0.
  /// The bytes of the row in hand; NULL reads as empty.
  [[nodiscard]] std::string_view Text(int column) const;
  [[nodiscard]] std::string_view Blob(int column) const;
  [[nodiscard]] std::optional<std::int64_t> MaybeInt(int column) const;
  [[nodiscard]] std::optional<std::string_view> MaybeText(int column) const;

 private:
  friend class Database;
  Statement(Connection* connection, sqlite3_stmt* handle)
      : connection_(connection), handle_(handle) {}
  Statement& BindInt(int index, std::int64_t number);
  Statement& BindDouble(int index, double number);
  void BeforeBind();
  Statement& Note(int code);
  [[nodiscard]] Result<bool> Failed(int code);

  Connection* connection_;
  sqlite3_stmt* handle_;
  int bind_failure_ = 0;
  bool in_rows_ = false;
};

}  // namespace herdflow::sqlite
