#include <map>
#include <utility>

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
Result<> ForEachRow(Session& session, std::string_view name, Each each) {
  HERDFLOW_ASSIGN(Statement * read, session.Get(name));
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read->Step());
    if (!there) return {};
    each(*read);
  }
}

Result<std::optional<LatestSensorData>> FindLatest(Session& session, std::int64_t cow) {
  std::optional<LatestSensorData> latest;
  HERDFLOW_ASSIGN(Statement * newest, session.Get("read_newest_daily"));
  newest->Bind(1, cow);
  HERDFLOW_ASSIGN(const auto day, FirstInt(*newest));
  if (!day) return latest;
  HERDFLOW_ASSIGN(Statement * read, session.Get("read_latest_sensor_data"));
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

Result<std::optional<herd::DataRange>> FindDataRange(Session& session) {
  std::optional<herd::DataRange> range;
  HERDFLOW_CHECK(ForEachRow(session, "read_data_range", [&](const Statement& row) {
    if (!row.IsNull(0)) range = herd::DataRange{DayAt(row, 0), DayAt(row, 1)};
  }));
  return range;
}

/// One row of read_progress, and the stream's integer.
struct Progress {
  PartitionProgress at;
  std::int64_t stream = 0;
};

Result<std::vector<Progress>> FindProgress(Session& session) {
  std::vector<Progress> all;
  HERDFLOW_ASSIGN(Statement * read, session.Get("read_progress"));
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

  Result<std::optional<CowView>> FindCow(std::string_view cow_id) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    HERDFLOW_ASSIGN(Statement * find, snapshot->session().Get("find_cow"));
    HERDFLOW_ASSIGN(const bool there, find->Bind(1, cow_id).Step());
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

  Result<pipeline::ReportData> ReadReportData(FarmDay day) override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    pipeline::ReportData report;
    HERDFLOW_ASSIGN(report.data, FindDataRange(snapshot->session()));
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get("read_report_days"));
    read->Bind(1, day.days - herd::kWeightWindowDays + 1).Bind(2, day.days);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return report;
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
  }

  Result<std::optional<herd::DataRange>> ReadDataRange() override {
    HERDFLOW_ASSIGN(const auto snapshot, sessions_->BeginRead());
    return FindDataRange(snapshot->session());
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
    HERDFLOW_CHECK(ForEachRow(session, "count_rows", [&](const Statement& row) {
      status.tables.push_back({std::string(row.Bytes(0)), row.Int(1)});
    }));
    HERDFLOW_CHECK(ForEachRow(session, "count_readings_by_state", [&](const Statement& row) {
      const auto state = static_cast<pipeline::ReadingState>(row.Int(0));
      status.silver_by_state[std::string(Name(state))] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, "count_quarantine_by_code", [&](const Statement& row) {
      status.quarantine_by_code[std::string(row.Bytes(0))] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(session, "count_rejudge_requests",
                              [&](const Statement& row) { status.rejudge_requests = row.Int(0); }));
    HERDFLOW_CHECK(ForEachRow(session, "count_dirty_days",
                              [&](const Statement& row) { status.dirty_days = row.Int(0); }));
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> bronze_rows;
    HERDFLOW_CHECK(ForEachRow(session, "count_bronze_rows", [&](const Statement& row) {
      bronze_rows[{row.Int(0), row.Int(1)}] = row.Int(2);
    }));
    HERDFLOW_ASSIGN(const auto all, FindProgress(session));
    for (const auto& [at, stream] : all) {
      status.partitions.push_back({at, bronze_rows[{stream, at.partition}]});
    }
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
