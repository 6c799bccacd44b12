#include "herdflow/herd/aggregates.hpp"

#include <algorithm>
#include <chrono>

namespace herdflow::herd {
namespace {

/// Monday 0 … Sunday 6. 1970-01-01 was a Thursday.
std::int32_t WeekdayOf(FarmDay day) { return ((day.days % 7) + 7 + 3) % 7; }

}  // namespace

Period PeriodOf(PeriodKind kind, FarmDay day) {
  using std::chrono::December;
  using std::chrono::January;
  const auto date = ToDate(day);
  switch (kind) {
    case PeriodKind::kDay:
      return {day, day};
    case PeriodKind::kWeek: {
      const FarmDay monday = day - WeekdayOf(day);
      return {monday, monday + 6};
    }
    case PeriodKind::kMonth:
      return {ToFarmDay(date.year() / date.month() / 1),
              ToFarmDay(date.year() / date.month() / std::chrono::last)};
    case PeriodKind::kYear:
      return {ToFarmDay(date.year() / January / 1), ToFarmDay(date.year() / December / 31)};
  }
  return {day, day};
}

IsoWeek IsoWeekOf(FarmDay day) {
  // A week counts in the year that has its Thursday, and the year's first Thursday is in week 1.
  const FarmDay thursday = day - WeekdayOf(day) + 3;
  const auto date = ToDate(thursday);
  const FarmDay new_year = PeriodOf(PeriodKind::kYear, thursday).first;
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .week = (thursday.days - new_year.days) / 7 + 1};
}

void Statistics::Add(std::int64_t value_millionths) {
  ++count;
  sum_millionths += value_millionths;
  min_millionths = std::min(min_millionths, value_millionths);
  max_millionths = std::max(max_millionths, value_millionths);
}

void Statistics::Add(const Statistics& others) {
  count += others.count;
  sum_millionths += others.sum_millionths;
  min_millionths = std::min(min_millionths, others.min_millionths);
  max_millionths = std::max(max_millionths, others.max_millionths);
}

double Average(std::int64_t sum_millionths, std::int64_t count) {
  return static_cast<double>(sum_millionths) / static_cast<double>(count * kMillion);
}

double Shown(std::int64_t value_millionths) {
  return static_cast<double>(value_millionths) / static_cast<double>(kMillion);
}

void CowDay::AddMilk(std::int64_t value_millionths) {
  ++milk_count;
  milk_sum_millionths += value_millionths;
}

void CowDay::AddWeight(std::int64_t value_millionths, Instant at, bool newest_so_far) {
  ++weight_count;
  weight_sum_millionths += value_millionths;
  if (newest_so_far) {
    last_weight_millionths = value_millionths;
    last_weight_at = at;
  }
}

}  // namespace herdflow::herd
