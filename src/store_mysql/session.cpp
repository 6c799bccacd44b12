#include "session.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "own_texts.hpp"

namespace herdflow::store_mysql {
namespace {

using store_sql::Value;

/// How many rows or keys a statement may have, each prepared when it is first needed.
constexpr std::array<std::size_t, 3> kSizes{1, 32, 256};

/// The largest that is filled by so many rows. REQUIRES: one at least.
std::size_t LargestSize(std::size_t rows) {
  return *std::prev(std::upper_bound(kSizes.begin(), kSizes.end(), rows));
}

/// The smallest that holds so many keys, or the largest.
std::size_t SizeForKeys(std::size_t keys) {
  const auto fits = std::lower_bound(kSizes.begin(), kSizes.end(), keys);
  return fits == kSizes.end() ? kSizes.back() : *fits;
}

/// How many rows a message to the server of so many bytes holds; one at least, whose statement says
/// what is wrong where it does not fit.
std::size_t RowsThatFit(std::span<const Value> values, std::size_t columns, std::size_t bytes) {
  constexpr std::size_t kSpare = 4'096;
  std::size_t used = kSpare;
  std::size_t rows = 0;
  for (; rows * columns < values.size(); ++rows) {
    for (const Value& value : values.subspan(rows * columns, columns)) used += BytesOf(value);
    if (used > bytes) break;
  }
  return std::max<std::size_t>(rows, 1);
}

/// Whether its own text is for lists of keys, and the shared one for a single key.
bool IsForKeys(const store_sql::Sql& sql) {
  const std::string_view own = FindOwnText(sql);
  return !own.empty() && own.find("VALUES (?1") == std::string_view::npos;
}

}  // namespace

std::string MysqlSession::TextOf(const store_sql::Sql& sql) const {
  const std::string_view own = FindOwnText(sql);
  return own.empty() ? store_sql::Text(sql, databases_.schemas())
                     : store_sql::WithSchemas(own, databases_.schemas());
}

Result<store_sql::Statement*> MysqlSession::Get(const store_sql::Sql& sql) {
  HERDFLOW_ASSIGN(MysqlStatement * statement, GetOne(sql));
  return statement;
}

Result<MysqlStatement*> MysqlSession::GetOne(const store_sql::Sql& sql) {
  auto& known = statements_[sql.name];
  if (!known) {
    HERDFLOW_ASSIGN(known, MysqlStatement::Prepare(*connection_, TextOf(sql)));
  }
  return known.get();
}

Result<MysqlStatement*> MysqlSession::GetForRows(const store_sql::Sql& sql, std::size_t columns,
                                                 std::size_t rows) {
  auto& known = for_rows_[{sql.name, rows}];
  if (!known) {
    // MariaDB's DELETE and UPDATE read the whole table for a list of one key.
    HERDFLOW_ASSIGN(
        known, MysqlStatement::Prepare(*connection_,
                                       rows == 1 && IsForKeys(sql)
                                           ? store_sql::Text(sql, databases_.schemas())
                                           : store_sql::ForManyRows(TextOf(sql), columns, rows)));
  }
  return known.get();
}

Result<> MysqlSession::RunForRows(const store_sql::Sql& sql, std::size_t columns,
                                  std::span<const Value> values) {
  const bool by_keys = IsForKeys(sql);
  // MySQL has no array binding: as many rows as a statement of VALUES has.
  const bool as_array = !by_keys && connection_->is_mariadb();
  while (!values.empty()) {
    std::size_t rows = RowsThatFit(values, columns, connection_->largest_packet());
    if (by_keys) rows = std::min(rows, kSizes.back());
    if (!by_keys && !as_array) rows = LargestSize(rows);
    const auto taken = values.first(rows * columns);
    if (as_array) {
      HERDFLOW_CHECK(RunAsArray(sql, columns, taken));
    } else {
      HERDFLOW_ASSIGN(MysqlStatement * statement, BindList(sql, columns, taken));
      HERDFLOW_CHECK(statement->Run());
    }
    values = values.subspan(taken.size());
  }
  return {};
}

Result<> MysqlSession::RunAsArray(const store_sql::Sql& sql, std::size_t columns,
                                  std::span<const Value> values) {
  auto& statement = for_arrays_[sql.name];
  if (!statement) {
    HERDFLOW_ASSIGN(statement, MysqlStatement::Prepare(*connection_, TextOf(sql)));
  }
  return statement->RunForArray(columns, values);
}

/// The statement for a list of rows or keys, of one of the sizes. The last key fills up the list:
/// what stands in it twice is found once.
Result<MysqlStatement*> MysqlSession::BindList(const store_sql::Sql& sql, std::size_t columns,
                                               std::span<const Value> values) {
  const std::size_t rows = SizeForKeys(values.size() / columns);
  HERDFLOW_ASSIGN(MysqlStatement * statement, GetForRows(sql, columns, rows));
  const std::size_t last = values.size() - columns;
  for (std::size_t i = 0; i < rows * columns; ++i) {
    statement->Bind(static_cast<int>(i) + 1, values[i < last ? i : last + i % columns]);
  }
  return statement;
}

Result<> MysqlSession::ReadForKeys(const store_sql::Sql& sql, std::size_t columns,
                                   std::span<const Value> keys, const store_sql::EachRow& each) {
  while (!keys.empty()) {
    const auto taken = keys.first(std::min(keys.size(), kSizes.back() * columns));
    HERDFLOW_ASSIGN(MysqlStatement * statement, BindList(sql, columns, taken));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, statement->Step());
      if (!there) break;
      if (auto done = each(*statement); !done) {
        statement->Reset();
        return done;
      }
    }
    keys = keys.subspan(taken.size());
  }
  return {};
}

std::int64_t MysqlSession::last_insert_id() const {
  return static_cast<std::int64_t>(mysql_insert_id(connection_->handle()));
}

}  // namespace herdflow::store_mysql
