#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "herdflow/core/result.hpp"

namespace herdflow::store_sql {

class Session;

/// The integers that stand for text ids, of one table, as one session remembers them.
class IdTable {
 public:
  struct Names {
    std::string_view find, insert, read;  ///< Statements.
  };
  IdTable(Session& session, Names names) : session_(session), names_(names) {}

  /// The id's integer; given now, in this transaction, if it has none yet.
  Result<std::int64_t> RefOf(std::string_view text);
  /// The text of a given integer. The view lives until the transaction ends.
  Result<std::string_view> TextOf(std::int64_t ref);

  /// The transaction is over. `rolled_back`: integers given in it were never given.
  void EndTransaction(bool rolled_back);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  void Remember(std::string text, std::int64_t ref);

  Session& session_;
  Names names_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> refs_;
  std::unordered_map<std::int64_t, std::string_view> texts_;  ///< Views into refs_' keys.
  bool given_ = false;
};

}  // namespace herdflow::store_sql
