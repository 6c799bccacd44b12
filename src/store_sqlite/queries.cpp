#include <mutex>
#include <utility>

#include "herdflow/sql/sql.hpp"
#include "herdflow/store_sqlite/store.hpp"
#include "session.hpp"
#include "transactions.hpp"

namespace herdflow::store_sqlite {
namespace {

using pipeline::CowView;
using pipeline::LatestSensorData;
using pipeline::PartitionProgress;
using pipeline::StoreStatus;

constexpr int kReaderCacheKib = 8 * 1024;

constexpr std::array<std::string_view, 12> kCountedTables{"bronze_cows",
                                                          "bronze_sensors",
                                                          "bronze_measurements",
                                                          "silver_measurements",
                                                          "silver_quarantine",
                                                          "gold_cows",
                                                          "gold_sensors",
                                                          "gold_measurements_daily_aggregations",
                                                          "gold_measurements_weekly_aggregations",
                                                          "gold_measurements_monthly_aggregations",
                                                          "gold_measurements_yearly_aggregations",
                                                          "gold_cow_daily_metrics"};

FarmDay DayAt(const sqlite::Statement& statement, int column) {
  return FarmDay{static_cast<std::int32_t>(statement.Int(column))};
}

std::optional<Instant> MaybeInstant(const sqlite::Statement& statement, int column) {
  const auto micros = statement.MaybeInt(column);
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

/// One connection, one query at a time, each in a snapshot of its own.
class SqliteHerdQueries final : public pipeline::HerdQueries {
 public:
  explicit SqliteHerdQueries(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  Result<std::optional<CowView>> FindCow(std::string_view cow_id) override {
    const std::lock_guard lock(mutex_);
    HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(session_->database()));
    HERDFLOW_ASSIGN(sqlite::Statement * find, session_->Get("find_cow"));
    HERDFLOW_ASSIGN(const bool there, find->Bind(1, cow_id).Step());
    if (!there) return std::optional<CowView>();
    const std::int64_t ref = find->Int(0);
    CowView cow;
    cow.id = cow_id;
    cow.name = find->Text(1);
    if (!find->IsNull(2)) cow.birthdate = DayAt(*find, 2);
    cow.created_at = FromMicros(find->Int(3));
    cow.retired_at = MaybeInstant(*find, 4);
    find->Reset();
    HERDFLOW_ASSIGN(cow.latest_sensor_data, FindLatest(ref));
    return std::optional(std::move(cow));
  }

  Result<pipeline::ReportData> ReadReportData(FarmDay day) override {
    const std::lock_guard lock(mutex_);
    HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(session_->database()));
    pipeline::ReportData report;
    HERDFLOW_ASSIGN(report.data, FindDataRange());
    HERDFLOW_ASSIGN(sqlite::Statement * read, session_->Get("read_report_days"));
    read->Bind(1, day.days - herd::kWeightWindowDays + 1).Bind(2, day.days);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return report;
      if (report.cows.empty() || report.cows.back().cow_id != read->Text(0)) {
        report.cows.push_back({std::string(read->Text(0)), std::string(read->Text(1)), {}});
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
    const std::lock_guard lock(mutex_);
    return FindDataRange();
  }

  Result<std::vector<PartitionProgress>> ReadProgress() override {
    const std::lock_guard lock(mutex_);
    std::vector<PartitionProgress> all;
    HERDFLOW_CHECK(ForEachPartition([&](PartitionProgress& progress, std::int64_t) {
      MarkCurrent(all, progress);
      all.push_back(progress);
    }));
    return all;
  }

  Result<StoreStatus> ReadStatus() override {
    const std::lock_guard lock(mutex_);
    HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(session_->database()));
    StoreStatus status;
    for (const std::string_view table : kCountedTables) {
      HERDFLOW_ASSIGN(const std::int64_t rows, session_->database().QueryInt(fmt::format(
                                                   "SELECT COUNT(*) FROM {}_rows", table)));
      status.tables.push_back({std::string(table), rows});
    }
    HERDFLOW_CHECK(ForEachRow("count_readings_by_state", [&](const sqlite::Statement& row) {
      const auto state = static_cast<pipeline::ReadingState>(row.Int(0));
      status.silver_by_state[std::string(Name(state))] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow("count_quarantine_by_code", [&](const sqlite::Statement& row) {
      status.quarantine_by_code[std::string(row.Text(0))] = row.Int(1);
    }));
    HERDFLOW_CHECK(ForEachRow(
        "count_dirty_days", [&](const sqlite::Statement& row) { status.dirty_days = row.Int(0); }));
    std::vector<std::int64_t> streams;
    HERDFLOW_CHECK(ForEachPartition([&](PartitionProgress& progress, std::int64_t stream) {
      MarkCurrent(status.partitions, progress);
      status.partitions.push_back({progress, 0});
      streams.push_back(stream);
    }));
    for (std::size_t i = 0; i < streams.size(); ++i) {
      StoreStatus::Partition& partition = status.partitions[i];
      HERDFLOW_ASSIGN(
          partition.bronze_rows,
          session_->database().QueryInt(fmt::format(
              "SELECT COUNT(*) FROM bronze_{}_rows WHERE stream_id = {} AND topic_partition = {}",
              partition.topic, streams[i], partition.partition)));
    }
    return status;
  }

 private:
  Result<std::optional<LatestSensorData>> FindLatest(std::int64_t cow) {
    std::optional<LatestSensorData> latest;
    HERDFLOW_ASSIGN(sqlite::Statement * newest, session_->Get("read_newest_daily"));
    newest->Bind(1, cow);
    HERDFLOW_ASSIGN(const auto day, FirstInt(*newest));
    if (!day) return latest;
    HERDFLOW_ASSIGN(sqlite::Statement * read, session_->Get("read_latest_sensor_data"));
    HERDFLOW_ASSIGN(const bool there, read->Bind(1, cow).Bind(2, *day).Step());
    if (!there) return latest;
    const std::int64_t count = read->Int(4);
    latest = LatestSensorData{
        std::string(read->Text(0)),         FarmDay{static_cast<std::int32_t>(*day)},
        herd::Average(read->Int(1), count), herd::Shown(read->Int(2)),
        herd::Shown(read->Int(3)),          count};
    read->Reset();
    return latest;
  }

  Result<std::optional<herd::DataRange>> FindDataRange() {
    std::optional<herd::DataRange> range;
    HERDFLOW_CHECK(ForEachRow("read_data_range", [&](const sqlite::Statement& row) {
      if (!row.IsNull(0)) range = herd::DataRange{DayAt(row, 0), DayAt(row, 1)};
    }));
    return range;
  }

  /// Of the streams of one partition, oldest first, the last one is loaded now.
  template <class Progress>
  static void MarkCurrent(std::vector<Progress>& before, const PartitionProgress& next) {
    if (before.empty()) return;
    PartitionProgress& last = before.back();
    last.current = last.topic != next.topic || last.partition != next.partition;
  }

  template <class Each>
  Result<> ForEachRow(std::string_view name, Each each) {
    HERDFLOW_ASSIGN(sqlite::Statement * read, session_->Get(name));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      each(*read);
    }
  }

  template <class Each>
  Result<> ForEachPartition(Each each) {
    HERDFLOW_ASSIGN(sqlite::Statement * read, session_->Get("read_progress"));
    read->Bind(1, kConsumerGroup);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      PartitionProgress progress;
      progress.topic = read->Text(0);
      progress.stream_id = read->Text(1);
      progress.partition = static_cast<std::int32_t>(read->Int(2));
      progress.first_offset = read->Int(3);
      progress.next_offset = read->Int(4);
      progress.holes = read->Int(5);
      progress.judged_offset = read->Int(6);
      progress.log_id = read->Text(8);
      progress.last_hash = HashIn(read->Blob(9));
      each(progress, read->Int(7));
    }
  }

  std::mutex mutex_;
  std::unique_ptr<Session> session_;
};

}  // namespace

Result<std::unique_ptr<pipeline::HerdQueries>> MakeSqliteHerdQueries(const std::string& folder) {
  HERDFLOW_ASSIGN(auto session, Session::Open(folder, false, kReaderCacheKib));
  return std::make_unique<SqliteHerdQueries>(std::move(session));
}

}  // namespace herdflow::store_sqlite
