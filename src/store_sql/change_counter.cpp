#include "change_counter.hpp"

#include <array>
#include <optional>
#include <unordered_map>

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::ReadingKey;
using pipeline::ReadingState;

constexpr std::array kStates{ReadingState::kAccepted, ReadingState::kPending,
                             ReadingState::kDeleted};

/// What changes of a farm's readings, by state.
using Deltas = std::array<std::int64_t, kStates.size()>;

/// The deltas of the farm of a cow; readings come by cow.
class DeltasOfFarms {
 public:
  explicit DeltasOfFarms(WriteScope& scope) : scope_(scope) {}

  Result<Deltas*> Of(CowRef cow) {
    if (cow == cow_) return deltas_;
    HERDFLOW_ASSIGN(const auto farm, FarmOf(scope_.cows(), static_cast<std::int64_t>(cow)));
    cow_ = cow;
    deltas_ = farm ? &farms_[*farm] : &not_counted_;
    return deltas_;
  }
  void Write() {
    for (const auto& [farm, deltas] : farms_) {
      for (const ReadingState state : kStates) {
        CountChange(scope_, kCountedReadings, farm, Name(state),
                    deltas[static_cast<std::size_t>(state)]);
      }
    }
  }

 private:
  WriteScope& scope_;
  std::unordered_map<std::int64_t, Deltas> farms_;
  Deltas not_counted_{};
  std::optional<CowRef> cow_;
  Deltas* deltas_ = nullptr;
};

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
  return CountReadings(scope, change);
}

Result<> ChangeCounter::CountReadings(WriteScope& scope, const pipeline::SilverChange& change) {
  DeltasOfFarms farms(scope);
  const auto take_away = [&](const ReadingKey& key, Deltas& deltas) {
    if (readings_.empty()) return;
    const auto known = readings_.find(key);
    if (known != readings_.end()) --deltas[static_cast<std::size_t>(known->second)];
  };
  for (const auto& reading : change.readings) {
    HERDFLOW_ASSIGN(Deltas * deltas, farms.Of(reading.key.cow));
    take_away(reading.key, *deltas);
    ++(*deltas)[static_cast<std::size_t>(reading.state)];
  }
  for (const ReadingKey& key : change.removed) {
    HERDFLOW_ASSIGN(Deltas * deltas, farms.Of(key.cow));
    take_away(key, *deltas);
  }
  farms.Write();
  return {};
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
