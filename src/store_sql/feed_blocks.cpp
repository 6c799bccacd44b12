#include "feed_blocks.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "derived_rows.hpp"
#include "derived_statements.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using pipeline::Block;
using pipeline::CowRef;
using pipeline::DayRange;
using pipeline::DerivedKey;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::FeedPlace;
using pipeline::kAllCows;
using pipeline::SensorRef;

constexpr FarmDay kLastDay{std::numeric_limits<std::int32_t>::max() / 2};

/// A place where rows are: the first of a farm's period, or of a farm.
struct Found {
  FarmRef farm{};
  FarmDay day;

  auto operator<=>(const Found&) const = default;
};

class BlockFinder {
 public:
  BlockFinder(Session& session, const DerivedTable& table) : session_(session), table_(table) {}

  Result<std::optional<Block>> NextOfAll(const std::optional<DayRange>& days, FeedPlace& place,
                                         std::size_t max) {
    // A chain is looked at as a whole.
    const FarmDay earliest =
        days && !shape().chains ? PeriodOf(days->first).first : FeedPlace{}.day;
    const FarmDay latest = days && !shape().chains ? days->last : kLastDay;
    if (place.cow == kAllCows.last) {
      Found from{place.farm, std::max(earliest, PeriodOf(place.day).last + 1)};
      if (place == FeedPlace{}) from.day = earliest;
      if (place != FeedPlace{} && shape().chains) from.day = kLastDay;
      HERDFLOW_ASSIGN(const auto found, FindOfAll(from, earliest, latest));
      if (!found) return std::optional<Block>();
      place = {found->farm, shape().chains ? found->day : PeriodOf(found->day).first, CowRef{0}};
    }
    Block block;
    block.whole = true;
    block.farm = place.farm;
    block.period = PeriodOf(place.day);
    if (shape().chains) {
      HERDFLOW_ASSIGN(const FarmDay end, EndOfChain(place.farm, place.day));
      block.period = {place.day, end};
    }
    CowRef last = kAllCows.last;
    if (shape().by_cow) {
      HERDFLOW_ASSIGN(const auto of, SourceDays(block.farm, block.period));
      const std::size_t rows = std::max<std::size_t>(1, max / std::max<std::size_t>(1, of.size()));
      HERDFLOW_ASSIGN(Statement * nth, session_.Get(Source().nth_cow.sql()));
      HERDFLOW_ASSIGN(last, LastCow(of, place.cow, [&](FarmDay day) {
                        nth->Bind(1, block.farm).Bind(2, day.days).Bind(3, place.cow);
                        return FirstInt(nth->Bind(4, rows));
                      }));
    } else {
      block.keys.push_back({block.farm, block.period.first, {}, {}});
    }
    block.cows = {{CowRef{static_cast<std::int64_t>(place.cow) + 1}, last}};
    place.cow = last;
    return std::optional(std::move(block));
  }

  Result<std::optional<Block>> NextOfNotes(TablePlace& place, std::int64_t seen, std::size_t max) {
    while (true) {
      if (place.state == FeedState::kIdle) {
        if (place.position >= seen) return std::optional<Block>();
        place = {place.position, seen, FeedState::kNotes, {}, {}};
      }
      HERDFLOW_ASSIGN(auto block, NextNoted(place, max));
      if (block && !block->keys.empty()) return block;
      if (!block) place = {place.target, place.target, FeedState::kIdle, {}, {}};
    }
  }

 private:
  [[nodiscard]] const DerivedTable::Shape& shape() const { return table_.shape(); }
  [[nodiscard]] Period PeriodOf(FarmDay day) const { return herd::PeriodOf(shape().period, day); }

  [[nodiscard]] const DaysSql& Source() const {
    return shape().reads.empty() ? SilverDays() : StatementsOf(*shape().reads.front()).days;
  }

  /// The days of the source that make a period.
  Result<std::vector<FarmDay>> SourceDays(FarmRef farm, Period period) {
    if (!shape().reads.empty()) return DaysOf(session_, *shape().reads.front(), farm, period);
    return std::vector<FarmDay>{period.first};  // What reads silver reads a day of it.
  }

  Result<std::optional<Found>> FindIn(const DaysSql& sql, FarmRef farm, FarmDay from) {
    HERDFLOW_ASSIGN(Statement * next, session_.Get(sql.next_day.sql()));
    HERDFLOW_ASSIGN(const auto day, FirstInt(next->Bind(1, farm).Bind(2, from.days)));
    if (day) return std::optional(Found{farm, DayOf(*day)});
    HERDFLOW_ASSIGN(Statement * other, session_.Get(sql.next_farm.sql()));
    HERDFLOW_ASSIGN(const bool there, other->Bind(1, farm).Step());
    if (!there) return std::optional<Found>();
    const Found found{FarmRef{other->Int(0)}, DayOf(other->Int(1))};
    other->Reset();
    return std::optional(found);
  }

  /// The first that the source, the table itself or the quarantine has, from `from` on, of days in
  /// between.
  Result<std::optional<Found>> FindOfAll(Found from, FarmDay earliest, FarmDay latest) {
    while (true) {
      std::optional<Found> found;
      for (const DaysSql* sql : {&Source(), &StatementsOf(table_).days, &RefusedDays()}) {
        if (sql == &RefusedDays() && !shape().counts_refused) continue;
        HERDFLOW_ASSIGN(const auto here, FindIn(*sql, from.farm, from.day));
        if (!found || (here && *here < *found)) found = here;
      }
      if (!found) return found;
      if (found->farm != from.farm && found->day < earliest) {
        from = {found->farm, earliest};
      } else if (found->day > latest) {
        from = {found->farm, kLastDay};  // The next farm.
      } else {
        return found;
      }
    }
  }

  Result<std::optional<std::int64_t>> LastDay(const DaysSql& sql, FarmRef farm) {
    HERDFLOW_ASSIGN(Statement * last, session_.Get(sql.last_day.sql()));
    return FirstInt(last->Bind(1, farm));
  }

  /// The last day that a farm's chain goes to.
  Result<FarmDay> EndOfChain(FarmRef farm, FarmDay at_least) {
    FarmDay end = at_least;
    for (const DaysSql* sql : {&Source(), &StatementsOf(table_).days}) {
      HERDFLOW_ASSIGN(const auto last, LastDay(*sql, farm));
      if (last) end = std::max(end, DayOf(*last));
    }
    return end;
  }

  /// The last cow of a block of `farm` behind `after`, so that each of these days has at most about
  /// `rows` of it. `nth(day)`: the cow of the row that so many follow behind `after`.
  template <class Nth>
  static Result<CowRef> LastCow(const std::vector<FarmDay>& days, CowRef after, Nth nth) {
    CowRef last = kAllCows.last;
    for (const FarmDay day : days) {
      HERDFLOW_ASSIGN(const std::optional<std::int64_t> cow, nth(day));
      if (cow) last = std::min(last, CowRef{*cow - 1});
    }
    return std::max(last, CowRef{static_cast<std::int64_t>(after) + 1});
  }

  Result<std::optional<Found>> FindNotedFarm(const TablePlace& of, FarmRef behind) {
    static constexpr Columns kOf(sql::kFindNotedFarm);
    HERDFLOW_ASSIGN(Statement * find, session_.Get(sql::kFindNotedFarm));
    find->Bind(1, behind).Bind(2, of.position).Bind(3, of.target);
    HERDFLOW_ASSIGN(const bool there, find->Step());
    if (!there) return std::optional<Found>();
    const Found found{FarmRef{find->Int(kOf["farm"])}, DayOf(find->Int(kOf["farm_day"]))};
    find->Reset();
    return std::optional(found);
  }

  /// The block behind the place, which moves on; without keys where none of them is the table's.
  Result<std::optional<Block>> NextNoted(TablePlace& of, std::size_t max) {
    FeedPlace& place = of.last;
    Block block;
    if (place.cow != kAllCows.last) {
      HERDFLOW_CHECK(shape().chains ? AddNotedChains(of, max, block)
                                    : AddNotedCows(of, max, block));
      return std::optional(std::move(block));
    }
    if (place != FeedPlace{} && !shape().chains) {
      const Found rest{place.farm, PeriodOf(place.day).last + 1};
      HERDFLOW_CHECK(AddNotedPeriods(rest, of, max, block));
      const bool is_inside = place.cow != kAllCows.last;  // Of a period of which more is to come.
      if (is_inside || !block.keys.empty()) return std::optional(std::move(block));
    }
    HERDFLOW_ASSIGN(const auto other, FindNotedFarm(of, place.farm));
    if (!other) return std::optional<Block>();
    if (shape().chains) {
      place = {other->farm, other->day, CowRef{0}};
      HERDFLOW_CHECK(AddNotedChains(of, max, block));
    } else {
      place = {other->farm, other->day, kAllCows.last};
      HERDFLOW_CHECK(AddNotedPeriods({other->farm, PeriodOf(other->day).first}, of, max, block));
    }
    return std::optional(std::move(block));
  }

  /// Adds the keys of the next periods, of as many as are at most about `max` rows to read. Where
  /// the first of them is more than that, the place goes into it.
  Result<> AddNotedPeriods(Found from, TablePlace& of, std::size_t max, Block& block) {
    static constexpr Columns kOf(sql::kReadNoted);
    const std::size_t most = MostKeys(from, max);
    const std::size_t most_notes = MostNotes(from, most, max);
    HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadNoted));
    read->Bind(1, from.farm).Bind(2, from.day.days).Bind(3, shape().by_cow ? 1 : 0);
    read->Bind(4, of.position).Bind(5, of.target).Bind(6, most_notes);
    std::set<DerivedKey> keys;
    std::size_t notes = 0;
    HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
      ++notes;
      if (keys.size() > most) return;
      keys.insert(KeyOf({from.farm, DayOf(row.Int(kOf["farm_day"])), CowRef{row.Int(kOf["cow_id"])},
                         SensorRef{row.Int(kOf["sensor_id"])}}));
    }));
    block.farm = from.farm;
    if (keys.empty()) return {};
    const FarmDay last = keys.rbegin()->day;
    if (notes == most_notes || keys.size() > most) {  // The last period is not complete.
      if (keys.begin()->day != last) {
        keys.erase(keys.lower_bound({from.farm, last, {}, {}}), keys.end());
      } else if (shape().by_cow) {
        of.last = {from.farm, last, CowRef{0}};
        return AddNotedCows(of, max, block);
      }
    }
    block.keys.assign(keys.begin(), keys.end());
    of.last = {from.farm, block.keys.back().day, kAllCows.last};
    return {};
  }

  /// Adds the keys of the next cows of the place's period, of which there are about `max` notes.
  Result<> AddNotedCows(TablePlace& of, std::size_t max, Block& block) {
    static constexpr Columns kOf(sql::kReadNotedOfDay);
    FeedPlace& place = of.last;
    block.farm = place.farm;
    std::vector<FarmDay> days;
    const Period period = PeriodOf(place.day);
    for (FarmDay day = period.first; day <= period.last; day = day + 1) days.push_back(day);
    const std::size_t notes = std::max<std::size_t>(1, max / days.size());
    HERDFLOW_ASSIGN(Statement * nth, session_.Get(sql::kFindNthNotedCow));
    HERDFLOW_ASSIGN(const CowRef last, LastCow(days, place.cow, [&](FarmDay day) {
                      nth->Bind(1, block.farm).Bind(2, day.days).Bind(3, place.cow).Bind(4, notes);
                      return FirstInt(nth->Bind(5, of.position).Bind(6, of.target));
                    }));
    HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadNotedOfDay));
    for (const FarmDay day : days) {
      read->Bind(1, block.farm).Bind(2, day.days);
      read->Bind(3, static_cast<std::int64_t>(place.cow) + 1).Bind(4, last);
      read->Bind(5, of.position).Bind(6, of.target);
      HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
        block.keys.push_back(KeyOf({block.farm, day, CowRef{row.Int(kOf["cow_id"])},
                                    SensorRef{row.Int(kOf["sensor_id"])}}));
      }));
    }
    std::sort(block.keys.begin(), block.keys.end());
    block.keys.erase(std::unique(block.keys.begin(), block.keys.end()), block.keys.end());
    place.cow = last;
    return {};
  }

  /// The table's key of a note.
  [[nodiscard]] DerivedKey KeyOf(const DerivedKey& noted) const {
    return {noted.farm, PeriodOf(noted.day).first, shape().by_cow ? noted.cow : CowRef{},
            shape().by_sensor ? noted.sensor : SensorRef{}};
  }

  /// So many keys are about `max` rows to read.
  [[nodiscard]] std::size_t MostKeys(Found from, std::size_t max) const {
    constexpr std::size_t kDaysOfHerd = 32,
                          kReadingsOfKey = 4;  // What is more ends the transaction.
    if (!shape().by_cow) return std::clamp<std::size_t>(max, 1, kDaysOfHerd);
    if (shape().reads.empty()) return std::max<std::size_t>(1, max / kReadingsOfKey);
    const std::size_t parts = PeriodsIn(*shape().reads.front(), PeriodOf(from.day)).size();
    return std::max<std::size_t>(1, max / parts);
  }

  /// So many notes tell whether there are more than `most` keys, unless they lie far apart.
  [[nodiscard]] std::size_t MostNotes(Found from, std::size_t most, std::size_t max) const {
    const std::size_t bound = 4 * std::max<std::size_t>(1, max);
    if (!shape().by_cow) return bound;
    const Period period = PeriodOf(from.day);
    const std::int64_t days = std::int64_t{period.last.days} - period.first.days + 1;
    return std::min(bound, (most + 1) * static_cast<std::size_t>(days));
  }

  /// Makes it the block of the days that are noted of the next cows. What is followed from there
  /// is at most all of their days since.
  Result<> AddNotedChains(TablePlace& of, std::size_t max, Block& block) {
    static constexpr Columns kOf(sql::kReadNotedDaysOfCows);
    max = std::max<std::size_t>(1, max);
    FeedPlace& place = of.last;
    block.farm = place.farm;
    HERDFLOW_ASSIGN(const FarmDay end, EndOfChain(place.farm, place.day));
    HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadNotedDaysOfCows));
    read->Bind(1, block.farm).Bind(2, place.cow).Bind(3, place.day.days);
    read->Bind(4, of.position).Bind(5, of.target).Bind(6, max);
    FarmDay first = end;
    std::size_t found = 0, cows = 0;
    bool is_full = false;
    HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
      const DerivedKey key{
          block.farm, DayOf(row.Int(kOf["farm_day"])), CowRef{row.Int(kOf["cow_id"])}, {}};
      ++found;
      first = std::min(first, key.day);
      const bool is_other = block.keys.empty() || block.keys.back().cow != key.cow;
      const auto days = static_cast<std::size_t>(end.days - first.days + 1);
      is_full = is_full || (is_other && cows > 0 && (cows + 1) * days > max);
      if (is_full) return;
      if (is_other) ++cows;
      block.keys.push_back(key);
    }));
    const bool is_last = found < max && !is_full;
    if (!block.keys.empty()) place = {block.farm, block.keys.back().day, block.keys.back().cow};
    if (is_last) place.cow = kAllCows.last;
    std::sort(block.keys.begin(), block.keys.end());
    block.period = {block.keys.empty() ? end : block.keys.front().day, end};
    return {};
  }

  Session& session_;
  const DerivedTable& table_;
};

}  // namespace

Result<std::optional<std::int64_t>> ReadSeen(Session& session, const DerivedTable& table) {
  HERDFLOW_ASSIGN(std::int64_t seen, ReadChunkCounter(session));
  for (const DerivedTable* read : table.shape().reads) {
    HERDFLOW_ASSIGN(const auto place, ReadPlace(session, *read));
    if (!place || place->state == FeedState::kFill) return std::optional<std::int64_t>();
    seen = std::min(seen, place->position);
  }
  return std::optional(seen);
}

Result<std::optional<Block>> NextOfAll(Session& session, const DerivedTable& table,
                                       const std::optional<DayRange>& days, FeedPlace& place,
                                       std::size_t max) {
  return BlockFinder(session, table).NextOfAll(days, place, max);
}

Result<std::optional<Block>> NextOfNotes(Session& session, const DerivedTable& table,
                                         TablePlace& place, std::int64_t seen, std::size_t max) {
  return BlockFinder(session, table).NextOfNotes(place, seen, max);
}

}  // namespace herdflow::store_sql
