#include "differences.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "merge.hpp"

namespace herdflow::pipeline {
namespace {

using Place = std::tuple<StreamRef, std::int32_t, std::int64_t>;

Place PlaceOf(const Lineage& lineage) {
  return {lineage.stream, lineage.partition, lineage.offset};
}

/// Moves what only `wanted` has to `wanted`, and what only `known` has to `surplus`.
template <class Version>
void Part(std::vector<Version>& wanted, std::vector<Version>& known,
          std::vector<Version>& surplus) {
  std::sort(wanted.begin(), wanted.end());
  std::sort(known.begin(), known.end());
  std::set_difference(known.begin(), known.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(surplus));
  std::vector<Version> missing;
  std::set_difference(wanted.begin(), wanted.end(), known.begin(), known.end(),
                      std::back_inserter(missing));
  wanted = std::move(missing);
}

void PartReadings(std::span<const ReadingKey> keys, std::vector<SilverReading>& known,
                  bool all_dirty, SilverChange& change) {
  std::sort(known.begin(), known.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  std::vector<SilverReading> missing;
  change.dirty.clear();
  auto wanted = change.readings.begin();
  auto before = known.begin();
  for (const ReadingKey& key : keys) {
    const SilverReading* const was =
        before != known.end() && before->key == key ? &*before++ : nullptr;
    const SilverReading* const is =
        wanted != change.readings.end() && wanted->key == key ? &*wanted++ : nullptr;
    const auto counted_before = CountedValue(was);
    const auto counted = CountedValue(is);
    if (counted != counted_before || (all_dirty && counted)) {
      const DirtyDay day{key.farm, key.day, key.cow, key.sensor};
      if (change.dirty.empty() || change.dirty.back() != day) change.dirty.push_back(day);
    }
    if (is != nullptr && (was == nullptr || *is != *was)) missing.push_back(*is);
    if (is == nullptr && was != nullptr) change.removed.push_back(key);
  }
  change.readings = std::move(missing);
}

bool IsSame(const KnownEntry& known, const QuarantineEntry& wanted) {
  const QuarantineEntry& entry = known.entry;
  return std::tie(entry.lineage, entry.received_at, entry.farm, entry.sensor, entry.cow, entry.day,
                  entry.at, entry.rejection.reason, entry.original, entry.status) ==
             std::tie(wanted.lineage, wanted.received_at, wanted.farm, wanted.sensor, wanted.cow,
                      wanted.day, wanted.at, wanted.rejection.reason, wanted.original,
                      wanted.status) &&
         known.code == herd::Name(wanted.rejection.code) && known.field == wanted.rejection.field;
}

void PartEntries(const std::vector<KnownEntry>& known, const std::vector<Lineage>& left_alone,
                 SilverChange& change) {
  std::map<Place, const KnownEntry*> surplus;
  for (const KnownEntry& entry : known) surplus[PlaceOf(entry.entry.lineage)] = &entry;
  std::vector<QuarantineEntry> missing;
  for (QuarantineEntry& entry : change.quarantine) {
    const auto before = surplus.find(PlaceOf(entry.lineage));
    if (before == surplus.end()) {
      missing.push_back(std::move(entry));
      continue;
    }
    const KnownEntry& was = *before->second;
    // What a person dismissed stays dismissed for as long as it is refused.
    if (was.entry.status == QuarantineStatus::kDismissed) entry.status = was.entry.status;
    if (!IsSame(was, entry)) {
      change.no_longer_refused.push_back(was.entry.lineage);
      missing.push_back(std::move(entry));
    }
    surplus.erase(before);
  }
  for (const Lineage& message : left_alone) surplus.erase(PlaceOf(message));
  for (const auto& [place, entry] : surplus) {
    change.no_longer_refused.push_back(entry->entry.lineage);
  }
  change.quarantine = std::move(missing);
}

}  // namespace

void KeepDifferences(std::span<const ReadingKey> keys, KnownVersions& known,
                     const std::vector<Lineage>& left_alone, bool all_dirty, SilverChange& change) {
  PartReadings(keys, known.readings, all_dirty, change);
  Part(change.waiting, known.waiting, change.no_longer_waiting);
  Part(change.displaced, known.displaced, change.no_longer_displaced);
  PartEntries(known.entries, left_alone, change);
}

}  // namespace herdflow::pipeline
