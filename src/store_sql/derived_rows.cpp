#include "derived_rows.hpp"

#include "derived_statements.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Period;
using herd::PeriodKind;
using pipeline::CowRange;
using pipeline::CowRef;
using pipeline::DerivedRow;
using pipeline::DerivedTable;
using pipeline::FarmRef;
using pipeline::SensorRef;

/// The first day from `day` on that a table's rows may have.
FarmDay FirstDayFrom(const DerivedTable& of, FarmDay day) {
  const Period period = herd::PeriodOf(of.shape().period, day);
  return period.first == day ? day : period.last + 1;
}
FarmDay DayAfter(const DerivedTable& of, FarmDay day) {
  return herd::PeriodOf(of.shape().period, day).last + 1;
}

}  // namespace

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

Result<> ReadDerivedRows(Session& session, const DerivedTable& of, FarmRef farm, Period days,
                         std::span<const CowRange> cows, const pipeline::FeedReads::EachRow& each) {
  const DerivedSql& sql = StatementsOf(of);
  const auto give = [&](const Statement& row) { return each(DerivedRowIn(of, row)); };
  std::vector<Value> single;
  HERDFLOW_ASSIGN(const auto all_days, DaysOf(session, of, farm, days));
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
      HERDFLOW_ASSIGN(Statement * read, session.Get(sql.read_cows.sql()));
      read->Bind(1, farm).Bind(2, day.days).Bind(3, first).Bind(4, last);
      HERDFLOW_CHECK(ForEachRow(*read, give));
    }
  }
  return session.ReadForKeys(sql.read_cow.sql(), of.shape().by_cow ? 3 : 2, single, give);
}

}  // namespace herdflow::store_sql
