#include "change_counter.hpp"

#include <array>
#include <unordered_map>

namespace herdflow::store_sql {
namespace {

using pipeline::FarmRef;
using pipeline::ReadingKey;
using pipeline::ReadingState;

constexpr std::array kStates{ReadingState::kAccepted, ReadingState::kPending,
                             ReadingState::kDeleted};

/// What changes of a farm's readings, by state.
using Deltas = std::array<std::int64_t, kStates.size()>;

}  // namespace

void ChangeCounter::Know(std::span<const pipeline::SilverReading> readings) {
  for (const auto& reading : readings) readings_.insert_or_assign(reading.key, reading.state);
}

void ChangeCounter::Know(std::span<const pipeline::KnownEntry> entries) {
  for (const auto& [entry, code, field] : entries) {
    const auto& of = entry.lineage;
    entries_.insert_or_assign(Place(of.stream, of.partition, of.offset),
                              Entry{RefOrNone(entry.farm), code, IsWaiting(code, entry.status)});
  }
}

Result<> ChangeCounter::Count(WriteScope& scope, const pipeline::SilverChange& change) {
  CountEntries(scope, change);
  CountReadings(scope, change);
  return {};
}

void ChangeCounter::CountReadings(WriteScope& scope, const pipeline::SilverChange& change) {
  std::unordered_map<FarmRef, Deltas> farms;
  const auto take_away = [&](const ReadingKey& key, Deltas& deltas) {
    if (readings_.empty()) return;
    const auto known = readings_.find(key);
    if (known != readings_.end()) --deltas[static_cast<std::size_t>(known->second)];
  };
  for (const auto& reading : change.readings) {
    Deltas& deltas = farms[reading.key.farm];
    take_away(reading.key, deltas);
    ++deltas[static_cast<std::size_t>(reading.state)];
  }
  for (const ReadingKey& key : change.removed) take_away(key, farms[key.farm]);
  for (const auto& [farm, deltas] : farms) {
    for (const ReadingState state : kStates) {
      CountChange(scope, kCountedReadings, static_cast<std::int64_t>(farm), Name(state),
                  deltas[static_cast<std::size_t>(state)]);
    }
  }
}

void ChangeCounter::CountEntries(WriteScope& scope, const pipeline::SilverChange& change) {
  for (const auto& of : change.no_longer_refused) {
    const auto known = entries_.find({of.stream, of.partition, of.offset});
    if (known == entries_.end()) continue;
    const auto& [farm, code, waits] = known->second;
    store_sql::CountEntries(scope, farm, code, -1, waits ? -1 : 0);
    entries_.erase(known);
  }
  // What is overtaken waits for its farm no more.
  for (const auto& of : change.superseded) {
    const auto known = entries_.find({of.stream, of.partition, of.offset});
    if (known == entries_.end() || !known->second.waits) continue;
    known->second.waits = false;
    CountChange(scope, kCountedWaiting, known->second.farm, "", -1);
  }
}

}  // namespace herdflow::store_sql
