#include "herdflow/pipeline/herd_queries.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gold_rows.hpp"
#include "queries.hpp"
#include "revisions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowView;
using pipeline::LatestSensorData;

/// The newest day of which gold has the cow: mostly one of the farm's last.
Result<std::optional<std::int64_t>> FindNewestDay(Session& session, std::int64_t farm,
                                                  std::int64_t cow) {
  std::optional<std::int64_t> newest;
  HERDFLOW_ASSIGN(const auto range, FindDataRange(session, farm));
  if (!range) return newest;
  std::vector<Value> keys;
  FarmDay day = range->last;
  for (std::int32_t days = 8; day >= range->first && !newest; days *= 4) {
    keys.clear();
    for (std::int32_t i = 0; i < days && day >= range->first; ++i, day = day - 1) {
      keys.insert(keys.end(), {farm, day.days, cow});
    }
    HERDFLOW_CHECK(
        session.ReadForKeys(sql::kFindDailyOfCow, 3, keys, [&](const Statement& row) -> Result<> {
          newest = std::max(newest.value_or(row.Int(0)), row.Int(0));
          return {};
        }));
  }
  return newest;
}

Result<std::optional<LatestSensorData>> FindLatest(Session& session, std::int64_t farm,
                                                   std::int64_t cow) {
  std::optional<LatestSensorData> latest;
  HERDFLOW_ASSIGN(const auto day, FindNewestDay(session, farm, cow));
  if (!day) return latest;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadLatestSensorData));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, farm).Bind(2, *day).Bind(3, cow).Step());
  if (!there) return latest;
  const std::int64_t count = read->Int(4);
  latest =
      LatestSensorData{std::string(read->Bytes(0)),        FarmDay{static_cast<std::int32_t>(*day)},
                       herd::Average(read->Int(1), count), herd::Shown(read->Int(2)),
                       herd::Shown(read->Int(3)),          count};
  read->Reset();
  return latest;
}

/// A row of list_farms or find_farm.
pipeline::FarmView FarmViewIn(const Statement& row) {
  pipeline::GoldFarm farm = FarmIn(row);
  pipeline::FarmView view;
  view.id = row.Bytes(19);
  view.name = std::move(farm.name);
  view.rules = std::move(farm.rules);
  view.rules_version = row.Bytes(20);
  view.closed_at = farm.closed_at;
  if (farm.lineage.version <= 0) return view;  // No event has told of it.
  view.created_at = farm.created_at;
  view.updated_at = farm.updated_at;
  return view;
}

class SqlHerdQueries final : public pipeline::HerdQueries {
 public:
  explicit SqlHerdQueries(std::shared_ptr<ReadSessions> sessions)
      : sessions_(std::move(sessions)) {}

  Result<std::vector<pipeline::FarmView>> ListFarms() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    std::vector<pipeline::FarmView> farms;
    HERDFLOW_ASSIGN(Statement * list, snapshot->session().Get(sql::kListFarms));
    HERDFLOW_CHECK(
        ForEachRow(*list, [&](const Statement& row) { farms.push_back(FarmViewIn(row)); }));
    return farms;
  }

  Result<std::optional<pipeline::FarmView>> FindFarm(std::string_view farm) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(Statement * find, snapshot->session().Get(sql::kFindFarm));
    HERDFLOW_ASSIGN(const bool there, find->Bind(1, farm).Step());
    std::optional<pipeline::FarmView> found;
    if (!there) return found;
    found = FarmViewIn(*find);
    find->Reset();
    return found;
  }

  Result<std::optional<CowView>> FindCow(std::string_view farm, std::string_view cow_id) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(const auto farm_ref, FindFarmRef(snapshot->session(), farm));
    if (!farm_ref) return std::optional<CowView>();
    HERDFLOW_ASSIGN(Statement * find, snapshot->session().Get(sql::kFindCow));
    HERDFLOW_ASSIGN(const bool there, find->Bind(1, *farm_ref).Bind(2, cow_id).Step());
    if (!there) return std::optional<CowView>();
    const std::int64_t ref = find->Int(0);
    CowView cow;
    cow.id = cow_id;
    cow.name = find->Bytes(1);
    if (!find->IsNull(2)) cow.birthdate = DayIn(*find, 2);
    cow.created_at = FromMicros(find->Int(3));
    cow.retired_at = MaybeInstantIn(*find, 4);
    find->Reset();
    HERDFLOW_ASSIGN(cow.latest_sensor_data, FindLatest(snapshot->session(), *farm_ref, ref));
    return std::optional(std::move(cow));
  }

  Result<std::optional<pipeline::FarmRevisions>> ReadRevisions(std::string_view farm,
                                                               herd::Period days) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadRevisions));
    read->Bind(1, farm).Bind(2, FirstOfMonth(days.first).days).Bind(3, days.last.days);
    std::optional<pipeline::FarmRevisions> found;
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return found;
    found.emplace();
    if (!read->IsNull(0)) found->time_zone.emplace(read->Bytes(0));
    if (!read->IsNull(1)) found->data = herd::DataRange{DayIn(*read, 1), DayIn(*read, 2)};
    found->herd_book = read->Int(3);
    found->newest_days = read->Int(4);
    found->cow_days = read->Int(5);
    read->Reset();
    return found;
  }

  Result<std::int64_t> ReadRevisionOfFarms() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadRevisionOfFarms));
    HERDFLOW_ASSIGN(const auto revision, FirstInt(*read));
    return revision.value_or(0);
  }

 private:
  std::shared_ptr<ReadSessions> sessions_;
};

}  // namespace

std::unique_ptr<pipeline::HerdQueries> MakeHerdQueries(std::shared_ptr<ReadSessions> sessions) {
  return std::make_unique<SqlHerdQueries>(std::move(sessions));
}

}  // namespace herdflow::store_sql
