#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/rows.hpp"
#include "herdflow/store_sql/sql.hpp"

namespace herdflow::store_sql {

class Session;
class Statement;

/// A text id, and the farm that it is of. Of a farm's own id: FarmRef{}.
struct TextId {
  pipeline::FarmRef farm{};
  std::string_view text;

  bool operator==(const TextId&) const = default;
};

/// The integers that stand for text ids, of one table, as one session remembers them.
class IdTable {
 public:
  struct Names {
    const Sql &find, &insert, &read;
  };
  IdTable(Session& session, Names names) : session_(session), names_(names) {}

  /// The id's integer; given now, in this transaction, if it has none yet.
  Result<std::int64_t> RefOf(const TextId& id);
  /// Nothing: it has none yet.
  Result<std::optional<std::int64_t>> FindRef(const TextId& id);
  /// What a given integer stands for. The view lives until the transaction ends.
  Result<TextId> IdOf(std::int64_t ref);
  /// The same of an integer that may be none: in damaged rows.
  Result<std::optional<TextId>> FindId(std::int64_t ref);

  /// The transaction is over. `rolled_back`: integers given in it were never given.
  void EndTransaction(bool rolled_back);

 private:
  struct Key {
    pipeline::FarmRef farm;
    std::string text;

    [[nodiscard]] TextId id() const { return {farm, text}; }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const TextId& id) const {
      constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
      return std::hash<std::string_view>{}(id.text) ^ (static_cast<std::uint64_t>(id.farm) * kOdd);
    }
    std::size_t operator()(const Key& key) const { return (*this)(key.id()); }
  };
  struct IsSame {
    using is_transparent = void;
    bool operator()(const TextId& a, const TextId& b) const { return a == b; }
    bool operator()(const Key& a, const TextId& b) const { return a.id() == b; }
    bool operator()(const TextId& a, const Key& b) const { return a == b.id(); }
    bool operator()(const Key& a, const Key& b) const { return a.id() == b.id(); }
  };
  static void Bind(Statement& statement, const TextId& id);
  void Remember(const TextId& id, std::int64_t ref);

  Session& session_;
  Names names_;
  std::unordered_map<Key, std::int64_t, Hash, IsSame> refs_;
  std::unordered_map<std::int64_t, TextId> ids_;  ///< Views into refs_' keys.
  bool given_ = false;
};

}  // namespace herdflow::store_sql
