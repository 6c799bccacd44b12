#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "herdflow/pipeline/derived_table.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

/// What the rows of a farm's day are together, kept in the transactions that change the rows: a
/// table of days of the herd reads these, and not all cows of a day.
namespace herdflow::store_sql {

/// What a transaction adds to the sums of one table.
class DaySumChanges {
 public:
  /// The table outlives it.
  explicit DaySumChanges(const pipeline::DerivedTable& table);

  void Add(const pipeline::DerivedRow& row) { Change(row, 1); }
  void Remove(const pipeline::DerivedRow& row) { Change(row, -1); }
  Result<> Write(WriteScope& scope) const;

 private:
  struct Sum {
    std::int64_t total = 0, positive = 0;
  };

  void Change(const pipeline::DerivedRow& row, std::int64_t sign);

  const pipeline::DerivedTable& table_;
  std::vector<std::size_t> columns_;  ///< The values that are summed.
  std::map<std::pair<pipeline::FarmRef, FarmDay>, std::vector<Sum>> sums_;
};

/// The sums that are kept of these days. In any order; none that never was more or less than 0.
Result<> ReadDaySums(Session& session, const pipeline::DerivedTable& of,
                     std::span<const pipeline::DerivedKey> days,
                     const pipeline::FeedReads::EachSum& each);
/// The same from the rows themselves.
Result<> SumDays(Session& session, const pipeline::DerivedTable& of,
                 std::span<const pipeline::DerivedKey> days,
                 const pipeline::FeedReads::EachSum& each);
/// The days of these whose kept sums are not those of the rows.
Result<std::vector<FarmDay>> FindWrongSums(Session& session, const pipeline::DerivedTable& of,
                                           std::span<const pipeline::DerivedKey> days);
/// Nothing is kept any more: of all days, or of these.
Result<> DropDaySums(WriteScope& scope, const pipeline::DerivedTable& of,
                     const std::optional<pipeline::DayRange>& days);

}  // namespace herdflow::store_sql
