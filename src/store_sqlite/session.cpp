#include "session.hpp"

#include <filesystem>
#include <utility>

#include "herdflow/store_sql/statements.hpp"

namespace herdflow::store_sqlite {
namespace {

using store_sql::Value;

constexpr std::int32_t kApplicationId = 0x48465332;          // "HFS2"
constexpr std::int32_t kUnsealedApplicationId = 0x48465354;  // "HFST"
constexpr store_sql::Schemas kSchemas{"bronze_", "silver_", "gold_", "ops_"};

}  // namespace

void SqliteStatement::Set(int parameter, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      statement_.Bind(parameter, nullptr);
      return;
    case Value::Kind::kInt:
      statement_.Bind(parameter, value.integer());
      return;
    case Value::Kind::kText:
      statement_.Bind(parameter, value.bytes());
      return;
    case Value::Kind::kBlob:
      statement_.BindBlob(parameter, value.bytes());
      return;
  }
}

Result<std::unique_ptr<SqliteSession>> SqliteSession::Open(const std::string& folder,
                                                           bool may_create, int cache_kib) {
  const std::string file = FileIn(folder);
  std::error_code error;
  if (may_create) {
    std::filesystem::create_directories(folder, error);
    if (error) {
      return Fail(ErrorCode::kInvalidInput,
                  "opening the store: cannot make the folder {}: {}; set [data] folder to one that "
                  "may be written",
                  folder, error.message());
    }
  } else if (!std::filesystem::exists(file, error)) {
    return Fail(ErrorCode::kNotFound,
                "opening the store: there is no {}; `herdflow load` makes it, or set [data] folder",
                file);
  }
  sqlite::OpenOptions options{};
  options.path = file;
  options.application_id = kApplicationId;
  options.unsealed_application_id = kUnsealedApplicationId;
  options.what = "store";
  options.cache_kib = cache_kib;
  options.page_size = 8192;
  HERDFLOW_ASSIGN(auto database, sqlite::Database::Open(options));
  // What a statement of many rows keeps for its own rollback: a few pages.
  HERDFLOW_CHECK(database.Execute("PRAGMA temp_store = MEMORY"));
  return std::unique_ptr<SqliteSession>(new SqliteSession(std::move(database)));
}

std::string SqliteSession::FileIn(const std::string& folder) {
  return (std::filesystem::path(folder) / "store.db").string();
}

Result<store_sql::Statement*> SqliteSession::Get(const store_sql::Sql& sql) {
  if (const auto known = statements_.find(sql.name); known != statements_.end())
    return &known->second;
  HERDFLOW_ASSIGN(auto statement, database_.Prepare(store_sql::Text(sql, kSchemas)));
  return &statements_.try_emplace(sql.name, database_, std::move(statement)).first->second;
}

Result<store_sql::Statement*> SqliteSession::GetBulk(const store_sql::Sql& sql,
                                                     std::size_t columns) {
  if (const auto known = bulk_statements_.find(sql.name); known != bulk_statements_.end()) {
    return &known->second;
  }
  const std::string one = store_sql::Text(sql, kSchemas);
  if (one.find("VALUES") == std::string::npos) return nullptr;
  HERDFLOW_ASSIGN(auto statement,
                  database_.Prepare(store_sql::ForManyRows(one, columns, rows_at_once())));
  return &bulk_statements_.try_emplace(sql.name, database_, std::move(statement)).first->second;
}

Result<> SqliteSession::RunForRows(const store_sql::Sql& sql, std::size_t columns,
                                   std::span<const Value> values) {
  const auto run = [&](store_sql::Statement& statement, std::size_t count) -> Result<> {
    for (std::size_t i = 0; i < count; ++i) statement.Bind(static_cast<int>(i) + 1, values[i]);
    values = values.subspan(count);
    return statement.Run();
  };
  if (values.size() >= columns * rows_at_once()) {
    HERDFLOW_ASSIGN(store_sql::Statement * many, GetBulk(sql, columns));
    while (many != nullptr && values.size() >= columns * rows_at_once()) {
      HERDFLOW_CHECK(run(*many, columns * rows_at_once()));
    }
  }
  HERDFLOW_ASSIGN(store_sql::Statement * one, Get(sql));
  while (!values.empty()) HERDFLOW_CHECK(run(*one, columns));
  return {};
}

Result<> SqliteSession::ReadForKeys(const store_sql::Sql& sql, std::size_t columns,
                                    std::span<const Value> keys, const store_sql::EachRow& each) {
  HERDFLOW_ASSIGN(store_sql::Statement * read, Get(sql));
  for (; !keys.empty(); keys = keys.subspan(columns)) {
    for (std::size_t i = 0; i < columns; ++i) read->Bind(static_cast<int>(i) + 1, keys[i]);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      if (auto done = each(*read); !done) {
        read->Reset();
        return done;
      }
    }
  }
  return {};
}

}  // namespace herdflow::store_sqlite
