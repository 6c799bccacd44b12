#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/pipeline/rows.hpp"

/// What tells whoever answers that an answer may have become another one: numbers in
/// `ops_revisions` that rise in the transaction which changes what they stand for.
namespace herdflow::store_sql {

class Session;
class WriteScope;

/// What a revision stands for: rows that one step writes, so that no step waits for another's.
/// Stored, and in read_revisions.sql: the numbers stay.
enum class Revised : std::uint8_t {
  kFarms = 0,      ///< Gold's farms, all of them: one row, of FarmRef{}.
  kHerdBook = 1,   ///< The farm itself, its cows and its sensors, of gold: no months.
  kReadings = 2,   ///< Silver's accepted readings.
  kDaily = 3,      ///< Gold's daily aggregates.
  kCowDays = 4,    ///< Gold's days of cows.
  kHerdBooks = 5,  ///< All herd books: one row, of FarmRef{}.
};

/// The first day of its month, by which revisions of days are kept.
[[nodiscard]] FarmDay FirstOfMonth(FarmDay day);

/// What a transaction has changed, by months.
class Touched {
 public:
  /// `month`: the number of its first day; 0 where there are none.
  void Add(Revised what, pipeline::FarmRef farm, std::int32_t month);
  /// Raises them all, in the order of their keys: no two transactions wait for each other.
  Result<> Raise(Session& session) const;

 private:
  struct Key {
    Revised what;
    pipeline::FarmRef farm;
    std::int32_t month;

    auto operator<=>(const Key&) const = default;
  };
  std::set<Key> keys_;
  std::optional<Key> newest_;
};

/// These rows of the farm change by this transaction, of the month of `day`: the revision rises
/// when it commits. Cheap, again and again. Nothing shows rows of no farm.
void TouchRevision(WriteScope& scope, Revised what, std::optional<pipeline::FarmRef> farm,
                   FarmDay day);
/// The same of what has no months.
void TouchHerdBook(WriteScope& scope, std::optional<pipeline::FarmRef> farm);
/// A farm of gold changes: its own herd book, and the farms.
void TouchFarm(WriteScope& scope, pipeline::FarmRef farm);

/// Whose a cow or a sensor is; asked of the store once a session. Nothing: the row is damaged, and
/// its integer is no cow's or sensor's.
Result<std::optional<pipeline::FarmRef>> FarmOf(WriteScope& scope, pipeline::CowRef cow);
Result<std::optional<pipeline::FarmRef>> FarmOf(WriteScope& scope, pipeline::SensorRef sensor);

}  // namespace herdflow::store_sql
