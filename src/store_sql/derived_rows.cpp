#include "derived_rows.hpp"

#include <algorithm>

#include "derived_statements.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using herd::PeriodKind;
using pipeline::Block;
using pipeline::CowRange;
using pipeline::CowRef;
using pipeline::DerivedKey;
using pipeline::DerivedRow;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::SensorRef;

/// The keys' cows. Keys ascend.
std::vector<CowRange> RunsOf(std::span<const DerivedKey> keys) {
  std::vector<CowRange> runs;
  for (const auto& key : keys) {
    if (!runs.empty() &&
        static_cast<std::int64_t>(key.cow) <= static_cast<std::int64_t>(runs.back().last) + 1) {
      runs.back().last = key.cow;
    } else {
      runs.push_back({key.cow, key.cow});
    }
  }
  return runs;
}

/// The first day from `day` on that a table's rows may have.
FarmDay FirstDayFrom(const DerivedTable& of, FarmDay day) {
  const Period period = herd::PeriodOf(of.shape().period, day);
  return period.first == day ? day : period.last + 1;
}
FarmDay DayAfter(const DerivedTable& of, FarmDay day) {
  return herd::PeriodOf(of.shape().period, day).last + 1;
}

}  // namespace

void AddKey(const DerivedTable& of, const DerivedKey& key, std::vector<Value>& values) {
  values.insert(values.end(), {key.farm, key.day.days});
  if (of.shape().by_cow) values.emplace_back(key.cow);
  if (of.shape().by_sensor) values.emplace_back(key.sensor);
}

FarmDay DayOf(std::int64_t days) { return FarmDay{static_cast<std::int32_t>(days)}; }

DerivedRow DerivedRowIn(const DerivedTable& of, const Statement& row) {
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

Result<std::vector<FarmDay>> DaysOf(Session& session, const DerivedTable& of, FarmRef farm,
                                    Period period) {
  constexpr std::int32_t kRun = 32;
  std::vector<FarmDay> days;
  FarmDay day = FirstDayFrom(of, period.first);
  FarmDay look = day;  // A day that may be far from the next one with rows.
  const bool looks =
      of.shape().period == PeriodKind::kDay && period.last.days - period.first.days > kRun;
  while (day <= period.last) {
    if (looks && day == look) {
      HERDFLOW_ASSIGN(Statement * next, session.Get(StatementsOf(of).days.next_day.sql()));
      HERDFLOW_ASSIGN(const auto found, FirstInt(next->Bind(1, farm).Bind(2, day.days)));
      if (!found || DayOf(*found) > period.last) break;
      day = DayOf(*found);
      look = day + kRun;
    }
    days.push_back(day);
    day = DayAfter(of, day);
  }
  return days;
}

std::vector<FarmDay> PeriodsIn(const DerivedTable& of, Period days) {
  std::vector<FarmDay> firsts;
  for (FarmDay day = FirstDayFrom(of, days.first); day <= days.last; day = DayAfter(of, day)) {
    firsts.push_back(day);
  }
  return firsts;
}

Result<> ReadWhole(Session& session, const DerivedTable& of, const Block& block,
                   const pipeline::FeedReads::EachRow& each) {
  const DerivedSql& sql = StatementsOf(of);
  const auto give = [&](const Statement& row) { return each(DerivedRowIn(of, row)); };
  std::vector<Value> single;
  HERDFLOW_ASSIGN(const auto days, DaysOf(session, of, block.farm, block.period));
  for (const FarmDay day : days) {
    if (!of.shape().by_cow) {
      single.insert(single.end(), {block.farm, day.days});
      continue;
    }
    for (const auto& [first, last] : block.cows) {
      if (first == last) {
        single.insert(single.end(), {block.farm, day.days, first});
        continue;
      }
      HERDFLOW_ASSIGN(Statement * read, session.Get(sql.read_cows.sql()));
      read->Bind(1, block.farm).Bind(2, day.days).Bind(3, first).Bind(4, last);
      HERDFLOW_CHECK(ForEachRow(*read, give));
    }
  }
  return session.ReadForKeys(sql.read_cow.sql(), of.shape().by_cow ? 3 : 2, single, give);
}

Result<> ReadRows(Session& session, const DerivedTable& of, std::span<const DerivedKey> keys,
                  const pipeline::FeedReads::EachRow& each) {
  const DerivedSql& sql = StatementsOf(of);
  std::vector<Value> values;
  for (const DerivedKey& key : keys) AddKey(of, key, values);
  return session.ReadForKeys(sql.read_row.sql(), sql.key_columns, values,
                             [&](const Statement& row) { return each(DerivedRowIn(of, row)); });
}

Result<> ReadSourceRows(Session& session, const DerivedTable& of, const DerivedTable& into,
                        std::span<const DerivedKey> keys,
                        const pipeline::FeedReads::EachRow& each) {
  constexpr std::size_t kDense =
      4;  // So many keys a run of cows, and its rows are read as a range.
  std::vector<DerivedKey> single;
  while (!keys.empty()) {
    const auto same = std::find_if(keys.begin(), keys.end(), [&](const DerivedKey& key) {
      return key.day != keys.front().day;
    });
    const auto of_period = keys.first(static_cast<std::size_t>(same - keys.begin()));
    keys = keys.subspan(of_period.size());
    Block block{of_period.front().farm,
                herd::PeriodOf(into.shape().period, of_period.front().day),
                {},
                true,
                {}};
    block.cows = into.shape().by_cow ? RunsOf(of_period) : std::vector{pipeline::kAllCows};
    if (!into.shape().by_cow || of_period.size() > kDense * block.cows.size()) {
      HERDFLOW_CHECK(ReadWhole(session, of, block, each));
      continue;
    }
    for (const FarmDay day : PeriodsIn(of, block.period)) {
      for (const DerivedKey& key : of_period)
        single.push_back({key.farm, day, key.cow, key.sensor});
    }
  }
  return ReadRows(session, of, single, each);
}

}  // namespace herdflow::store_sql
