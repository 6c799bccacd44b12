#include <map>

#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

/// What the cows of a day make together.
struct Day {
  std::int64_t milk = 0, milked = 0, weight = 0, weighed = 0, readings = 0;
};

class HerdDayTable final : public DerivedTable {
 public:
  HerdDayTable()
      : DerivedTable({.task = "herd_daily_metrics",
                      .table = "herd_days",
                      .description = "gold's days to gold: milk, weight, cows milked and readings "
                                     "of each farm and day",
                      .day_column = "farm_day",
                      .by_cow = false,
                      .by_sensor = false,
                      .counts_refused = true,
                      .values = {"milk_sum", "cows_milked", "weight_sum", "cows_weighed",
                                 "readings", "refused"},
                      .reads = {&SensorPeriods(herd::PeriodKind::kDay), &CowDays()}}) {}

  Result<Derived> Compute(FeedReads& reads, const Block& block) const override {
    std::map<FarmDay, Day> days;
    const auto add = [&](const FeedReads::DaySum& sum) -> Result<> {
      Day& day = days[sum.day];
      if (sum.value == "records_count") day.readings = sum.total;
      if (sum.value == "milk_sum") day.milk = sum.total;
      if (sum.value == "milk_count") day.milked = sum.positive;
      if (sum.value == "last_weight") day.weight = sum.total;
      if (sum.value == "weight_count") day.weighed = sum.positive;
      return {};
    };
    for (const DerivedTable* of : shape().reads) HERDFLOW_CHECK(reads.SumDays(*of, block, add));
    Derived derived{block.keys, {}};
    for (const DerivedKey& key : block.keys) {
      HERDFLOW_ASSIGN(const std::int64_t refused, reads.CountRefused(key.farm, key.day));
      const Day& day = days[key.day];
      if (day.readings == 0 && refused == 0) continue;
      derived.rows.push_back(
          {key, {day.milk, day.milked, day.weight, day.weighed, day.readings, refused}});
    }
    return derived;
  }
};

}  // namespace

const DerivedTable& HerdDays() {
  static const HerdDayTable kTable;
  return kTable;
}

}  // namespace herdflow::pipeline
