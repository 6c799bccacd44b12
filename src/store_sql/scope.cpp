#include "scope.hpp"

#include <algorithm>
#include <utility>

namespace herdflow::store_sql {

Session::Session()
    : farms_(*this, {sql::kFindFarmId, sql::kInsertFarmId, sql::kReadFarmId}),
      cows_(*this, {sql::kFindCowId, sql::kInsertCowId, sql::kReadCowId}),
      sensors_(*this, {sql::kFindSensorId, sql::kInsertSensorId, sql::kReadSensorId}),
      herd_(*this) {}

void Session::EndTransaction(bool rolled_back) {
  for (IdTable* ids : {&farms_, &cows_, &sensors_}) ids->EndTransaction(rolled_back);
  herd_.EndTransaction();
}

Result<std::unique_ptr<WriteScope>> WriteScope::Begin(WriteSessions& sessions,
                                                      std::string_view step) {
  HERDFLOW_ASSIGN(auto transaction, sessions.BeginWrite(step));
  return std::unique_ptr<WriteScope>(new WriteScope(std::move(transaction), step));
}

WriteScope::~WriteScope() { session().EndTransaction(!committed_); }

Result<> WriteScope::Commit() {
  HERDFLOW_CHECK(WriteCountChanges(*this));
  // Last, so that nobody waits long for whoever else raises the same.
  HERDFLOW_CHECK(touched_.Raise(session()));
  HERDFLOW_CHECK(transaction_->Commit());
  committed_ = true;
  return {};
}

Result<pipeline::FarmRef> FarmRefOf(Session& session, std::string_view id) {
  if (id == herd::kDefaultFarm) return pipeline::kDefaultFarmRef;
  HERDFLOW_ASSIGN(const std::int64_t ref, session.farms().RefOf({{}, id}));
  return pipeline::FarmRef{ref};
}

Result<std::optional<std::int64_t>> FirstInt(Statement& statement) {
  HERDFLOW_ASSIGN(const bool there, statement.Step());
  if (!there) return std::optional<std::int64_t>();
  const auto value = statement.MaybeInt(0);
  statement.Reset();
  return value;
}

void BindLineage(Statement& statement, int first, const pipeline::Lineage& lineage) {
  statement.Bind(first, lineage.version)
      .Bind(first + 1, lineage.stream)
      .Bind(first + 2, lineage.partition)
      .Bind(first + 3, lineage.offset);
}

pipeline::Lineage ReadLineage(const Statement& row, int first) {
  return {row.Int(first), pipeline::StreamRef{row.Int(first + 1)},
          static_cast<std::int32_t>(row.Int(first + 2)), row.Int(first + 3)};
}

std::optional<pipeline::MessageHash> HashIn(std::string_view bytes) {
  std::optional<pipeline::MessageHash> hash;
  if (bytes.size() == sizeof(pipeline::MessageHash)) {
    std::copy(bytes.begin(), bytes.end(), hash.emplace().begin());
  }
  return hash;
}

}  // namespace herdflow::store_sql
