#include "herdflow/store_sql/ids.hpp"

#include "herdflow/store_sql/columns.hpp"
#include "herdflow/store_sql/session.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

/// Beyond this many ids the memory is emptied: it is there for speed only.
constexpr std::size_t kMaxRemembered = 200'000;

}  // namespace

Result<std::int64_t> IdTable::RefOf(const TextId& id) {
  HERDFLOW_ASSIGN(const auto found, FindRef(id));
  if (found) return *found;
  HERDFLOW_ASSIGN(Statement * insert, session_.Get(names_.insert));
  Bind(*insert, id);
  const auto inserted = insert->Run();
  if (inserted) {
    given_ = true;
    const std::int64_t ref = session_.last_insert_id();
    Remember(id, ref);
    return ref;
  }
  if (inserted.error().code() != ErrorCode::kConflict) return Fail(inserted.error());
  // Another process has given it since we looked.
  HERDFLOW_ASSIGN(const auto given, FindRef(id));
  if (!given) return Fail(inserted.error());
  return *given;
}

Result<std::optional<std::int64_t>> IdTable::FindRef(const TextId& id) {
  if (const auto known = refs_.find(id); known != refs_.end()) return std::optional(known->second);
  HERDFLOW_ASSIGN(Statement * find, session_.Get(names_.find));
  Bind(*find, id);
  HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
  if (found) Remember(id, *found);
  return found;
}

Result<TextId> IdTable::IdOf(std::int64_t ref) {
  HERDFLOW_ASSIGN(const auto id, FindId(ref));
  if (id) return *id;
  return Fail(ErrorCode::kCorruptData,
              "reading the store: the integer id {} stands for no text (statement {})", ref,
              names_.read.name);
}

Result<std::optional<TextId>> IdTable::FindId(std::int64_t ref) {
  if (const auto known = ids_.find(ref); known != ids_.end()) return std::optional(known->second);
  static constexpr Columns kOf(sql::kReadCowId);
  static_assert(SameColumns(sql::kReadCowId, sql::kReadSensorId));
  static_assert(SameColumns(sql::kReadCowId, sql::kReadFarmId));
  HERDFLOW_ASSIGN(Statement * read, session_.Get(names_.read));
  read->Bind(1, ref);
  HERDFLOW_ASSIGN(const bool there, read->Step());
  if (!there) return std::optional<TextId>();
  Remember({pipeline::FarmRef{read->Int(kOf["farm"])}, read->Bytes(kOf["text_id"])}, ref);
  read->Reset();
  return std::optional(ids_.at(ref));
}

void IdTable::Bind(Statement& statement, const TextId& id) {
  statement.Bind(1, id.text);
  if (id.farm != pipeline::FarmRef{}) statement.Bind(2, id.farm);
}

void IdTable::Remember(const TextId& id, std::int64_t ref) {
  const auto [entry, added] = refs_.emplace(Key{id.farm, std::string(id.text)}, ref);
  ids_.emplace(ref, entry->first.id());
}

void IdTable::EndTransaction(bool rolled_back) {
  if ((rolled_back && given_) || refs_.size() > kMaxRemembered) {
    ids_.clear();
    refs_.clear();
  }
  given_ = false;
}

}  // namespace herdflow::store_sql
