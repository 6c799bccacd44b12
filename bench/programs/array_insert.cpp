/// The bare array binding of MariaDB Connector/C, the yardstick of what a bulk writer can reach:
/// copies a table, whose rows it reads into memory first, into an empty one of the same definition,
/// 20,000 rows a transaction.
///
///   array_insert SOCKET USER PASSWORD_FILE FROM TO
///
/// Prints a line of JSON: the rows, the seconds of writing, the CPU seconds of this process in
/// them, its peak memory.

#include <mysql.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kRowsATransaction = 20'000;
constexpr double kMegabytesAKibibyte = 1024e-6;

/// A column of the whole table, as the driver wants it.
struct Column {
  bool is_integer = false;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
  std::vector<char*> pointers;
  std::vector<unsigned long> lengths;
  std::vector<char> indicators;
};

struct Table {
  std::vector<Column> columns;
  std::size_t rows = 0;
};

[[noreturn]] void Die(const char* doing, const char* why) {
  std::fprintf(stderr, "array_insert: %s: %s\n", doing, why);
  std::exit(1);
}

void Check(MYSQL* connection, bool failed, const char* doing) {
  if (failed) Die(doing, mysql_error(connection));
}

void Run(MYSQL* connection, const std::string& sql) {
  Check(connection, mysql_real_query(connection, sql.data(), sql.size()) != 0, sql.c_str());
}

bool IsInteger(enum_field_types type) {
  return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_LONG ||
         type == MYSQL_TYPE_LONGLONG;
}

/// In the order of its key.
Table Read(MYSQL* connection, const std::string& name) {
  Run(connection, "SELECT * FROM " + name);
  MYSQL_RES* result = mysql_use_result(connection);
  Check(connection, result == nullptr, "reading");
  Table table;
  table.columns.resize(mysql_num_fields(result));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    table.columns[i].is_integer =
        IsInteger(mysql_fetch_field_direct(result, static_cast<unsigned>(i))->type);
  }
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      Column& column = table.columns[i];
      column.indicators.push_back(row[i] == nullptr ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
      if (column.is_integer) {
        column.integers.push_back(row[i] == nullptr ? 0 : std::strtoll(row[i], nullptr, 10));
      } else {
        column.texts.emplace_back(row[i] == nullptr ? "" : row[i], lengths[i]);
      }
    }
    ++table.rows;
  }
  Check(connection, mysql_errno(connection) != 0, "reading");
  mysql_free_result(result);
  for (Column& column : table.columns) {
    for (std::string& text : column.texts) {
      column.pointers.push_back(text.data());
      column.lengths.push_back(text.size());
    }
  }
  return table;
}

void WriteRows(MYSQL* connection, MYSQL_STMT* statement, Table& table, std::size_t first,
               std::size_t count) {
  std::vector<MYSQL_BIND> binds(table.columns.size());
  for (std::size_t i = 0; i < binds.size(); ++i) {
    Column& column = table.columns[i];
    binds[i].u.indicator = column.indicators.data() + first;
    binds[i].buffer_type = column.is_integer ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_STRING;
    binds[i].buffer = column.is_integer ? static_cast<void*>(column.integers.data() + first)
                                        : column.pointers.data() + first;
    binds[i].length = column.is_integer ? nullptr : column.lengths.data() + first;
  }
  auto rows = static_cast<unsigned>(count);
  mysql_stmt_attr_set(statement, STMT_ATTR_ARRAY_SIZE, &rows);
  if (mysql_stmt_bind_param(statement, binds.data()) != 0 || mysql_stmt_execute(statement) != 0) {
    Check(connection, true, mysql_stmt_error(statement));
  }
}

rusage Usage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage;
}

double CpuSeconds() {
  const rusage usage = Usage();
  constexpr double kMicro = 1e-6;
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * kMicro;
}

std::string FirstLine(const char* path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) Die("usage", "SOCKET USER PASSWORD_FILE FROM TO");
  const std::string from = arguments[4];
  const std::string to = arguments[5];
  MYSQL* connection = mysql_init(nullptr);
  Check(connection,
        mysql_real_connect(connection, nullptr, arguments[2], FirstLine(arguments[3]).c_str(),
                           nullptr, 0, arguments[1], 0) == nullptr,
        "connecting");
  Run(connection, "SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
  Run(connection, "DROP TABLE IF EXISTS " + to);
  Run(connection, "CREATE TABLE " + to + " LIKE " + from);
  Table table = Read(connection, from);

  std::string sql = "INSERT INTO " + to + " VALUES (?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) sql += ",?";
  sql += ")";
  MYSQL_STMT* statement = mysql_stmt_init(connection);
  Check(connection, mysql_stmt_prepare(statement, sql.data(), sql.size()) != 0, "preparing");
  const auto start = std::chrono::steady_clock::now();
  const double cpu = CpuSeconds();
  for (std::size_t first = 0; first < table.rows; first += kRowsATransaction) {
    const std::size_t end = std::min(first + kRowsATransaction, table.rows);
    Run(connection, "START TRANSACTION");
    WriteRows(connection, statement, table, first, end - first);
    Run(connection, "COMMIT");
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"rows\": %zu, \"seconds\": %.6f, \"cpu_seconds\": %.6f, \"resident_mb\": %.3f}\n",
              table.rows, seconds.count(), CpuSeconds() - cpu,
              static_cast<double>(Usage().ru_maxrss) * kMegabytesAKibibyte);
  mysql_stmt_close(statement);
  mysql_close(connection);
}
