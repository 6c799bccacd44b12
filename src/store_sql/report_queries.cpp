#include "herdflow/pipeline/report_queries.hpp"

#include <algorithm>
#include <utility>

#include "queries.hpp"

namespace herdflow::store_sql {
namespace {

class SqlReportQueries final : public pipeline::ReportQueries {
 public:
  explicit SqlReportQueries(std::shared_ptr<ReadSessions> sessions)
      : sessions_(std::move(sessions)) {}

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
      metrics.last_weight_at = MaybeInstantIn(*read, 8);
      report.cows.back().days.push_back({DayIn(*read, 2), metrics});
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

 private:
  std::shared_ptr<ReadSessions> sessions_;
};

}  // namespace

std::unique_ptr<pipeline::ReportQueries> MakeReportQueries(std::shared_ptr<ReadSessions> sessions) {
  return std::make_unique<SqlReportQueries>(std::move(sessions));
}

}  // namespace herdflow::store_sql
