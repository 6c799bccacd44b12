#include "session.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "statement_files.hpp"

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

}  // namespace

std::string MysqlSession::TextOf(std::string_view name) const {
  const std::string_view own = FindStatement(name);
  return own.empty() ? store_sql::Text(name, databases_.schemas())
                     : store_sql::WithSchemas(own, databases_.schemas());
}

Result<store_sql::Statement*> MysqlSession::Get(std::string_view name) {
  HERDFLOW_ASSIGN(MysqlStatement * statement, GetOne(name));
  return statement;
}

Result<MysqlStatement*> MysqlSession::GetOne(std::string_view name) {
  auto& known = statements_[name];
  if (!known) {
    HERDFLOW_ASSIGN(known, MysqlStatement::Prepare(*connection_, TextOf(name)));
  }
  return known.get();
}

Result<MysqlStatement*> MysqlSession::GetForRows(std::string_view name, std::size_t columns,
                                                 std::size_t rows) {
  auto& known = for_rows_[{name, rows}];
  if (!known) {
    HERDFLOW_ASSIGN(known, MysqlStatement::Prepare(
                               *connection_, store_sql::ForManyRows(TextOf(name), columns, rows)));
  }
  return known.get();
}

Result<> MysqlSession::RunForRows(std::string_view name, std::size_t columns,
                                  std::span<const Value> values) {
  if (values.size() > columns && connection_->is_mariadb()) {
    auto& statement = for_arrays_[name];
    if (!statement) {
      HERDFLOW_ASSIGN(statement, MysqlStatement::Prepare(*connection_, TextOf(name)));
    }
    return statement->RunForArray(columns, values);
  }
  return RunInOneStatement(name, columns, values);
}

/// MySQL has no array binding: as many rows as a statement of VALUES has.
Result<> MysqlSession::RunInOneStatement(std::string_view name, std::size_t columns,
                                         std::span<const Value> values) {
  const bool has_values = TextOf(name).find("VALUES") != std::string::npos;
  while (!values.empty()) {
    const std::size_t rows = has_values ? LargestSize(values.size() / columns) : 1;
    HERDFLOW_ASSIGN(MysqlStatement * statement,
                    rows == 1 ? GetOne(name) : GetForRows(name, columns, rows));
    for (std::size_t i = 0; i < rows * columns; ++i) {
      statement->Bind(static_cast<int>(i) + 1, values[i]);
    }
    HERDFLOW_CHECK(statement->Run());
    values = values.subspan(rows * columns);
  }
  return {};
}

Result<> MysqlSession::ReadForKeys(std::string_view name, std::size_t columns,
                                   std::span<const Value> keys, const store_sql::EachRow& each) {
  while (!keys.empty()) {
    const std::size_t rows = SizeForKeys(keys.size() / columns);
    const std::size_t taken = std::min(keys.size(), rows * columns);
    HERDFLOW_ASSIGN(MysqlStatement * statement, GetForRows(name, columns, rows));
    for (std::size_t i = 0; i < rows * columns; ++i) {
      // The last key fills up the list: what stands in it twice is found once.
      statement->Bind(static_cast<int>(i) + 1,
                      keys[i < taken ? i : taken - columns + (i - taken) % columns]);
    }
    while (true) {
      HERDFLOW_ASSIGN(const bool there, statement->Step());
      if (!there) break;
      if (auto done = each(*statement); !done) {
        statement->Reset();
        return done;
      }
    }
    keys = keys.subspan(taken);
  }
  return {};
}

std::int64_t MysqlSession::last_insert_id() const {
  return static_cast<std::int64_t>(mysql_insert_id(connection_->handle()));
}

}  // namespace herdflow::store_mysql
