#include "feed_blocks.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "derived_rows.hpp"
#include "derived_statements.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using pipeline::Block;
using pipeline::CowRange;
using pipeline::CowRef;
using pipeline::DayRange;
using pipeline::DerivedKey;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::FeedPlace;
using pipeline::kAllCows;
using pipeline::SensorRef;

/// Also those of notes about none.
constexpr CowRange kEveryCow{CowRef{0}, kAllCows.last};
constexpr FarmDay kLastDay{std::numeric_limits<std::int32_t>::max() / 2};

/// A place where rows are: the first of a farm's period, or of a farm.
struct Found {
  FarmRef farm{};
  FarmDay day;

  auto operator<=>(const Found&) const = default;
};

/// Runs of cows so close together that reading what lies between costs less than looking anew.
std::vector<CowRange> RunsOf(const std::vector<CowRef>& cows) {
  constexpr std::int64_t kClose = 4;
  std::vector<CowRange> runs;
  for (const CowRef cow : cows) {
    const auto number = static_cast<std::int64_t>(cow);
    if (!runs.empty() && number <= static_cast<std::int64_t>(runs.back().last) + kClose) {
      runs.back().last = cow;
    } else {
      runs.push_back({cow, cow});
    }
  }
  return runs;
}

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

  Result<std::optional<Found>> FindNoted(const TablePlace& of, FarmRef farm, FarmDay from) {
    while (true) {
      HERDFLOW_ASSIGN(Statement * next, session_.Get(sql::kFindNotedDay));
      HERDFLOW_ASSIGN(const auto day, FirstInt(next->Bind(1, farm).Bind(2, from.days)));
      if (!day) break;
      const Period found{DayOf(*day), DayOf(*day)};
      HERDFLOW_ASSIGN(const bool noted,
                      HasNotes(session_, farm, found, kEveryCow, of.position, of.target));
      if (noted) return std::optional(Found{farm, found.first});
      from = found.first + 1;
    }
    static constexpr Columns kOf(sql::kFindNotedFarm);
    HERDFLOW_ASSIGN(Statement * other, session_.Get(sql::kFindNotedFarm));
    other->Bind(1, farm).Bind(2, of.position).Bind(3, of.target);
    HERDFLOW_ASSIGN(const bool there, other->Step());
    if (!there) return std::optional<Found>();
    const Found found{FarmRef{other->Int(kOf["farm"])}, DayOf(other->Int(kOf["farm_day"]))};
    other->Reset();
    return std::optional(found);
  }

  /// The days of the farm's period that are noted.
  Result<std::vector<FarmDay>> NotedDays(const TablePlace& of, FarmRef farm, Period period) {
    std::vector<FarmDay> days;
    while (true) {
      HERDFLOW_ASSIGN(const auto found,
                      FindNoted(of, farm, days.empty() ? period.first : days.back() + 1));
      if (!found || found->farm != farm || found->day > period.last) return days;
      days.push_back(found->day);
    }
  }

  /// The block behind the place, which moves on; without keys where none of them is the table's.
  Result<std::optional<Block>> NextNoted(TablePlace& of, std::size_t max) {
    FeedPlace& place = of.last;
    if (place.cow == kAllCows.last) {
      const bool at_start = place == FeedPlace{};
      const FarmDay from = at_start         ? place.day
                           : shape().chains ? kLastDay
                                            : PeriodOf(place.day).last + 1;
      HERDFLOW_ASSIGN(const auto found, FindNoted(of, place.farm, from));
      if (!found) return std::optional<Block>();
      place = {found->farm, shape().chains ? found->day : PeriodOf(found->day).first, CowRef{0}};
    }
    Block block;
    block.farm = place.farm;
    block.period = PeriodOf(place.day);
    if (!shape().by_cow) {
      block.keys.push_back({block.farm, block.period.first, {}, {}});
      block.cows = {kAllCows};
      place.cow = kAllCows.last;
      return std::optional(std::move(block));
    }
    if (shape().chains) {
      HERDFLOW_CHECK(AddNotedChains(of, max, block));
    } else {
      HERDFLOW_CHECK(AddNoted(of, max, block));
    }
    return std::optional(std::move(block));
  }

  /// Makes it the block of the next cows, each with the first day that is noted of it.
  Result<> AddNotedChains(TablePlace& of, std::size_t max, Block& block) {
    FeedPlace& place = of.last;
    HERDFLOW_ASSIGN(const FarmDay end, EndOfChain(place.farm, place.day));
    block.period = {end, end};
    HERDFLOW_ASSIGN(const auto source, SourceDays(block.farm, {place.day, end}));
    const std::size_t most =
        std::max<std::size_t>(1, max / std::max<std::size_t>(1, source.size()));
    std::vector<CowRef> cows;
    static constexpr Columns kOf(sql::kReadNotedCows);
    HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadNotedCows));
    read->Bind(1, block.farm).Bind(2, place.cow).Bind(3, of.position).Bind(4, of.target);
    HERDFLOW_CHECK(ForEachRow(read->Bind(5, most), [&](const Statement& row) -> Result<> {
      const DerivedKey key{
          block.farm, DayOf(row.Int(kOf["first_day"])), CowRef{row.Int(kOf["cow_id"])}, {}};
      cows.push_back(key.cow);
      block.keys.push_back(key);
      block.period.first = std::min(block.period.first, key.day);
      return {};
    }));
    std::sort(block.keys.begin(), block.keys.end());
    block.cows = RunsOf(cows);
    place.cow = cows.size() < most ? kAllCows.last : cows.back();
    return {};
  }

  /// Adds the keys of the next cows that are noted in the block's period.
  Result<> AddNoted(TablePlace& of, std::size_t max, Block& block) {
    FeedPlace& place = of.last;
    HERDFLOW_ASSIGN(const auto noted, NotedDays(of, block.farm, block.period));
    HERDFLOW_ASSIGN(const auto source, SourceDays(block.farm, block.period));
    const std::size_t read_days = std::max(noted.size(), source.size());
    const std::size_t rows = std::max<std::size_t>(1, max / std::max<std::size_t>(1, read_days));
    HERDFLOW_ASSIGN(Statement * nth, session_.Get(sql::kFindNthNotedCow));
    HERDFLOW_ASSIGN(const CowRef last, LastCow(noted, place.cow, [&](FarmDay day) {
                      nth->Bind(1, block.farm).Bind(2, day.days).Bind(3, place.cow).Bind(4, rows);
                      return FirstInt(nth->Bind(5, of.position).Bind(6, of.target));
                    }));
    std::vector<CowRef> cows;
    static constexpr Columns kOf(sql::kReadNoted);
    HERDFLOW_ASSIGN(Statement * read, session_.Get(sql::kReadNoted));
    for (const FarmDay day : noted) {
      read->Bind(1, block.farm).Bind(2, day.days);
      read->Bind(3, static_cast<std::int64_t>(place.cow) + 1).Bind(4, last);
      read->Bind(5, of.position).Bind(6, of.target);
      HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) -> Result<> {
        const CowRef cow{row.Int(kOf["cow_id"])};
        cows.push_back(cow);
        block.keys.push_back(
            {block.farm, block.period.first, cow,
             shape().by_sensor ? SensorRef{row.Int(kOf["sensor_id"])} : SensorRef{}});
        return {};
      }));
    }
    const auto sort = [](auto& all) {
      std::sort(all.begin(), all.end());
      all.erase(std::unique(all.begin(), all.end()), all.end());
    };
    sort(cows);
    sort(block.keys);
    block.cows = RunsOf(cows);
    place.cow = last;
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

Result<bool> HasNotes(Session& session, FarmRef farm, Period days, CowRange cows,
                      std::int64_t behind, std::int64_t up_to) {
  HERDFLOW_ASSIGN(Statement * find, session.Get(sql::kFindNote));
  find->Bind(1, farm).Bind(2, days.first.days).Bind(3, days.last.days);
  find->Bind(4, cows.first).Bind(5, cows.last).Bind(6, behind);
  HERDFLOW_ASSIGN(const auto found, FirstInt(find->Bind(7, up_to)));
  return found.has_value();
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
