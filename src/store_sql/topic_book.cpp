#include "topic_book.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gold_rows.hpp"
#include "known_versions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::Topic;

EntryMark MarkOf(const pipeline::KnownEntry& known) {
  const auto& [entry, code, field] = known;
  const auto number = [](const auto& ref) {
    return ref ? static_cast<std::int64_t>(*ref) : std::int64_t{-1};
  };
  const std::string said =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", static_cast<int>(entry.status), code, field,
                  entry.rejection.reason, ToMicros(entry.received_at), number(entry.farm),
                  number(entry.cow), number(entry.sensor), entry.original);
  return {std::hash<std::string>{}(said), entry.status == pipeline::QuarantineStatus::kDismissed};
}

Result<> ReadGold(WriteScope& scope, Topic topic, Book& book) {
  switch (topic) {
    case Topic::kCows: {
      HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadGoldCows));
      return ForEachRow(*read, [&](const Statement& row) {
        pipeline::GoldCow cow = CowIn(row);
        book.cows.emplace(cow.cow, std::move(cow));
      });
    }
    case Topic::kSensors: {
      HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadGoldSensors));
      return ForEachRow(*read, [&](const Statement& row) {
        pipeline::GoldSensor sensor = SensorIn(row);
        book.sensors.emplace(sensor.sensor, std::move(sensor));
      });
    }
    case Topic::kFarms: {
      HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadGoldFarms));
      return ForEachRow(*read, [&](const Statement& row) {
        pipeline::GoldFarm farm = FarmIn(row);
        book.farms.emplace(farm.farm, std::move(farm));
      });
    }
    case Topic::kMeasurements:
      break;
  }
  return {};
}

/// The keys whose rows are not the same in both.
template <class Key, class Row>
std::vector<Key> Differing(const std::map<Key, Row>& before, const std::map<Key, Row>& after) {
  std::vector<Key> keys;
  for (const auto& [key, row] : before) {
    const auto same = after.find(key);
    if (same == after.end() || same->second != row) keys.push_back(key);
  }
  for (const auto& [key, row] : after) {
    if (!before.contains(key)) keys.push_back(key);
  }
  return keys;
}

}  // namespace

Result<Book> ReadBook(WriteScope& scope, Topic topic) {
  Book book;
  HERDFLOW_CHECK(ReadGold(scope, topic, book));
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadEntriesOfTopic));
  HERDFLOW_CHECK(ForEachRow(read->Bind(1, Name(topic)), [&](const Statement& row) {
    const pipeline::KnownEntry known = ReadEntry(row);
    book.entries[known.entry.lineage] = MarkOf(known);
  }));
  return book;
}

pipeline::BookDifferences DifferencesOf(const Book& before, const Book& after) {
  return {Differing(before.cows, after.cows), Differing(before.sensors, after.sensors),
          Differing(before.farms, after.farms), Differing(before.entries, after.entries)};
}

}  // namespace herdflow::store_sql
