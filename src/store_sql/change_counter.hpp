#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>

#include "herdflow/pipeline/layer_store.hpp"
#include "row_counts.hpp"

namespace herdflow::store_sql {

/// What a change of silver comes to in the counts that are kept of it: by what this transaction has
/// read of the rows that it changes.
class ChangeCounter {
 public:
  /// There are these.
  void Know(std::span<const pipeline::SilverReading> readings);
  void Know(std::span<const pipeline::KnownEntry> entries);
  /// REQUIRES: what is there of the change's readings, and of the entries that it takes away, was
  /// read; the change is the transaction's only one, and not written yet. What it adds to the
  /// quarantine is counted by InsertQuarantine.
  Result<> Count(WriteScope& scope, const pipeline::SilverChange& change);

 private:
  using Place = std::tuple<pipeline::StreamRef, std::int32_t, std::int64_t>;
  struct Entry {
    std::int64_t farm = 0;
    std::string code;
    bool waits = false;
  };

  void CountReadings(WriteScope& scope, const pipeline::SilverChange& change);
  void CountEntries(WriteScope& scope, const pipeline::SilverChange& change);

  std::map<pipeline::ReadingKey, pipeline::ReadingState> readings_;
  std::map<Place, Entry> entries_;
};

}  // namespace herdflow::store_sql
