#include <map>

#include "cow_days.hpp"
#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

/// What the cows of a day make together.
struct Day {
  std::int64_t milk = 0, milked = 0, weight = 0, weighed = 0, readings = 0;

  void Add(const herd::CowDay& of) {
    milk += of.milk_sum_millionths;
    milked += of.milk_count > 0 ? 1 : 0;
    weight += of.last_weight_millionths;
    weighed += of.weight_count > 0 ? 1 : 0;
  }
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
    HERDFLOW_CHECK(reads.ReadRows(*shape().reads[0], block, [&](const DerivedRow& row) -> Result<> {
      days[row.key.day].readings += row.values[3];
      return {};
    }));
    HERDFLOW_CHECK(reads.ReadRows(*shape().reads[1], block, [&](const DerivedRow& row) -> Result<> {
      days[row.key.day].Add(CowDayIn(row));
      return {};
    }));
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
