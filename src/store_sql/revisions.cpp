#include "revisions.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "herdflow/herd/report.hpp"
#include "herdflow/store_sql/sql_files.hpp"
#include "row_writer.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::FarmRef;

Result<std::optional<herd::DataRange>> RangeIn(Statement& bound) {
  std::optional<herd::DataRange> range;
  HERDFLOW_ASSIGN(const bool there, bound.Step());
  if (!there) return range;
  if (!bound.IsNull(0)) {
    range = herd::DataRange{FarmDay{static_cast<std::int32_t>(bound.Int(0))},
                            FarmDay{static_cast<std::int32_t>(bound.Int(1))}};
  }
  bound.Reset();
  return range;
}

}  // namespace

FarmDay FirstOfMonth(FarmDay day) {
  using std::chrono::days;
  using std::chrono::sys_days;
  const std::chrono::year_month_day date{sys_days(days(day.days))};
  const sys_days first = date.year() / date.month() / 1;
  return FarmDay{static_cast<std::int32_t>(first.time_since_epoch().count())};
}

void Touched::Add(Revised what, FarmRef farm, std::int32_t month) {
  const Key key{what, farm, month};
  if (newest_ == key) return;  // Rows mostly come in order.
  keys_.insert(key);
  newest_ = key;
}

Result<> Touched::Raise(Session& session) const {
  const std::int64_t now = ToMicros(Now());
  RowWriter<4> raise(session, sql::kRaiseRevision);
  for (const Key& key : keys_) HERDFLOW_CHECK(raise.Add({key.what, key.farm, key.month, now}));
  return raise.Finish();
}

void TouchRevision(WriteScope& scope, Revised what, std::optional<FarmRef> farm, FarmDay day) {
  if (farm) scope.touched().Add(what, *farm, FirstOfMonth(day).days);
}

void TouchHerdBook(WriteScope& scope, std::optional<FarmRef> farm) {
  if (farm) scope.touched().Add(Revised::kHerdBook, *farm, 0);
}

void TouchFarm(WriteScope& scope, FarmRef farm) {
  scope.touched().Add(Revised::kFarms, FarmRef{}, 0);
  TouchHerdBook(scope, farm);
}

Result<std::optional<FarmRef>> FarmOf(WriteScope& scope, pipeline::CowRef cow) {
  HERDFLOW_ASSIGN(const auto id, scope.cows().FindId(static_cast<std::int64_t>(cow)));
  return id ? std::optional(id->farm) : std::nullopt;
}

Result<std::optional<FarmRef>> FarmOf(WriteScope& scope, pipeline::SensorRef sensor) {
  HERDFLOW_ASSIGN(const auto id, scope.sensors().FindId(static_cast<std::int64_t>(sensor)));
  return id ? std::optional(id->farm) : std::nullopt;
}

void DataRanges::Note(DaysOfFarms& days, FarmRef farm, FarmDay day) {
  auto& of = days.try_emplace(farm, Days{day, day}).first->second;
  of.first = std::min(of.first, day);
  of.last = std::max(of.last, day);
}

void DataRanges::NoteWritten(FarmRef farm, FarmDay day) { Note(written_, farm, day); }
void DataRanges::NoteRemoved(FarmRef farm, FarmDay day) { Note(removed_, farm, day); }

Result<> DataRanges::Write(WriteScope& scope) {
  for (const auto& [farm, days] : written_) HERDFLOW_CHECK(WriteOf(scope, farm));
  for (const auto& [farm, days] : removed_) {
    if (!written_.contains(farm)) HERDFLOW_CHECK(WriteOf(scope, farm));
  }
  written_.clear();
  removed_.clear();
  return {};
}

Result<> DataRanges::WriteOf(WriteScope& scope, FarmRef farm) const {
  HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadDataRange));
  HERDFLOW_ASSIGN(const auto recorded, RangeIn(read->Bind(1, farm)));
  auto range = recorded;
  if (const auto written = written_.find(farm); written != written_.end()) {
    const Days& days = written->second;
    range = range ? herd::DataRange{std::min(range->first, days.first),
                                    std::max(range->last, days.last)}
                  : herd::DataRange{days.first, days.last};
  }
  const auto removed = removed_.find(farm);
  if (removed != removed_.end() && range &&
      (removed->second.first <= range->first || range->last <= removed->second.last)) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindDataRange));
    HERDFLOW_ASSIGN(range, RangeIn(find->Bind(1, farm)));
  }
  const auto is_same = [](const herd::DataRange& a, const herd::DataRange& b) {
    return a.first == b.first && a.last == b.last;
  };
  if (range && recorded ? is_same(*range, *recorded) : !range && !recorded) return {};
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteDataRange));
  write->Bind(1, farm);
  if (range) {
    write->Bind(2, range->first.days).Bind(3, range->last.days);
  } else {
    write->Bind(2, nullptr).Bind(3, nullptr);
  }
  return write->Run();
}

Result<> RecordDataRanges(WriteScope& scope) {
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteDataRanges));
  return write->Run();
}

}  // namespace herdflow::store_sql
