#pragma once

#include <cstddef>
#include <map>

#include "herdflow/pipeline/layer_store.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {

/// What is said of a message in quarantine, and whether it is dismissed.
struct EntryMark {
  std::size_t hash = 0;
  bool dismissed = false;

  bool operator==(const EntryMark&) const = default;
};

/// What gold and the quarantine hold of a topic of the herd book.
struct Book {
  std::map<pipeline::CowRef, pipeline::GoldCow> cows;
  std::map<pipeline::SensorRef, pipeline::GoldSensor> sensors;
  std::map<pipeline::FarmRef, pipeline::GoldFarm> farms;
  std::map<pipeline::Lineage, EntryMark> entries;
};

Result<Book> ReadBook(WriteScope& scope, pipeline::Topic topic);
[[nodiscard]] pipeline::BookDifferences DifferencesOf(const Book& before, const Book& after);

}  // namespace herdflow::store_sql
