#include "herdflow/herd/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "decimal.hpp"

namespace herdflow::herd {
namespace {

void SortByCowId(auto& rows) {
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.cow_id < b.cow_id; });
}

std::optional<DailyReport::Weight> WeightIn(const CowWindow& cow, FarmDay day) {
  DailyReport::Weight row;
  row.cow_id = cow.cow_id;
  row.cow_name = cow.cow_name;
  std::int64_t sum = 0;
  std::int64_t count = 0;
  for (const auto& [row_day, metrics] : cow.days) {
    if (row_day > day || row_day <= day - kWeightWindowDays || metrics.weight_count == 0) continue;
    sum += metrics.weight_sum_millionths;
    count += metrics.weight_count;
    row.current_weight = Shown(metrics.last_weight_millionths);
    row.current_weight_at = metrics.last_weight_at.value_or(Instant());
  }
  if (count == 0) return std::nullopt;
  row.avg_weight_last_30_days = Average(sum, count);
  return row;
}

}  // namespace

std::optional<std::string> IllnessReason(const CowDay& day, const HealthRule& rule) {
  if (day.milk_count < kIllMinReadings || day.milk_sum_millionths >= rule.low_milk_millionths) {
    return std::nullopt;
  }
  return fmt::format("{} L in {} readings, below {} L", MillionthsText(day.milk_sum_millionths),
                     day.milk_count, MillionthsText(rule.low_milk_millionths));
}

DailyReport MakeReport(FarmDay day, FarmDay today, std::optional<DataRange> data,
                       const std::vector<CowWindow>& cows, const HealthRule& rule) {
  DailyReport report;
  report.date = day;
  report.data = data;
  report.so_far = day >= today;
  report.complete = !report.so_far && data && data->last > day;

  for (const CowWindow& cow : cows) {
    for (const auto& [row_day, metrics] : cow.days) {
      if (row_day != day || metrics.milk_count == 0) continue;
      report.milk_production.push_back(
          {cow.cow_id, cow.cow_name, Shown(metrics.milk_sum_millionths), metrics.milk_count});
      if (!report.complete) continue;
      if (auto reason = IllnessReason(metrics, rule)) {
        report.ill_cows.push_back({cow.cow_id, cow.cow_name, *std::move(reason)});
      }
    }
    if (auto weight = WeightIn(cow, day)) report.cow_weights.push_back(*std::move(weight));
  }
  SortByCowId(report.milk_production);
  SortByCowId(report.cow_weights);
  SortByCowId(report.ill_cows);
  return report;
}

std::optional<FarmDay> NewestCompleteDay(FarmDay today, std::optional<DataRange> data) {
  if (!data) return std::nullopt;
  const FarmDay newest = std::min(today, data->last) - 1;
  if (newest < data->first) return std::nullopt;
  return newest;
}

}  // namespace herdflow::herd
