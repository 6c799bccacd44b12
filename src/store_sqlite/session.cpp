#include "session.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "herdflow/sql/sql.hpp"

namespace herdflow::store_sqlite {
namespace {

constexpr std::int32_t kApplicationId = 0x48465354;  // "HFST"
/// How long a transaction waits for its turn: far longer than any chunk takes.
constexpr std::chrono::seconds kPatience{60};
constexpr sql::Schemas kSchemas{"bronze_", "silver_", "gold_", "ops_"};

}  // namespace

Result<std::unique_ptr<Session>> Session::Open(const std::string& folder, bool may_create,
                                               int cache_kib) {
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
  options.what = "store";
  options.cache_kib = cache_kib;
  options.page_size = 8192;
  HERDFLOW_ASSIGN(auto database, sqlite::Database::Open(options));
  // What a statement of many rows keeps for its own rollback: a few pages.
  HERDFLOW_CHECK(database.Execute("PRAGMA temp_store = MEMORY"));
  return std::unique_ptr<Session>(new Session(std::move(database)));
}

std::string Session::FileIn(const std::string& folder) {
  return (std::filesystem::path(folder) / "store.db").string();
}

Result<sqlite::Statement*> Session::Get(std::string_view name) {
  if (const auto known = statements_.find(name); known != statements_.end()) return &known->second;
  HERDFLOW_ASSIGN(auto statement, database_.Prepare(sql::Statement(name, kSchemas)));
  return &statements_.emplace(name, std::move(statement)).first->second;
}

Result<sqlite::Statement*> Session::GetBulk(std::string_view name, int columns) {
  if (const auto known = bulk_statements_.find(name); known != bulk_statements_.end()) {
    return &known->second;
  }
  const std::string text =
      sql::ForManyRows(sql::Statement(name, kSchemas), columns, static_cast<int>(kBulkRows));
  HERDFLOW_ASSIGN(auto statement, database_.Prepare(text));
  return &bulk_statements_.emplace(name, std::move(statement)).first->second;
}

Result<std::unique_ptr<WriteScope>> WriteScope::Begin(Writer& writer) {
  std::unique_lock lock(writer.mutex);
  HERDFLOW_ASSIGN(auto transaction,
                  writer.turn.Begin(writer.session->database(), kPatience, [] {}));
  return std::unique_ptr<WriteScope>(
      new WriteScope(writer, std::move(lock), std::move(transaction)));
}

WriteScope::~WriteScope() {
  writer_.cows.EndTransaction(!committed_);
  writer_.sensors.EndTransaction(!committed_);
}

Result<> WriteScope::Commit() {
  HERDFLOW_CHECK(transaction_->Commit());
  committed_ = true;
  return {};
}

Result<std::optional<std::int64_t>> FirstInt(sqlite::Statement& statement) {
  HERDFLOW_ASSIGN(const bool there, statement.Step());
  if (!there) return std::optional<std::int64_t>();
  const auto value = statement.MaybeInt(0);
  statement.Reset();
  return value;
}

void BindLineage(sqlite::Statement& statement, int first, const pipeline::Lineage& lineage) {
  statement.Bind(first, lineage.version)
      .Bind(first + 1, static_cast<std::int64_t>(lineage.stream))
      .Bind(first + 2, lineage.partition)
      .Bind(first + 3, lineage.offset);
}

std::optional<pipeline::MessageHash> HashIn(std::string_view bytes) {
  std::optional<pipeline::MessageHash> hash;
  if (bytes.size() == sizeof(pipeline::MessageHash)) {
    std::copy(bytes.begin(), bytes.end(), hash.emplace().begin());
  }
  return hash;
}

pipeline::Lineage ReadLineage(const sqlite::Statement& statement, int first) {
  return {statement.Int(first), pipeline::StreamRef{statement.Int(first + 1)},
          static_cast<std::int32_t>(statement.Int(first + 2)), statement.Int(first + 3)};
}

}  // namespace herdflow::store_sqlite
