#pragma once

#include <optional>
#include <vector>

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/rows.hpp"

namespace herdflow::pipeline {

/// One version of a reading, judged, with a good key.
struct Candidate {
  enum class Verdict : std::uint8_t { kAccepted, kPending, kTakenBack, kRejected };

  ReadingKey key;
  Lineage lineage;
  Instant received_at;
  Verdict verdict = Verdict::kAccepted;
  std::int64_t value_millionths = 0;
  bool waits = false;       ///< Cow or sensor is not known yet: the same for all of a reading.
  bool unit_known = false;  ///< Where it waits.
  std::size_t entry = 0;    ///< Where rejected: its place in `change.quarantine`.
};

/// What the aggregates see of a row of silver, which may be none.
[[nodiscard]] std::optional<std::int64_t> CountedValue(const SilverReading* row);

/// By key, then oldest first.
void SortCandidates(std::vector<Candidate>& candidates);

/// Merge judged versions into what silver holds of their readings: of the valid versions of a key
/// the newest stays. The result does not depend on the candidates' order, nor on how they are split
/// over calls. Pure.
///
/// `candidates` as SortCandidates left them. `existing` and `open_entries`: what the store holds of
/// their keys. Adds to `change`, whose quarantine entries of rejected candidates get their status.
void MergeReadings(const std::vector<Candidate>& candidates, std::vector<SilverReading>& existing,
                   std::vector<OpenEntry>& open_entries, SilverChange& change);

}  // namespace herdflow::pipeline
