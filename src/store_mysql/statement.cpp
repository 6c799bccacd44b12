#include "statement.hpp"

#include <algorithm>
#include <utility>

#include "errors.hpp"

namespace herdflow::store_mysql {
namespace {

using store_sql::Value;

/// What most texts fit into; longer ones are fetched once more.
constexpr std::size_t kLikelyBytes = 64;

/// `?1` and its like become `?`, and their numbers `order`.
std::string WithoutNumbers(std::string_view sql, std::vector<std::size_t>& order) {
  std::string out;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    out += sql[i];
    if (sql[i] != '?') continue;
    std::size_t number = 0;
    while (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9') {
      number = number * 10 + static_cast<std::size_t>(sql[++i] - '0');
    }
    order.push_back(number - 1);
  }
  return out;
}

enum_field_types TypeOf(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull:
      return MYSQL_TYPE_NULL;
    case Value::Kind::kInt:
      return MYSQL_TYPE_LONGLONG;
    case Value::Kind::kText:
      return MYSQL_TYPE_STRING;
    case Value::Kind::kBlob:
      return MYSQL_TYPE_BLOB;
  }
  return MYSQL_TYPE_NULL;
}

bool IsInteger(enum_field_types type) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL:
      return true;
    default:
      return false;
  }
}

// The driver takes no pointer to const, and writes to none of these.
char* Data(std::string_view bytes) { return const_cast<char*>(bytes.data()); }

}  // namespace

std::size_t BytesOf(const Value& value) {
  constexpr std::size_t kTypeAndLength = 12;
  return kTypeAndLength +
         (value.kind() == Value::Kind::kInt ? sizeof(std::int64_t) : value.bytes().size());
}

Result<std::unique_ptr<MysqlStatement>> MysqlStatement::Prepare(Connection& connection,
                                                                std::string_view sql) {
  connection.MakeWay();
  MYSQL_STMT* handle = mysql_stmt_init(connection.handle());
  if (handle == nullptr) return Fail(connection.Failure("preparing a statement"));
  std::unique_ptr<MysqlStatement> statement(new MysqlStatement(connection, handle, ""));
  statement->sql_ = WithoutNumbers(sql, statement->order_);
  if (mysql_stmt_prepare(handle, statement->sql_.data(), statement->sql_.size()) != 0) {
    return statement->Failed();
  }
  std::size_t parameters = 0;
  for (const std::size_t place : statement->order_) parameters = std::max(parameters, place + 1);
  statement->parameters_.resize(parameters);
  statement->integers_.resize(statement->order_.size());
  statement->binds_.resize(statement->order_.size());
  HERDFLOW_CHECK(statement->BindResult());
  return statement;
}

MysqlStatement::~MysqlStatement() {
  connection_.NothingComesIn(handle_);
  mysql_stmt_close(handle_);
}

tl::unexpected<Error> MysqlStatement::Failed() {
  Error error = connection_.Failure("running " + Shown(sql_), handle_);
  Reset();
  return Fail(std::move(error));
}

Result<> MysqlStatement::BindResult() {
  MYSQL_RES* metadata = mysql_stmt_result_metadata(handle_);
  if (metadata == nullptr) return {};  // It gives no rows.
  const unsigned count = mysql_num_fields(metadata);
  const MYSQL_FIELD* fields = mysql_fetch_fields(metadata);
  columns_.resize(count);
  result_binds_.resize(count);
  for (unsigned i = 0; i < count; ++i) {
    Column& column = columns_[i];
    MYSQL_BIND& bind = result_binds_[i];
    column.is_integer = IsInteger(fields[i].type);
    bind.is_null = &column.is_null;
    bind.length = &column.length;
    if (column.is_integer) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &column.integer;
    } else {
      column.bytes.resize(kLikelyBytes);
      bind.buffer_type = MYSQL_TYPE_BLOB;
      bind.buffer = column.bytes.data();
      bind.buffer_length = column.bytes.size();
    }
  }
  mysql_free_result(metadata);
  return mysql_stmt_bind_result(handle_, result_binds_.data()) != 0 ? Result<>(Failed())
                                                                    : Result<>();
}

void MysqlStatement::Set(int parameter, const Value& value) {
  if (in_rows_) Reset();
  parameters_.at(static_cast<std::size_t>(parameter) - 1) = value;
}

/// A server that is told too much closes the connection, and says nothing that would help.
Result<> MysqlStatement::CheckSize(std::size_t bytes_of_values) const {
  constexpr std::size_t kAroundThem = 1'024;
  constexpr std::size_t kMega = std::size_t{1} << 20;
  const std::size_t bytes = kAroundThem + bytes_of_values;
  if (bytes <= connection_.largest_packet()) return {};
  return Fail(ErrorCode::kInvalidInput,
              "running {}: a row of {} bytes is more than the server takes at once "
              "(max_allowed_packet = {}); set max_allowed_packet = {}M in the server's "
              "configuration, and start herdflow again",
              Shown(sql_), bytes, connection_.largest_packet(), bytes / kMega + 1);
}

Result<> MysqlStatement::Execute() {
  std::size_t bytes = 0;
  for (const std::size_t place : order_) bytes += BytesOf(parameters_[place]);
  HERDFLOW_CHECK(CheckSize(bytes));
  connection_.MakeWay();
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Value& value = parameters_[order_[i]];
    MYSQL_BIND& bind = binds_[i];
    bind = MYSQL_BIND();
    bind.buffer_type = TypeOf(value.kind());
    if (value.kind() == Value::Kind::kInt) {
      integers_[i] = value.integer();
      bind.buffer = &integers_[i];
    } else {
      bind.buffer = Data(value.bytes());
      bind.buffer_length = value.bytes().size();
    }
  }
  if (!binds_.empty() && mysql_stmt_bind_param(handle_, binds_.data()) != 0) return Failed();
  if (mysql_stmt_execute(handle_) != 0) return Failed();
  if (columns_.empty() && found() > 0) connection_.NoteWrite();
  return {};
}

Result<bool> MysqlStatement::Step() {
  if (!in_rows_) {
    HERDFLOW_CHECK(Execute());
    in_rows_ = true;
    connection_.ComingIn(handle_);
  }
  if (connection_.broken()) {
    Reset();
    return Fail(ErrorCode::kUnavailable,
                "reading the rows of {}: the connection was lost while they came; try again",
                Shown(sql_));
  }
  switch (mysql_stmt_fetch(handle_)) {
    case 0:
      return true;
    case MYSQL_NO_DATA:
      Reset();
      return false;
    case MYSQL_DATA_TRUNCATED:
      HERDFLOW_CHECK(FetchLong());
      return true;
    default:
      return Failed();
  }
}

/// Fetches the columns again that their buffers were too short for. The buffers stay longer.
Result<> MysqlStatement::FetchLong() {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    if (column.is_integer || column.is_null != 0 || column.length <= column.bytes.size()) continue;
    column.bytes.resize(column.length);
    result_binds_[i].buffer = column.bytes.data();
    result_binds_[i].buffer_length = column.bytes.size();
    if (mysql_stmt_fetch_column(handle_, &result_binds_[i], static_cast<unsigned>(i), 0) != 0) {
      return Failed();
    }
  }
  // After the last of them: binding makes the driver forget where the row's bytes are.
  return mysql_stmt_bind_result(handle_, result_binds_.data()) != 0 ? Result<>(Failed())
                                                                    : Result<>();
}

Result<> MysqlStatement::Run() {
  if (columns_.empty()) return Execute();
  while (true) {
    HERDFLOW_ASSIGN(const bool there, Step());
    if (!there) return {};
  }
}

std::int64_t MysqlStatement::found() const {
  return static_cast<std::int64_t>(mysql_stmt_affected_rows(handle_));
}

void MysqlStatement::Reset() {
  if (in_rows_) {
    // Where no row was left to take into memory, the driver believes until it is asked for one that
    // rows are to come, and would wait for them.
    if (!connection_.IsComingIn(handle_)) mysql_stmt_fetch(handle_);
    mysql_stmt_free_result(handle_);
  }
  connection_.NothingComesIn(handle_);
  in_rows_ = false;
}

bool MysqlStatement::IsNull(int column) const {
  return columns_[static_cast<std::size_t>(column)].is_null != 0;
}

std::int64_t MysqlStatement::Int(int column) const {
  return IsNull(column) ? 0 : columns_[static_cast<std::size_t>(column)].integer;
}

std::string_view MysqlStatement::Bytes(int column) const {
  const Column& of = columns_[static_cast<std::size_t>(column)];
  return of.is_null != 0 ? std::string_view() : std::string_view(of.bytes.data(), of.length);
}

Result<> MysqlStatement::RunForArray(std::size_t columns, std::span<const Value> values) {
  std::size_t bytes = 0;
  for (const Value& value : values) bytes += BytesOf(value);
  HERDFLOW_CHECK(CheckSize(bytes));
  connection_.MakeWay();
  // Column by column, as the driver wants them.
  struct Array {
    std::vector<std::int64_t> integers;
    std::vector<char*> bytes;
    std::vector<unsigned long> lengths;
    std::vector<char> indicators;
  };
  const std::size_t rows = values.size() / columns;
  std::vector<Array> arrays(columns);
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const std::size_t column = order_[i];
    Array& array = arrays[column];
    array.indicators.assign(rows, STMT_INDICATOR_NONE);
    MYSQL_BIND& bind = binds_[i];
    bind = MYSQL_BIND();
    Value::Kind kind = Value::Kind::kNull;
    for (std::size_t row = 0; row < rows && kind == Value::Kind::kNull; ++row) {
      kind = values[row * columns + column].kind();
    }
    const bool is_integer = kind == Value::Kind::kInt || kind == Value::Kind::kNull;
    array.integers.resize(is_integer ? rows : 0);
    array.bytes.resize(is_integer ? 0 : rows);
    array.lengths.resize(is_integer ? 0 : rows);
    for (std::size_t row = 0; row < rows; ++row) {
      const Value& value = values[row * columns + column];
      if (value.kind() == Value::Kind::kNull) {
        array.indicators[row] = STMT_INDICATOR_NULL;
      } else if (is_integer) {
        array.integers[row] = value.integer();
      } else {
        array.bytes[row] = Data(value.bytes());
        array.lengths[row] = value.bytes().size();
      }
    }
    bind.u.indicator = array.indicators.data();
    bind.buffer_type = is_integer ? MYSQL_TYPE_LONGLONG : TypeOf(kind);
    bind.buffer = is_integer ? static_cast<void*>(array.integers.data()) : array.bytes.data();
    bind.length = is_integer ? nullptr : array.lengths.data();
  }
  auto count = static_cast<unsigned>(rows);
  mysql_stmt_attr_set(handle_, STMT_ATTR_ARRAY_SIZE, &count);
  if (mysql_stmt_bind_param(handle_, binds_.data()) != 0) return Failed();
  if (mysql_stmt_execute(handle_) != 0) return Failed();
  connection_.NoteWrite();
  return {};
}

}  // namespace herdflow::store_mysql
