#include <algorithm>
#include <limits>
#include <unordered_map>
#include <utility>

#include "derived_statements.hpp"
#include "feed_places.hpp"
#include "gold_rows.hpp"
#include "rejudge_queue.hpp"
#include "revisions.hpp"
#include "row_counts.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using herd::PeriodKind;
using pipeline::Block;
using pipeline::CowRange;
using pipeline::CowRef;
using pipeline::DayRange;
using pipeline::Derived;
using pipeline::DerivedKey;
using pipeline::DerivedRow;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::FeedPlace;
using pipeline::kAllCows;
using pipeline::SensorRef;

FarmDay DayOf(std::int64_t days) { return FarmDay{static_cast<std::int32_t>(days)}; }

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

class SqlFeedTx final : public pipeline::FeedTx {
 public:
  SqlFeedTx(FeedSessions sessions, std::unique_ptr<Transaction> snapshot, const DerivedTable& table)
      : sessions_(std::move(sessions)), snapshot_(std::move(snapshot)), table_(table) {}

  Result<std::optional<Block>> Next(std::size_t max) override {
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(session()));
    if (waits) return std::optional<Block>();
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    HERDFLOW_ASSIGN(auto seen, PositionOfWhatItReads());
    if (!seen) return std::optional<Block>();
    if (!before_) {
      HERDFLOW_CHECK(BeginTable(*seen));
      HERDFLOW_ASSIGN(seen, PositionOfWhatItReads());
      if (!before_ || !seen) return std::optional<Block>();
    }
    after_ = before_;
    std::optional<Block> block;
    if (after_->state == FeedState::kFill) {
      HERDFLOW_ASSIGN(block, NextOfAll(after_->days, after_->last, max));
      if (!block) *after_ = {after_->position, after_->position, FeedState::kIdle, {}, {}};
    }
    if (!block) {
      HERDFLOW_ASSIGN(block, NextOfNotes(*seen, max));
    }
    if (block) {
      block_ = *block;
    } else if (after_ == before_) {
      HERDFLOW_ASSIGN(drops_, AreAllNotesSeen());
    }
    return block;
  }

  Result<std::optional<Block>> Look(const std::optional<DayRange>& days, FeedPlace& place,
                                    std::size_t max) override {
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    if (!before_ || before_->state == FeedState::kFill) return std::optional<Block>();
    HERDFLOW_ASSIGN(auto block, NextOfAll(days, place, max));
    if (block) block_ = *block;
    return block;
  }

  Result<> Write(const Derived& derived) override {
    HERDFLOW_ASSIGN(const std::vector<DerivedRow> known, ReadKnown(derived));
    CompareRows(
        derived, known,
        [this](const DerivedRow& row, bool known_before) {
          rows_.push_back(row);
          if (!known_before) ++added_;
        },
        [this](const DerivedKey& key) { gone_.push_back(key); });
    snapshot_.reset();  // Nobody waits for it while it waits for its turn to write.
    return {};
  }

  Result<std::vector<DerivedKey>> Otherwise(const Derived& derived) override {
    HERDFLOW_ASSIGN(const std::vector<DerivedRow> known, ReadKnown(derived));
    std::vector<DerivedKey> differing;
    CompareRows(
        derived, known, [&](const DerivedRow& row, bool) { differing.push_back(row.key); },
        [&](const DerivedKey& key) { differing.push_back(key); });
    std::vector<DerivedKey> otherwise;
    for (const DerivedKey& key : differing) {
      HERDFLOW_ASSIGN(const bool noted, IsNoted(key));
      if (!noted) otherwise.push_back(key);
    }
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(session()));
    if (!waits) return otherwise;
    return Fail(ErrorCode::kUnavailable,
                "comparing {}: readings are being judged again by other units or rules",
                table_.shape().table);
  }

  Result<> Commit() override {
    const bool moves = after_ && after_ != before_;
    snapshot_.reset();
    if (!moves && !drops_) return {};  // Looking in vain writes nothing.
    HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(*sessions_.writers, shape().task));
    HERDFLOW_CHECK(CheckNothingMoved(*scope));
    HERDFLOW_CHECK(WriteRows(*scope));
    HERDFLOW_CHECK(WritePlace(*scope, table_, *after_));
    if (after_->state == FeedState::kIdle) HERDFLOW_CHECK(DropNotes(*scope));
    return scope->Commit();
  }

  Result<> ReadReadings(FarmRef farm, FarmDay day, std::span<const CowRange> cows,
                        const EachReading& each) override {
    const auto give = [&](const Statement& row) {
      return each({CowRef{row.Int(0)}, SensorRef{row.Int(1)}, FromMicros(row.Int(2)), row.Int(3)});
    };
    std::vector<Value> single;
    for (const auto& [first, last] : cows) {
      if (first == last) {
        single.insert(single.end(), {farm, day.days, first});
        continue;
      }
      HERDFLOW_ASSIGN(Statement * read, session().Get(sql::kReadAcceptedOfCows));
      read->Bind(1, farm).Bind(2, day.days).Bind(3, first).Bind(4, last);
      HERDFLOW_CHECK(ForEach(*read, give));
    }
    return session().ReadForKeys(sql::kReadAcceptedOfCow, 3, single, give);
  }

  Result<> ReadRows(const DerivedTable& of, FarmRef farm, Period days,
                    std::span<const CowRange> cows, const EachRow& each) override {
    const DerivedSql& sql = StatementsOf(of);
    const auto give = [&](const Statement& row) { return each(RowIn(of, row)); };
    std::vector<Value> single;
    HERDFLOW_ASSIGN(const auto all_days, DaysOf(of, farm, days));
    for (const FarmDay day : all_days) {
      if (!of.shape().by_cow) {
        single.insert(single.end(), {farm, day.days});
        continue;
      }
      for (const auto& [first, last] : cows) {
        if (first == last) {
          single.insert(single.end(), {farm, day.days, first});
          continue;
        }
        HERDFLOW_ASSIGN(Statement * read, session().Get(sql.read_cows.sql()));
        read->Bind(1, farm).Bind(2, day.days).Bind(3, first).Bind(4, last);
        HERDFLOW_CHECK(ForEach(*read, give));
      }
    }
    return session().ReadForKeys(sql.read_cow.sql(), of.shape().by_cow ? 3 : 2, single, give);
  }

  Result<std::int64_t> CountRefused(FarmRef farm, FarmDay day) override {
    HERDFLOW_ASSIGN(Statement * count, session().Get(sql::kCountRefusedOfDay));
    HERDFLOW_ASSIGN(const auto counted, FirstInt(count->Bind(1, farm).Bind(2, day.days)));
    return counted.value_or(0);
  }

  Result<const SensorInfo*> Sensor(SensorRef sensor) override {
    if (const auto known = sensors_.find(sensor); known != sensors_.end()) return &known->second;
    HERDFLOW_ASSIGN(const TextId id, session().sensors().IdOf(static_cast<std::int64_t>(sensor)));
    HERDFLOW_ASSIGN(const auto measure, ReadMeasure(session(), sensor));
    SensorInfo info{std::string(id.text), measure.value_or(herd::Measure{})};
    return &sensors_.emplace(sensor, std::move(info)).first->second;
  }

 private:
  Session& session() { return snapshot_->session(); }
  [[nodiscard]] const DerivedTable::Shape& shape() const { return table_.shape(); }

  template <class Each>
  static Result<> ForEach(Statement& read, const Each& each) {
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read.Step());
      if (!there) return {};
      if (auto done = each(read); !done) {
        read.Reset();
        return done;
      }
    }
  }

  static DerivedRow RowIn(const DerivedTable& of, const Statement& row) {
    const auto& shape = of.shape();
    DerivedRow found;
    int column = 0;
    found.key.farm = FarmRef{row.Int(column++)};
    found.key.day = DayOf(row.Int(column++));
    if (shape.by_cow) found.key.cow = CowRef{row.Int(column++)};
    if (shape.by_sensor) found.key.sensor = SensorRef{row.Int(column++)};
    for (std::size_t i = 0; i < shape.values.size(); ++i, ++column) {
      found.values[i] = row.IsNull(column) ? pipeline::kNoValue : row.Int(column);
    }
    return found;
  }

  /// From here on what changes is noted; what has changed before is in every snapshot to come, since
  /// whoever changes something holds the counter until it is committed. `seen`: what the tables that
  /// it reads have seen; what they will see later they will have to be asked for again.
  Result<> BeginTable(std::int64_t seen) {
    snapshot_.reset();
    {
      HERDFLOW_ASSIGN(const auto scope, WriteScope::Begin(*sessions_.writers, shape().task));
      HERDFLOW_CHECK(HoldChunkCounter(*scope));
      HERDFLOW_ASSIGN(const auto place, HoldPlace(*scope, table_));
      if (!place) {
        HERDFLOW_CHECK(WritePlace(*scope, table_, {seen, seen, FeedState::kFill, {}, {}}));
      }
      HERDFLOW_CHECK(scope->Commit());
    }
    HERDFLOW_ASSIGN(snapshot_, sessions_.readers->BeginRead());
    HERDFLOW_ASSIGN(before_, ReadPlace(session(), table_));
    return {};
  }

  // --- Where there is something to do ----------------------------------------------------------

  /// Up to which note the tables have come that this one reads; nothing: one of them is not filled.
  Result<std::optional<std::int64_t>> PositionOfWhatItReads() {
    HERDFLOW_ASSIGN(std::int64_t seen, ReadChunkCounter(session()));
    for (const DerivedTable* table : shape().reads) {
      HERDFLOW_ASSIGN(const auto place, ReadPlace(session(), *table));
      if (!place || place->state == FeedState::kFill) return std::optional<std::int64_t>();
      seen = std::min(seen, place->position);
    }
    return std::optional(seen);
  }

  [[nodiscard]] const DaysSql& Source() const {
    return shape().reads.empty() ? SilverDays() : StatementsOf(*shape().reads.front()).days;
  }

  [[nodiscard]] Period PeriodOf(FarmDay day) const { return herd::PeriodOf(shape().period, day); }

  /// The first day from `day` on that a table's rows may have.
  static FarmDay FirstDayFrom(const DerivedTable& of, FarmDay day) {
    const Period period = herd::PeriodOf(of.shape().period, day);
    return period.first == day ? day : period.last + 1;
  }
  static FarmDay NextDay(const DerivedTable& of, FarmDay day) {
    return herd::PeriodOf(of.shape().period, day).last + 1;
  }
  /// The days of the source that make a period.
  Result<std::vector<FarmDay>> SourceDays(FarmRef farm, Period period) {
    if (!shape().reads.empty()) return DaysOf(*shape().reads.front(), farm, period);
    return std::vector<FarmDay>{period.first};  // What reads silver reads a day of it.
  }

  /// The days that a table's rows may have; of many those that they have.
  Result<std::vector<FarmDay>> DaysOf(const DerivedTable& of, FarmRef farm, Period period) {
    constexpr std::int32_t kMany = 40;
    std::vector<FarmDay> days;
    FarmDay day = FirstDayFrom(of, period.first);
    const bool looks =
        of.shape().period == PeriodKind::kDay && period.last.days - period.first.days > kMany;
    while (day <= period.last) {
      if (looks) {
        HERDFLOW_ASSIGN(Statement * next, session().Get(StatementsOf(of).days.next_day.sql()));
        HERDFLOW_ASSIGN(const auto found, FirstInt(next->Bind(1, farm).Bind(2, day.days)));
        if (!found || DayOf(*found) > period.last) break;
        day = DayOf(*found);
      }
      days.push_back(day);
      day = NextDay(of, day);
    }
    return days;
  }

  Result<std::optional<Found>> FindIn(const DaysSql& sql, FarmRef farm, FarmDay from) {
    HERDFLOW_ASSIGN(Statement * next, session().Get(sql.next_day.sql()));
    HERDFLOW_ASSIGN(const auto day, FirstInt(next->Bind(1, farm).Bind(2, from.days)));
    if (day) return std::optional(Found{farm, DayOf(*day)});
    HERDFLOW_ASSIGN(Statement * other, session().Get(sql.next_farm.sql()));
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
    HERDFLOW_ASSIGN(Statement * last, session().Get(sql.last_day.sql()));
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
      HERDFLOW_ASSIGN(Statement * nth, session().Get(Source().nth_cow.sql()));
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

  // --- What is noted ---------------------------------------------------------------------------

  Result<std::optional<Block>> NextOfNotes(std::int64_t seen, std::size_t max) {
    TablePlace& place = *after_;
    while (true) {
      if (place.state == FeedState::kIdle) {
        if (place.position >= seen) return std::optional<Block>();
        place = {place.position, seen, FeedState::kNotes, {}, {}};
      }
      HERDFLOW_ASSIGN(auto block, NextNoted(max));
      if (block && !block->keys.empty()) return block;
      if (!block) place = {place.target, place.target, FeedState::kIdle, {}, {}};
    }
  }

  Result<std::optional<Found>> FindNoted(FarmRef farm, FarmDay from) {
    HERDFLOW_ASSIGN(Statement * next, session().Get(sql::kFindNotedDay));
    next->Bind(1, farm).Bind(2, from.days).Bind(3, after_->position).Bind(4, after_->target);
    HERDFLOW_ASSIGN(const auto day, FirstInt(*next));
    if (day) return std::optional(Found{farm, DayOf(*day)});
    HERDFLOW_ASSIGN(Statement * other, session().Get(sql::kFindNotedFarm));
    other->Bind(1, farm).Bind(2, after_->position).Bind(3, after_->target);
    HERDFLOW_ASSIGN(const bool there, other->Step());
    if (!there) return std::optional<Found>();
    const Found found{FarmRef{other->Int(0)}, DayOf(other->Int(1))};
    other->Reset();
    return std::optional(found);
  }

  /// The days of the farm in [first, last] that are noted.
  Result<std::vector<FarmDay>> NotedDays(FarmRef farm, FarmDay first, FarmDay last) {
    std::vector<FarmDay> days;
    while (true) {
      HERDFLOW_ASSIGN(const auto found, FindNoted(farm, days.empty() ? first : days.back() + 1));
      if (!found || found->farm != farm || found->day > last) return days;
      days.push_back(found->day);
    }
  }

  /// The block behind the place, which moves on; without keys where none of them is the table's.
  Result<std::optional<Block>> NextNoted(std::size_t max) {
    FeedPlace& place = after_->last;
    if (place.cow == kAllCows.last) {
      const bool at_start = place == FeedPlace{};
      const FarmDay from = at_start         ? place.day
                           : shape().chains ? kLastDay
                                            : PeriodOf(place.day).last + 1;
      HERDFLOW_ASSIGN(const auto found, FindNoted(place.farm, from));
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
      HERDFLOW_ASSIGN(const FarmDay end, EndOfChain(place.farm, place.day));
      block.period = {place.day, end};
    }
    const FarmDay last_noted = shape().chains ? kLastDay : block.period.last;
    HERDFLOW_ASSIGN(const auto noted, NotedDays(place.farm, block.period.first, last_noted));
    HERDFLOW_CHECK(AddNoted(noted, max, block));
    return std::optional(std::move(block));
  }

  /// Adds the keys of the next cows that are noted on these days.
  Result<> AddNoted(const std::vector<FarmDay>& noted, std::size_t max, Block& block) {
    FeedPlace& place = after_->last;
    HERDFLOW_ASSIGN(const auto of, SourceDays(block.farm, block.period));
    const std::size_t read_days = std::max(noted.size(), of.size());
    const std::size_t rows = std::max<std::size_t>(1, max / std::max<std::size_t>(1, read_days));
    HERDFLOW_ASSIGN(Statement * nth, session().Get(sql::kFindNthNotedCow));
    HERDFLOW_ASSIGN(const CowRef last, LastCow(noted, place.cow, [&](FarmDay day) {
                      nth->Bind(1, block.farm).Bind(2, day.days).Bind(3, place.cow).Bind(4, rows);
                      return FirstInt(nth->Bind(5, after_->position).Bind(6, after_->target));
                    }));
    std::vector<CowRef> cows;
    HERDFLOW_ASSIGN(Statement * read, session().Get(sql::kReadNoted));
    for (const FarmDay day : noted) {
      read->Bind(1, block.farm).Bind(2, day.days);
      read->Bind(3, static_cast<std::int64_t>(place.cow) + 1).Bind(4, last);
      read->Bind(5, after_->position).Bind(6, after_->target);
      HERDFLOW_CHECK(ForEach(*read, [&](const Statement& row) -> Result<> {
        const CowRef cow{row.Int(0)};
        cows.push_back(cow);
        block.keys.push_back({block.farm, shape().chains ? day : block.period.first, cow,
                              shape().by_sensor ? SensorRef{row.Int(1)} : SensorRef{}});
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

  /// Whether the row is noted, and may be to be computed still.
  Result<bool> IsNoted(const DerivedKey& key) {
    const CowRange cows = shape().by_cow ? CowRange{key.cow, key.cow} : CowRange{{}, kAllCows.last};
    const FarmDay first = shape().chains ? FeedPlace{}.day : key.day;
    HERDFLOW_ASSIGN(Statement * find, session().Get(sql::kFindNote));
    find->Bind(1, key.farm).Bind(2, first.days).Bind(3, PeriodOf(key.day).last.days);
    find->Bind(4, cows.first).Bind(5, cows.last).Bind(6, before_->position);
    HERDFLOW_ASSIGN(const auto found, FirstInt(*find));
    return found.has_value();
  }

  // --- What is written -------------------------------------------------------------------------

  /// What the table holds of the block in hand.
  Result<std::vector<DerivedRow>> ReadKnown(const Derived& derived) {
    std::vector<DerivedRow> known;
    const auto keep = [&](const DerivedRow& row) -> Result<> {
      known.push_back(row);
      return {};
    };
    if (block_.whole) {
      HERDFLOW_CHECK(ReadRows(table_, block_.farm, block_.period, block_.cows, keep));
      const bool is_first = block_.cows.front().first == kAllCows.first;
      if (is_first && !shape().chains && shape().period != PeriodKind::kDay) {
        HERDFLOW_ASSIGN(Statement * read, session().Get(StatementsOf(table_).read_misplaced.sql()));
        read->Bind(1, block_.farm).Bind(2, block_.period.first.days);
        read->Bind(3, block_.period.last.days);
        HERDFLOW_CHECK(
            ForEach(*read, [&](const Statement& row) { return keep(RowIn(table_, row)); }));
      }
    } else {
      HERDFLOW_CHECK(ReadOfKeys(derived.keys, keep));
    }
    const auto by_key = [](const DerivedRow& a, const DerivedRow& b) { return a.key < b.key; };
    if (!std::is_sorted(known.begin(), known.end(), by_key)) {
      std::sort(known.begin(), known.end(), by_key);
    }
    return known;
  }

  Result<> ReadOfKeys(const std::vector<DerivedKey>& keys, const EachRow& each) {
    std::vector<Value> values;
    DerivedKey last{FarmRef{-1}, {}, {}, {}};
    for (DerivedKey key : keys) {
      key.sensor = {};
      if (key == last) continue;
      last = key;
      values.insert(values.end(), {key.farm, key.day.days});
      if (shape().by_cow) values.emplace_back(key.cow);
    }
    return session().ReadForKeys(StatementsOf(table_).read_cow.sql(), shape().by_cow ? 3 : 2,
                                 values, [&](const Statement& read) -> Result<> {
                                   const DerivedRow row = RowIn(table_, read);
                                   if (!std::binary_search(keys.begin(), keys.end(), row.key))
                                     return {};
                                   return each(row);
                                 });
  }

  /// Goes through what there is to be and what there is, both by key.
  template <class New, class Gone>
  static void CompareRows(const Derived& derived, const std::vector<DerivedRow>& known, New is_new,
                          Gone is_gone) {
    auto was = known.begin();
    for (const DerivedRow& row : derived.rows) {
      while (was != known.end() && was->key < row.key) is_gone((was++)->key);
      const bool there = was != known.end() && was->key == row.key;
      if (!there || *was != row) is_new(row, there);
      if (there) ++was;
    }
    while (was != known.end()) is_gone((was++)->key);
  }

  Result<> CheckNothingMoved(WriteScope& scope) {
    HERDFLOW_ASSIGN(const auto place, HoldPlace(scope, table_));
    if (place != before_) {
      return Fail(ErrorCode::kUnavailable, "computing {}: another process has done it meanwhile",
                  shape().table);
    }
    HERDFLOW_ASSIGN(const bool waits, IsPassRequested(scope.session()));
    if (!waits) return {};
    return Fail(ErrorCode::kUnavailable,
                "computing {}: a sensor's unit or kind or a farm's rules changed meanwhile",
                shape().table);
  }

  void AddKey(const DerivedKey& key, std::vector<Value>& values) const {
    values.insert(values.end(), {key.farm, key.day.days});
    if (shape().by_cow) values.emplace_back(key.cow);
    if (shape().by_sensor) values.emplace_back(key.sensor);
  }

  /// What the herd's answers and reports are made from.
  void Touch(WriteScope& scope, const DerivedKey& key) const {
    if (&table_ == &pipeline::SensorPeriods(PeriodKind::kDay)) {
      TouchRevision(scope, Revised::kDaily, key.farm, key.day);
    } else if (&table_ == &pipeline::CowDays()) {
      TouchRevision(scope, Revised::kCowDays, key.farm, key.day);
    }
  }

  Result<> WriteRows(WriteScope& scope) {
    const DerivedSql& sql = StatementsOf(table_);
    std::vector<Value> values;
    const std::size_t batch = scope.session().rows_at_once();
    const auto write = [&](const Sql& statement, std::size_t columns) -> Result<> {
      auto done =
          values.empty() ? Result<>() : scope.session().RunForRows(statement, columns, values);
      values.clear();
      return done;
    };
    for (const DerivedKey& key : gone_) AddKey(key, values);
    HERDFLOW_CHECK(write(sql.remove.sql(), sql.key_columns));
    for (const DerivedRow& row : rows_) {
      AddKey(row.key, values);
      for (std::size_t i = 0; i < shape().values.size(); ++i) {
        const std::int64_t value = row.values[i];
        values.push_back(value == pipeline::kNoValue ? Value() : Value(value));
      }
      if (values.size() == batch * sql.columns) HERDFLOW_CHECK(write(sql.write.sql(), sql.columns));
    }
    HERDFLOW_CHECK(write(sql.write.sql(), sql.columns));
    for (const DerivedKey& key : gone_) Touch(scope, key);
    for (const DerivedRow& row : rows_) Touch(scope, row.key);
    CountChange(scope, GoldName(table_), static_cast<std::int64_t>(block_.farm), "",
                added_ - static_cast<std::int64_t>(gone_.size()));
    return {};
  }

  /// Of tables that come to the end at once, none saw where the others had come to.
  Result<bool> AreAllNotesSeen() {
    HERDFLOW_ASSIGN(Statement * any, session().Get(sql::kFindNoteOfAny));
    HERDFLOW_ASSIGN(const auto found, FirstInt(*any));
    if (!found) return false;
    HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(session()));
    HERDFLOW_ASSIGN(Statement * read, session().Get(sql::kReadOldestPosition));
    HERDFLOW_ASSIGN(const auto oldest, FirstInt(*read));
    return oldest == newest;
  }

  /// Once every table has seen every note, all of them go at once, which costs next to nothing; but
  /// not those that cleanse has written since.
  static Result<> DropNotes(WriteScope& scope) {
    HERDFLOW_ASSIGN(const std::int64_t newest, ReadChunkCounter(scope.session()));
    HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadOldestPosition));
    HERDFLOW_ASSIGN(const auto oldest, FirstInt(*read));
    if (oldest != newest) return {};
    HERDFLOW_ASSIGN(Statement * remove, scope.Get(sql::kDeleteDirtyDays));
    return remove->Bind(1, newest).Run();
  }

  FeedSessions sessions_;
  std::unique_ptr<Transaction> snapshot_;
  const DerivedTable& table_;
  std::optional<TablePlace> before_;  ///< Where the table stands,
  std::optional<TablePlace> after_;   ///< and where once this is committed.
  Block block_;                       ///< In hand.
  bool drops_ = false;                ///< Nothing is to be done but to let all notes go.
  std::vector<DerivedRow> rows_;
  std::vector<DerivedKey> gone_;
  std::int64_t added_ = 0;  ///< Of rows_, those that were not there.
  std::unordered_map<SensorRef, SensorInfo> sensors_;
};

}  // namespace

Result<std::unique_ptr<pipeline::FeedTx>> MakeFeedTx(FeedSessions sessions,
                                                     const DerivedTable& table) {
  HERDFLOW_ASSIGN(auto snapshot, sessions.readers->BeginRead());
  return std::make_unique<SqlFeedTx>(std::move(sessions), std::move(snapshot), table);
}

}  // namespace herdflow::store_sql
