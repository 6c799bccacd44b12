#include "herdflow/store_sql/ids.hpp"

#include "herdflow/store_sql/session.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

/// Beyond this many ids the memory is emptied: it is there for speed only.
constexpr std::size_t kMaxRemembered = 200'000;

}  // namespace

Result<std::int64_t> IdTable::RefOf(std::string_view text) {
  if (const auto known = refs_.find(text); known != refs_.end()) return known->second;
  HERDFLOW_ASSIGN(Statement * find, session_.Get(names_.find));
  find->Bind(1, text);
  HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
  std::int64_t ref = found.value_or(0);
  if (!found) {
    HERDFLOW_ASSIGN(Statement * insert, session_.Get(names_.insert));
    const auto inserted = insert->Bind(1, text).Run();
    if (inserted) {
      ref = session_.last_insert_id();
      given_ = true;
    } else if (inserted.error().code() == ErrorCode::kConflict) {
      // Another process has given it since we looked.
      HERDFLOW_ASSIGN(const auto given, FirstInt(find->Bind(1, text)));
      if (!given) return Fail(inserted.error());
      ref = *given;
    } else {
      return Fail(inserted.error());
    }
  }
  Remember(std::string(text), ref);
  return ref;
}

Result<std::string_view> IdTable::TextOf(std::int64_t ref) {
  if (const auto known = texts_.find(ref); known != texts_.end()) return known->second;
  HERDFLOW_ASSIGN(Statement * read, session_.Get(names_.read));
  read->Bind(1, ref);
  HERDFLOW_ASSIGN(const bool there, read->Step());
  if (!there) {
    return Fail(ErrorCode::kCorruptData,
                "reading the store: the integer id {} stands for no text (statement {})", ref,
                names_.read);
  }
  std::string text(read->Bytes(0));
  read->Reset();
  Remember(std::move(text), ref);
  return texts_.at(ref);
}

void IdTable::Remember(std::string text, std::int64_t ref) {
  const auto [entry, added] = refs_.emplace(std::move(text), ref);
  texts_.emplace(ref, entry->first);
}

void IdTable::EndTransaction(bool rolled_back) {
  if ((rolled_back && given_) || refs_.size() > kMaxRemembered) {
    texts_.clear();
    refs_.clear();
  }
  given_ = false;
}

}  // namespace herdflow::store_sql
