#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "herdflow/core/result.hpp"
#include "herdflow/store_sql/ids.hpp"
#include "herdflow/store_sql/known_herd.hpp"
#include "herdflow/store_sql/sql.hpp"
#include "herdflow/store_sql/sql_files.hpp"

/// What the SQL store needs of an engine: sessions that run the shared statements by name.
namespace herdflow::store_sql {

/// A parameter of a statement. Texts and blobs are views.
class Value {
 public:
  enum class Kind : std::uint8_t { kNull, kInt, kText, kBlob };

  Value() = default;
  Value(std::nullptr_t) {}                                            // NOLINT: converts
  Value(std::string_view text) : kind_(Kind::kText), bytes_(text) {}  // NOLINT: converts
  template <std::integral T>
  Value(T number)  // NOLINT: converts
      : kind_(Kind::kInt), integer_(static_cast<std::int64_t>(number)) {}
  template <class T>
    requires std::is_enum_v<T>
  Value(T ref) : Value(static_cast<std::int64_t>(ref)) {}  // NOLINT: converts
  template <class T>
  Value(const std::optional<T>& value) : Value(value ? Value(*value) : Value()) {}  // NOLINT
  static Value Blob(std::string_view bytes) {
    Value value(bytes);
    value.kind_ = Kind::kBlob;
    return value;
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] std::string_view bytes() const { return bytes_; }

 private:
  Kind kind_ = Kind::kNull;
  std::int64_t integer_ = 0;
  std::string_view bytes_;
};

/// One prepared statement of a session, used again and again.
///
/// Bound texts and blobs are not copied: they live until Run, or the last Step, has returned.
/// Parameters count from 1, columns from 0. Threads: the session's.
class Statement {
 public:
  virtual ~Statement() = default;

  /// Give a parameter its value; it keeps it. A failure is told by the next Step or Run.
  Statement& Bind(int parameter, const Value& value) {
    Set(parameter, value);
    return *this;
  }
  Statement& BindBlob(int parameter, std::string_view bytes) {
    Set(parameter, Value::Blob(bytes));
    return *this;
  }

  /// True: a row stands in the columns until the next Step, Run, Bind or Reset. False: no further
  /// row, and the statement is ready to be used again. After a failure it is ready too. Other
  /// statements of the session may run meanwhile: an engine may take the rows that are still to
  /// come into memory then, so they are to be few, as those of one piece are.
  virtual Result<bool> Step() = 0;
  /// Step to the end, whatever rows come.
  virtual Result<> Run() = 0;
  /// How many rows the last INSERT, UPDATE or DELETE found, changed or not.
  [[nodiscard]] virtual std::int64_t found() const = 0;
  /// Leave the rows that were not read.
  virtual void Reset() = 0;

  [[nodiscard]] virtual bool IsNull(int column) const = 0;
  [[nodiscard]] virtual std::int64_t Int(int column) const = 0;  ///< NULL reads as 0.
  /// A text's or a blob's bytes; NULL reads as empty.
  [[nodiscard]] virtual std::string_view Bytes(int column) const = 0;
  [[nodiscard]] std::optional<std::int64_t> MaybeInt(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Int(column));
  }

 private:
  virtual void Set(int parameter, const Value& value) = 0;
};

using EachRow = std::function<Result<>(const Statement& row)>;

/// One connection with its prepared statements. Threads: one at a time.
class Session {
 public:
  Session();
  virtual ~Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The statement, prepared once.
  virtual Result<Statement*> Get(const Sql& sql) = 0;
  /// Run a statement that writes for many rows of parameters, `columns` each, in their order. Its
  /// text has VALUES, or the engine has one of its own for many keys.
  virtual Result<> RunForRows(const Sql& sql, std::size_t columns,
                              std::span<const Value> values) = 0;
  /// Give what a SELECT finds for many keys of parameters, `columns` each. No promise of an order;
  /// `each` may run other statements of the session, but not this one.
  virtual Result<> ReadForKeys(const Sql& sql, std::size_t columns, std::span<const Value> keys,
                               const EachRow& each) = 0;
  /// The id that the last INSERT gave its row.
  [[nodiscard]] virtual std::int64_t last_insert_id() const = 0;
  /// How many rows RunForRows does well at once.
  [[nodiscard]] virtual std::size_t rows_at_once() const = 0;

  /// The ids that this session remembers from transaction to transaction.
  [[nodiscard]] IdTable& farms() { return farms_; }
  [[nodiscard]] IdTable& cows() { return cows_; }
  [[nodiscard]] IdTable& sensors() { return sensors_; }
  [[nodiscard]] KnownHerd& herd() { return herd_; }
  /// Whoever ran the session's transaction says that it is over: see IdTable.
  void EndTransaction(bool rolled_back);

 private:
  IdTable farms_, cows_, sensors_;
  KnownHerd herd_;
};

/// One transaction of one session, which is its own until the end. Destroyed uncommitted, it rolls
/// back.
class Transaction {
 public:
  virtual ~Transaction() = default;

  [[nodiscard]] virtual Session& session() = 0;
  /// kTimeout: it may have happened. Any other failure: it has not.
  virtual Result<> Commit() = 0;
};

/// The engine's sessions that write. Threads: any.
class WriteSessions {
 public:
  virtual ~WriteSessions() = default;

  /// Begin to write as `step`: whoever begins the same step, in any process, waits for the end; an
  /// empty step waits for nobody. Everything that is read was committed, before or meanwhile, or is
  /// the transaction's own.
  virtual Result<std::unique_ptr<Transaction>> BeginWrite(std::string_view step) = 0;
  /// Somebody looked, and there was nothing to write: what is held only to be fast may be given
  /// back. Waits for nobody.
  virtual void Rest() {}
};

/// The engine's sessions that read. Threads: any.
class ReadSessions {
 public:
  virtual ~ReadSessions() = default;

  /// Begin to read one snapshot.
  virtual Result<std::unique_ptr<Transaction>> BeginRead() = 0;
};

}  // namespace herdflow::store_sql
