#include "revisions.hpp"

#include <chrono>
#include <optional>

#include "herdflow/store_sql/sql_files.hpp"
#include "row_writer.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
using pipeline::FarmRef;

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
  scope.touched().Add(Revised::kHerdBooks, FarmRef{}, 0);
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

}  // namespace herdflow::store_sql
