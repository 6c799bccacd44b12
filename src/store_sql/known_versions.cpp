#include "known_versions.hpp"

#include <algorithm>

#include "herdflow/store_sql/columns.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::KnownEntry;
using pipeline::ReadingKey;
using pipeline::SensorRef;

/// Keys of two farms, one of which only a damaged row names, are one key where versions are noted.
template <class Version>
void KeepEachOnce(std::vector<Version>& versions) {
  std::sort(versions.begin(), versions.end());
  versions.erase(std::unique(versions.begin(), versions.end()), versions.end());
}

}  // namespace

KnownEntry ReadEntry(const Statement& row) {
  static constexpr Columns kOf(sql::kReadEntry);
  static_assert(SameColumns(sql::kReadEntry, sql::kReadEntriesOfDays));
  static_assert(SameColumns(sql::kReadEntry, sql::kReadEntriesOfTopic));
  KnownEntry known;
  auto& entry = known.entry;
  entry.lineage = ReadLineage(row, kOf.InARow(kLineageColumns));
  entry.received_at = FromMicros(row.Int(kOf["received_at"]));
  if (const auto sensor = row.MaybeInt(kOf["sensor_id"])) entry.sensor = SensorRef{*sensor};
  if (const auto cow = row.MaybeInt(kOf["cow_id"])) entry.cow = CowRef{*cow};
  if (const auto day = row.MaybeInt(kOf["farm_day"])) {
    entry.day = FarmDay{static_cast<std::int32_t>(*day)};
  }
  if (const auto at = row.MaybeInt(kOf["timestamp"])) entry.at = FromMicros(*at);
  known.code = row.Bytes(kOf["code"]);
  known.field = row.Bytes(kOf["field"]);
  entry.rejection.reason = row.Bytes(kOf["reason"]);
  entry.original = row.Bytes(kOf["original"]);
  entry.status = static_cast<pipeline::QuarantineStatus>(row.Int(kOf["status"]));
  if (const auto farm = row.MaybeInt(kOf["farm"])) entry.farm = pipeline::FarmRef{*farm};
  return known;
}

ReadingKey ReadKey(const Statement& row, int first) {
  return {pipeline::FarmRef{row.Int(first)}, FarmDay{static_cast<std::int32_t>(row.Int(first + 1))},
          CowRef{row.Int(first + 2)}, SensorRef{row.Int(first + 3)},
          FromMicros(row.Int(first + 4))};
}

Result<ReadingKey> ReadKeyOfCow(WriteScope& scope, const Statement& row, int first) {
  const std::int64_t cow = row.Int(first);
  HERDFLOW_ASSIGN(const TextId id, scope.cows().IdOf(cow));
  return ReadingKey{id.farm, FarmDay{static_cast<std::int32_t>(row.Int(first + 1))}, CowRef{cow},
                    SensorRef{row.Int(first + 2)}, FromMicros(row.Int(first + 3))};
}

std::array<Value, 5> ValuesOf(const ReadingKey& key) {
  return {key.farm, key.day.days, key.cow, key.sensor, ToMicros(key.at)};
}

std::vector<ReadingKey> ByCow(std::span<const ReadingKey> keys) {
  std::vector<ReadingKey> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end(), [](const ReadingKey& a, const ReadingKey& b) {
    return std::pair(a.cow, a.day) < std::pair(b.cow, b.day);
  });
  return sorted;
}

Result<> ReadReadings(WriteScope& scope, std::span<const Value> keys,
                      std::vector<pipeline::SilverReading>& readings) {
  HERDFLOW_CHECK(scope.session().ReadForKeys(
      sql::kReadReading, 5, keys, [&](const Statement& row) -> Result<> {
        static constexpr Columns kOf(sql::kReadReading);
        readings.push_back({ReadKey(row, kOf.InARow(kKeyColumns)), row.Int(kOf["value"]),
                            static_cast<pipeline::ReadingState>(row.Int(kOf["state"])),
                            ReadLineage(row, kOf.InARow(kLineageColumns)),
                            FromMicros(row.Int(kOf["created_at"])),
                            FromMicros(row.Int(kOf["updated_at"]))});
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
  values.reserve(keys.size() * 5);
  for (const ReadingKey& key : keys) {
    const auto of_key = ValuesOf(key);
    values.insert(values.end(), of_key.begin(), of_key.end());
  }
  HERDFLOW_CHECK(ReadReadings(scope, values, known.readings));
  values.clear();
  for (const auto& [farm, day, cow, sensor, at] : keys) {
    values.insert(values.end(), {cow, day.days, sensor, ToMicros(at)});
  }
  Session& session = scope.session();
  HERDFLOW_CHECK(
      session.ReadForKeys(sql::kReadDisplaced, 4, values, [&](const Statement& row) -> Result<> {
        static constexpr Columns kOf(sql::kReadDisplaced);
        HERDFLOW_ASSIGN(const ReadingKey key,
                        ReadKeyOfCow(scope, row, kOf.InARow(kKeyOfCowColumns)));
        known.displaced.push_back({key, ReadLineage(row, kOf.InARow(kLineageColumns))});
        return {};
      }));
  HERDFLOW_CHECK(
      session.ReadForKeys(sql::kReadWaiting, 4, values, [&](const Statement& row) -> Result<> {
        static constexpr Columns kOf(sql::kReadWaiting);
        HERDFLOW_ASSIGN(const ReadingKey key,
                        ReadKeyOfCow(scope, row, kOf.InARow(kKeyOfCowColumns)));
        known.waiting.push_back(
            {key, ReadLineage(row, kOf.InARow(kLineageColumns)), row.Int(kOf["unit_known"]) != 0});
        return {};
      }));
  KeepEachOnce(known.displaced);
  KeepEachOnce(known.waiting);
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadEntriesOfDays));
  HERDFLOW_CHECK(ForCloseDays(ByCow(keys), [&](const ReadingKey& first, FarmDay last) -> Result<> {
    read->Bind(1, first.cow).Bind(2, first.day.days).Bind(3, last.days);
    return ForEachRow(*read, [&](const Statement& row) {
      KnownEntry entry = ReadEntry(row);
      if (!entry.entry.sensor) return;
      const ReadingKey key{first.farm, *entry.entry.day, first.cow, *entry.entry.sensor,
                           *entry.entry.at};
      if (std::binary_search(keys.begin(), keys.end(), key)) {
        known.entries.push_back(std::move(entry));
      }
    });
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
