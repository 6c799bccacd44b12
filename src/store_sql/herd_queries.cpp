#include "herdflow/pipeline/herd_queries.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gold_rows.hpp"
#include "herdflow/store_sql/columns.hpp"
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
          static constexpr Columns kOf(sql::kFindDailyOfCow);
          const std::int64_t found = row.Int(kOf["first_day"]);
          newest = std::max(newest.value_or(found), found);
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
  static constexpr Columns kOf(sql::kReadLatestSensorData);
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadLatestSensorData));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, farm).Bind(2, *day).Bind(3, cow).Step());
  if (!there) return latest;
  const std::int64_t count = read->Int(kOf["records_count"]);
  latest = LatestSensorData{
      std::string(read->Bytes(kOf["text_id"])),          FarmDay{static_cast<std::int32_t>(*day)},
      herd::Average(read->Int(kOf["value_sum"]), count), herd::Shown(read->Int(kOf["value_min"])),
      herd::Shown(read->Int(kOf["value_max"])),          count};
  read->Reset();
  return latest;
}

/// A row of list_farms or find_farm.
pipeline::FarmView FarmViewIn(const Statement& row) {
  static constexpr Columns kOf(sql::kListFarms);
  static_assert(SameColumns(sql::kListFarms, sql::kFindFarm));
  pipeline::GoldFarm farm = FarmIn(row);
  pipeline::FarmView view;
  view.id = row.Bytes(kOf["farm_id"]);
  view.name = std::move(farm.name);
  view.rules = std::move(farm.rules);
  view.rules_version = row.Bytes(kOf["rules_version"]);
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
    static constexpr Columns kOf(sql::kFindCow);
    HERDFLOW_ASSIGN(Statement * find, snapshot->session().Get(sql::kFindCow));
    HERDFLOW_ASSIGN(const bool there, find->Bind(1, *farm_ref).Bind(2, cow_id).Step());
    if (!there) return std::optional<CowView>();
    const std::int64_t ref = find->Int(kOf["cow_id"]);
    CowView cow;
    cow.id = cow_id;
    cow.name = find->Bytes(kOf["name"]);
    if (!find->IsNull(kOf["birthdate"])) cow.birthdate = DayIn(*find, kOf["birthdate"]);
    cow.created_at = FromMicros(find->Int(kOf["created_at"]));
    cow.retired_at = MaybeInstantIn(*find, kOf["retired_at"]);
    find->Reset();
    HERDFLOW_ASSIGN(cow.latest_sensor_data, FindLatest(snapshot->session(), *farm_ref, ref));
    return std::optional(std::move(cow));
  }

  Result<std::optional<pipeline::FarmRevisions>> ReadRevisions(std::string_view farm,
                                                               herd::Period days) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    static constexpr Columns kOf(sql::kReadRevisions);
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadRevisions));
    read->Bind(1, farm).Bind(2, FirstOfMonth(days.first).days).Bind(3, days.last.days);
    std::optional<pipeline::FarmRevisions> found;
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return found;
    found.emplace();
    if (!read->IsNull(kOf["time_zone"])) found->time_zone.emplace(read->Bytes(kOf["time_zone"]));
    if (!read->IsNull(kOf["oldest_day"])) {
      found->data =
          herd::DataRange{DayIn(*read, kOf["oldest_day"]), DayIn(*read, kOf["newest_day"])};
    }
    found->herd_book = read->Int(kOf["herd_book"]);
    found->newest_days = read->Int(kOf["newest_days"]);
    found->cow_days = read->Int(kOf["cow_days"]);
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
