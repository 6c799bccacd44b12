#include "herdflow/pipeline/report_queries.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "herdflow/store_sql/columns.hpp"
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
    static constexpr Columns kDay(sql::kReadReportDays);
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadReportDays));
    read->Bind(1, *farm_ref).Bind(2, day.days - herd::kWeightWindowDays + 1).Bind(3, day.days);
    std::unordered_map<std::int64_t, std::vector<herd::CowWindow::Day>> days;
    HERDFLOW_CHECK(ForEachRow(*read, [&](const Statement& row) {
      herd::CowDay metrics;
      metrics.milk_count = row.Int(kDay["milk_count"]);
      metrics.milk_sum_millionths = row.Int(kDay["milk_sum"]);
      metrics.weight_count = row.Int(kDay["weight_count"]);
      metrics.weight_sum_millionths = row.Int(kDay["weight_sum"]);
      metrics.last_weight_millionths = row.Int(kDay["last_weight"]);
      metrics.last_weight_at = MaybeInstantIn(row, kDay["last_weight_at"]);
      days[row.Int(kDay["cow_id"])].push_back({DayIn(row, kDay["farm_day"]), metrics});
    }));
    static constexpr Columns kCow(sql::kReadCowsOfFarm);
    HERDFLOW_ASSIGN(Statement * cows, snapshot->session().Get(sql::kReadCowsOfFarm));
    HERDFLOW_CHECK(ForEachRow(cows->Bind(1, *farm_ref), [&](const Statement& row) {
      const auto of_cow = days.find(row.Int(kCow["id"]));
      if (of_cow == days.end()) return;
      std::ranges::sort(of_cow->second, {}, &herd::CowWindow::Day::day);
      report.cows.push_back({std::string(row.Bytes(kCow["text_id"])),
                             std::string(row.Bytes(kCow["name"])), std::move(of_cow->second)});
    }));
    std::ranges::sort(report.cows, {}, &herd::CowWindow::cow_id);
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
