#include "merge.hpp"

#include <algorithm>
#include <span>

namespace herdflow::pipeline {
namespace {

using Verdict = Candidate::Verdict;

ReadingState StateOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAccepted:
      return ReadingState::kAccepted;
    case Verdict::kTakenBack:
      return ReadingState::kDeleted;
    case Verdict::kPending:
    case Verdict::kRejected:
      return ReadingState::kPending;
  }
  return ReadingState::kPending;
}

/// Whether the version takes the row's place. By version, but for one thing: what waits for nothing
/// stands before what is pending, which may yet be refused and leave its place to an older one.
bool TakesThePlaceOf(const Candidate& version, const SilverReading& row) {
  if (row.state == ReadingState::kPending && !version.waits) return true;
  return version.lineage > row.lineage;
}

/// The newest version that is valid whatever becomes known later: it overtakes refused older ones.
/// None before cow and sensor are known, not even a deletion: a newer pending version would hide it
/// from the refused ones that come after.
std::optional<Lineage> NewestSettled(std::span<const Candidate> versions,
                                     const SilverReading* existing) {
  if (versions.front().waits) return std::nullopt;
  std::optional<Lineage> newest;
  if (existing != nullptr && existing->state != ReadingState::kPending) newest = existing->lineage;
  for (const Candidate& version : versions) {
    const bool settled =
        version.verdict == Verdict::kAccepted || version.verdict == Verdict::kTakenBack;
    if (settled && (!newest || version.lineage > *newest)) newest = version.lineage;
  }
  return newest;
}

/// The row that the existing one and the valid versions make, if there is any.
std::optional<SilverReading> Fold(std::span<const Candidate> versions,
                                  const SilverReading* existing) {
  std::optional<SilverReading> row;
  if (existing != nullptr) row = *existing;
  for (const Candidate& version : versions) {
    if (version.verdict == Verdict::kRejected) continue;
    const Instant created =
        row ? std::min(row->created_at, version.received_at) : version.received_at;
    const Instant updated =
        row ? std::max(row->updated_at, version.received_at) : version.received_at;
    if (!row || TakesThePlaceOf(version, *row)) {
      row = SilverReading{
          version.key, version.value_millionths, StateOf(version.verdict), version.lineage, created,
          updated};
    } else {
      row->created_at = created;
      row->updated_at = updated;
    }
  }
  return row;
}

/// Notes the valid versions that do not stand in the row, of a reading that waits for nothing.
void NoteDisplaced(std::span<const Candidate> versions, const SilverReading* existing,
                   const SilverReading& row, SilverChange& change) {
  if (versions.front().waits) return;
  if (existing != nullptr && existing->state != ReadingState::kPending &&
      existing->lineage != row.lineage) {
    change.displaced.push_back({row.key, existing->lineage});
  }
  for (const Candidate& version : versions) {
    if (version.verdict == Verdict::kRejected) continue;
    if (version.lineage != row.lineage) change.displaced.push_back({row.key, version.lineage});
  }
}

/// Merges all versions of one reading.
void MergeOne(std::span<const Candidate> versions, const SilverReading* existing,
              std::span<const OpenEntry> open_entries, SilverChange& change) {
  const ReadingKey& key = versions.front().key;
  const auto settled = NewestSettled(versions, existing);
  for (const Candidate& version : versions) {
    if (version.waits && version.verdict != Verdict::kRejected) {
      change.waiting.push_back({key, version.lineage, version.unit_known});
    }
    if (version.verdict == Verdict::kRejected && settled && version.lineage < *settled) {
      change.quarantine[version.entry].status = QuarantineStatus::kSuperseded;
    }
  }
  for (const OpenEntry& entry : open_entries) {
    if (settled && entry.lineage < *settled) change.superseded.push_back(entry.lineage);
  }
  const auto row = Fold(versions, existing);
  if (row) NoteDisplaced(versions, existing, *row, change);
  if (CountedValue(existing) != CountedValue(row ? &*row : nullptr)) {
    const DirtyDay day{key.farm, key.day, key.cow, key.sensor};
    if (change.dirty.empty() || change.dirty.back() != day) change.dirty.push_back(day);
  }
  if (row && (existing == nullptr || *row != *existing)) change.readings.push_back(*row);
}

/// The elements of the sorted `all` with this key, `at` being where the last search ended.
template <class T>
std::span<const T> Equal(const std::vector<T>& all, const ReadingKey& key, std::size_t& at) {
  while (at < all.size() && all[at].key < key) ++at;
  const std::size_t first = at;
  while (at < all.size() && all[at].key == key) ++at;
  return std::span(all).subspan(first, at - first);
}

}  // namespace

std::optional<std::int64_t> CountedValue(const SilverReading* row) {
  if (row == nullptr || row->state != ReadingState::kAccepted) return std::nullopt;
  return row->value_millionths;
}

void SortCandidates(std::vector<Candidate>& candidates) {
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.key, a.lineage) < std::tie(b.key, b.lineage);
  });
}

void MergeReadings(const std::vector<Candidate>& candidates, std::vector<SilverReading>& existing,
                   std::vector<OpenEntry>& open_entries, SilverChange& change) {
  const auto by_key = [](const auto& a, const auto& b) { return a.key < b.key; };
  std::sort(existing.begin(), existing.end(), by_key);
  std::sort(open_entries.begin(), open_entries.end(), by_key);
  std::size_t reading_at = 0;
  std::size_t entry_at = 0;
  for (std::size_t first = 0; first < candidates.size();) {
    std::size_t last = first + 1;
    while (last < candidates.size() && candidates[last].key == candidates[first].key) ++last;
    const auto rows = Equal(existing, candidates[first].key, reading_at);
    const auto entries = Equal(open_entries, candidates[first].key, entry_at);
    MergeOne(std::span(candidates).subspan(first, last - first),
             rows.empty() ? nullptr : rows.data(), entries, change);
    first = last;
  }
}

}  // namespace herdflow::pipeline
