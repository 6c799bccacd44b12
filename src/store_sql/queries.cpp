#include <algorithm>
#include <map>
#include <utility>

#include "gold_rows.hpp"
#include "herdflow/store_sql/store.hpp"
#include "scope.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowView;
using pipeline::LatestSensorData;
using pipeline::PartitionProgress;
using pipeline::StoreStatus;

FarmDay DayAt(const Statement& statement, int column) {
  return FarmDay{static_cast<std::int32_t>(statement.Int(column))};
}

std::optional<Instant> MaybeInstant(const Statement& statement, int column) {
  const auto micros = statement.MaybeInt(column);
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

template <class Each>
Result<> ForEachRow(Statement& read, Each each) {
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read.Step());
    if (!there) return {};
    each(read);
  }
}

template <class Each>
Result<> ForEachRow(Session& session, const Sql& sql, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  return ForEachRow(*read, each);
}

/// Rows of one farm.
template <class Each>
Result<> ForEachRow(Session& session, const Sql& sql, std::int64_t farm, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql));
  return ForEachRow(read->Bind(1, farm), each);
}

Result<std::optional<LatestSensorData>> FindLatest(Session& session, std::int64_t cow) {
  std::optional<LatestSensorData> latest;
  HERDFLOW_ASSIGN(Statement * newest, session.Get(sql::kReadNewestDaily));
  newest->Bind(1, cow);
  HERDFLOW_ASSIGN(const auto day, FirstInt(*newest));
  if (!day) return latest;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadLatestSensorData));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, cow).Bind(2, *day).Step());
  if (!there) return latest;
  const std::int64_t count = read->Int(4);
  latest =
      LatestSensorData{std::string(read->Bytes(0)),        FarmDay{static_cast<std::int32_t>(*day)},
                       herd::Average(read->Int(1), count), herd::Shown(read->Int(2)),
                       herd::Shown(read->Int(3)),          count};
  read->Reset();
  return latest;
}

Result<std::optional<herd::DataRange>> FindDataRange(Session& session, std::int64_t farm) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadDataRange));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, farm).Step());
  std::optional<herd::DataRange> range;
  if (!there) return range;
  if (!read->IsNull(0)) range = herd::DataRange{DayAt(*read, 0), DayAt(*read, 1)};
  read->Reset();
  return range;
}

/// The farm's integer, if it has one: a farm that a message named, known or not.
Result<std::optional<std::int64_t>> FindFarmRef(Session& session, std::string_view farm) {
  HERDFLOW_ASSIGN(Statement * find, session.Get(sql::kFindFarmId));
  return FirstInt(find->Bind(1, farm));
}

std::string StateIn(const Statement& row) {
  return std::string(Name(static_cast<pipeline::ReadingState>(row.Int(0))));
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

/// One row of read_progress, and the stream's integer.
struct Progress {
  PartitionProgress at;
  std::int64_t stream = 0;
};

Result<std::vector<Progress>> FindProgress(Session& session) {
  std::vector<Progress> all;
  HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadProgress));
  read->Bind(1, kConsumerGroup);
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return all;
    PartitionProgress at;
    at.topic = read->Bytes(0);
    at.stream_id = read->Bytes(1);
    at.partition = static_cast<std::int32_t>(read->Int(2));
    at.first_offset = read->Int(3);
    at.next_offset = read->Int(4);
    at.holes = read->Int(5);
    at.judged_offset = read->Int(6);
    at.log_id = read->Bytes(8);
    at.last_hash = HashIn(read->Bytes(9));
    at.hidden = read->Int(10);
    at.last_offset = read->Int(11);
    at.owner = read->Bytes(12);
    at.claimed_at = MaybeInstant(*read, 13);
    // Of the streams of one partition, oldest first, the last one is loaded now.
    if (!all.empty()) {
      PartitionProgress& before = all.back().at;
      before.current = before.topic != at.topic || before.partition != at.partition;
    }
    all.push_back({std::move(at), read->Int(7)});
  }
}

class SqlHerdQueries final : public pipeline::HerdQueries {
 public:
  explicit SqlHerdQueries(std::shared_ptr<ReadSessions> sessions)
      : sessions_(std::move(sessions)) {}

  Result<std::vector<pipeline::FarmView>> ListFarms() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    std::vector<pipeline::FarmView> farms;
    HERDFLOW_CHECK(ForEachRow(snapshot->session(), sql::kListFarms,
                              [&](const Statement& row) { farms.push_back(FarmViewIn(row)); }));
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
    if (!find->IsNull(2)) cow.birthdate = DayAt(*find, 2);
    cow.created_at = FromMicros(find->Int(3));
    cow.retired_at = MaybeInstant(*find, 4);
    find->Reset();
    HERDFLOW_ASSIGN(cow.latest_sensor_data, FindLatest(snapshot->session(), ref));
    return std::optional(std::move(cow));
  }

  Result<pipeline::ReportData> ReadReportData(std::string_view farm, FarmDay day) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    pipeline::ReportData report;
    HERDFLOW_ASSIGN(const auto farm_ref, FindFarmRef(snapshot->session(), farm));
    if (!farm_ref) return report;
    HERDFLOW_ASSIGN(report.data, FindDataRange(snapshot->session(), *farm_ref));
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadReportDays));
    read->Bind(1, *farm_ref).Bind(2, day.days - herd::kWeightWindowDays + 1).Bind(3, day.days);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) break;
      if (report.cows.empty() || report.cows.back().cow_id != read->Bytes(0)) {
        report.cows.push_back({std::string(read->Bytes(0)), std::string(read->Bytes(1)), {}});
      }
      herd::CowDay metrics;
      metrics.milk_count = read->Int(3);
      metrics.milk_sum_millionths = read->Int(4);
      metrics.weight_count = read->Int(5);
      metrics.weight_sum_millionths = read->Int(6);
      metrics.last_weight_millionths = read->Int(7);
      metrics.last_weight_at = MaybeInstant(*read, 8);
      report.cows.back().days.push_back({DayAt(*read, 2), metrics});
    }
    for (herd::CowWindow& cow : report.cows) {
      std::ranges::sort(cow.days, {}, &herd::CowWindow::Day::day);
    }
    return report;
  }

  Result<std::optional<herd::DataRange>> ReadDataRange(std::string_view farm) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(const auto farm_ref, FindFarmRef(snapshot->session(), farm));
    if (!farm_ref) return std::optional<herd::DataRange>();
    return FindDataRange(snapshot->session(), *farm_ref);
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
    if (!read->IsNull(1)) found->data = herd::DataRange{DayAt(*read, 1), DayAt(*read, 2)};
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

  Result<std::vector<PartitionProgress>> ReadProgress() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(auto all, FindProgress(snapshot->session()));
    std::vector<PartitionProgress> progress;
    for (Progress& each : all) progress.push_back(std::move(each.at));
    return progress;
  }

  Result<StoreStatus> ReadStatus() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    StoreStatus status;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRows, [&](const Statement& row) {
      status.tables.push_back({std::string(row.Bytes(0)), row.Int(1)});
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountReadingsByState, [&](const Statement& row) {
      status.silver_by_state[StateIn(row)] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountQuarantineByCode, [&](const Statement& row) {
      status.quarantine_by_code[std::string(row.Bytes(0))] = row.Int(1);
    }));
    HERDFLOW_CHECK(
        ForEachRow(session, sql::kCountQuarantineOfUnknownFarms, [&](const Statement& row) {
          status.unknown_farms[std::string(row.Bytes(0))] = row.Int(1);
        }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRejudgeRequests,
                              [&](const Statement& row) { status.rejudge_requests = row.Int(0); }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountDirtyDays,
                              [&](const Statement& row) { status.dirty_days = row.Int(0); }));
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> bronze_rows;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountBronzeRows, [&](const Statement& row) {
      bronze_rows[{row.Int(0), row.Int(1)}] = row.Int(2);
    }));
    HERDFLOW_ASSIGN(const auto all, FindProgress(session));
    for (const auto& [at, stream] : all) {
      status.partitions.push_back({at, bronze_rows[{stream, at.partition}]});
    }
    return status;
  }

  Result<pipeline::FarmStatus> ReadFarmStatus(std::string_view farm) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    Session& session = snapshot->session();
    pipeline::FarmStatus status;
    HERDFLOW_ASSIGN(const auto ref, FindFarmRef(session, farm));
    if (!ref) return status;
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountRowsOfFarm, *ref, [&](const Statement& row) {
      status.cows = row.Int(0);
      status.sensors = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, sql::kCountReadingsOfFarm, *ref, [&](const Statement& row) {
      status.silver_by_state[StateIn(row)] = row.Int(1);
    }));
    HERDFLOW_CHECK(
        ForEachRow(session, sql::kCountQuarantineOfFarm, *ref, [&](const Statement& row) {
          status.quarantine_by_code[std::string(row.Bytes(0))] = row.Int(1);
        }));
    HERDFLOW_ASSIGN(status.data, FindDataRange(session, *ref));
    return status;
  }

 private:
  std::shared_ptr<ReadSessions> sessions_;
};

}  // namespace

std::unique_ptr<pipeline::HerdQueries> MakeSqlHerdQueries(std::shared_ptr<ReadSessions> sessions) {
  return std::make_unique<SqlHerdQueries>(std::move(sessions));
}

}  // namespace herdflow::store_sql
