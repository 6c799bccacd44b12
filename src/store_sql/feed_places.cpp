#include "feed_places.hpp"

#include <algorithm>
#include <tuple>

#include "day_sums.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::DayRange;
using pipeline::DerivedTable;

FarmDay DayAt(const Statement& row, int column) {
  return FarmDay{static_cast<std::int32_t>(row.Int(column))};
}

Result<std::optional<TablePlace>> PlaceIn(Statement& read) {
  static constexpr Columns kOf(sql::kReadFeedPlace);
  static_assert(SameColumns(sql::kReadFeedPlace, sql::kHoldFeedPlace));
  HERDFLOW_ASSIGN(const bool there, read.Step());
  if (!there) return std::optional<TablePlace>();
  TablePlace place{read.Int(kOf["position"]),
                   read.Int(kOf["target"]),
                   FeedState{read.Int(kOf["state"])},
                   {pipeline::FarmRef{read.Int(kOf["last_farm"])}, DayAt(read, kOf["last_day"]),
                    pipeline::CowRef{read.Int(kOf["last_cow"])}},
                   {}};
  if (!read.IsNull(kOf["first_day"])) {
    place.days = DayRange{DayAt(read, kOf["first_day"]), DayAt(read, kOf["final_day"])};
  }
  read.Reset();
  return std::optional(place);
}

}  // namespace

bool TablePlace::operator==(const TablePlace& other) const {
  const auto all = [](const TablePlace& place) {
    return std::tuple(place.position, place.target, place.state, place.last.farm, place.last.day,
                      place.last.cow, place.days.has_value());
  };
  if (all(*this) != all(other)) return false;
  return !days || (days->first == other.days->first && days->last == other.days->last);
}

Result<std::optional<TablePlace>> ReadPlace(Session& session, const DerivedTable& table) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadFeedPlace));
  return PlaceIn(read->Bind(1, table.shape().task));
}

Result<std::optional<TablePlace>> HoldPlace(WriteScope& scope, const DerivedTable& table) {
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kHoldFeedPlace));
  return PlaceIn(read->Bind(1, table.shape().task));
}

Result<> WritePlace(WriteScope& scope, const DerivedTable& table, const TablePlace& place) {
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteFeedPlace));
  return write->Bind(1, table.shape().task)
      .Bind(2, place.position)
      .Bind(3, place.target)
      .Bind(4, place.state)
      .Bind(5, place.last.farm)
      .Bind(6, place.last.day.days)
      .Bind(7, place.last.cow)
      .Bind(8, place.days ? Value(place.days->first.days) : Value())
      .Bind(9, place.days ? Value(place.days->last.days) : Value())
      .Run();
}

Result<> RefillFeeds(WriteScope& scope, const std::optional<DayRange>& days) {
  HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(scope.session()));
  for (const DerivedTable* table : pipeline::DerivedTables()) {
    HERDFLOW_ASSIGN(auto place, HoldPlace(scope, *table));
    if (!place) continue;  // It begins with all that there is.
    const bool filling = place->state == FeedState::kFill;
    std::optional<DayRange> wanted = days;
    if (filling && !place->days) {
      wanted.reset();
    } else if (filling && wanted) {
      wanted = {std::min(wanted->first, place->days->first),
                std::max(wanted->last, place->days->last)};
    }
    place->state = FeedState::kFill;
    place->last = {};
    place->days = wanted;
    if (!wanted) place->position = newest;  // What is noted up to here is in what it will read.
    place->target = place->position;
    HERDFLOW_CHECK(WritePlace(scope, *table, *place));
    HERDFLOW_CHECK(DropDaySums(scope, *table, wanted));
  }
  return {};
}

}  // namespace herdflow::store_sql
