#include "known_versions.hpp"

#include <algorithm>

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::KnownEntry;
using pipeline::ReadingKey;
using pipeline::SensorRef;

ReadingKey ReadWholeKey(const Statement& row) { return ReadKey(row, 1, CowRef{row.Int(0)}); }

}  // namespace

KnownEntry ReadEntry(const Statement& row) {
  KnownEntry known;
  auto& entry = known.entry;
  entry.lineage = ReadLineage(row, 0);
  entry.received_at = FromMicros(row.Int(4));
  if (const auto sensor = row.MaybeInt(5)) entry.sensor = SensorRef{*sensor};
  if (const auto cow = row.MaybeInt(6)) entry.cow = CowRef{*cow};
  if (const auto day = row.MaybeInt(7)) entry.day = FarmDay{static_cast<std::int32_t>(*day)};
  if (const auto at = row.MaybeInt(8)) entry.at = FromMicros(*at);
  known.code = row.Bytes(9);
  known.field = row.Bytes(10);
  entry.rejection.reason = row.Bytes(11);
  entry.original = row.Bytes(12);
  entry.status = static_cast<pipeline::QuarantineStatus>(row.Int(13));
  if (const auto farm = row.MaybeInt(14)) entry.farm = pipeline::FarmRef{*farm};
  return known;
}

ReadingKey ReadKey(const Statement& row, int first, CowRef cow) {
  return {cow, FarmDay{static_cast<std::int32_t>(row.Int(first))}, SensorRef{row.Int(first + 1)},
          FromMicros(row.Int(first + 2))};
}

Result<> ReadReadings(WriteScope& scope, std::span<const Value> keys,
                      std::vector<pipeline::SilverReading>& readings) {
  HERDFLOW_CHECK(scope.session().ReadForKeys(
      sql::kReadReading, 4, keys, [&](const Statement& row) -> Result<> {
        readings.push_back({ReadWholeKey(row), row.Int(4),
                            static_cast<pipeline::ReadingState>(row.Int(5)), ReadLineage(row, 6),
                            FromMicros(row.Int(10)), FromMicros(row.Int(11))});
        return {};
      }));
  std::sort(readings.begin(), readings.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return {};
}

Result<pipeline::KnownVersions> ReadKnownVersions(WriteScope& scope,
                                                  std::span<const ReadingKey> keys,
                                                  std::span<const pipeline::Lineage> messages) {
  pipeline::KnownVersions known;
  std::vector<Value> values;
  values.reserve(keys.size() * 4);
  for (const auto& [cow, day, sensor, at] : keys) {
    values.insert(values.end(), {cow, day.days, sensor, ToMicros(at)});
  }
  HERDFLOW_CHECK(ReadReadings(scope, values, known.readings));
  Session& session = scope.session();
  HERDFLOW_CHECK(
      session.ReadForKeys(sql::kReadDisplaced, 4, values, [&](const auto& row) -> Result<> {
        known.displaced.push_back({ReadWholeKey(row), ReadLineage(row, 4)});
        return {};
      }));
  HERDFLOW_CHECK(
      session.ReadForKeys(sql::kReadWaiting, 4, values, [&](const auto& row) -> Result<> {
        known.waiting.push_back({ReadWholeKey(row), ReadLineage(row, 4), row.Int(8) != 0});
        return {};
      }));
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadEntriesOfDays));
  HERDFLOW_CHECK(ForCloseDays(keys, [&](const ReadingKey& first, FarmDay last) -> Result<> {
    read->Bind(1, first.cow).Bind(2, first.day.days).Bind(3, last.days);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      KnownEntry entry = ReadEntry(*read);
      if (!entry.entry.sensor) continue;
      const ReadingKey key{first.cow, *entry.entry.day, *entry.entry.sensor, *entry.entry.at};
      if (std::binary_search(keys.begin(), keys.end(), key)) {
        known.entries.push_back(std::move(entry));
      }
    }
  }));
  values.clear();
  for (const auto& message : messages) {
    values.insert(values.end(), {message.stream, message.partition, message.offset});
  }
  HERDFLOW_CHECK(session.ReadForKeys(sql::kReadEntry, 3, values, [&](const auto& row) -> Result<> {
    known.entries.push_back(ReadEntry(row));
    return {};
  }));
  return known;
}

}  // namespace herdflow::store_sql
