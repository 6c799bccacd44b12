#include "cow_days.hpp"
#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

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
    std::int64_t milk = 0, milked = 0, weight = 0, weighed = 0, readings = 0;
    HERDFLOW_CHECK(reads.ReadRows(*shape().reads[0], block.farm, block.period, block.cows,
                                  [&](const DerivedRow& row) -> Result<> {
                                    readings += row.values[3];
                                    return {};
                                  }));
    HERDFLOW_CHECK(reads.ReadRows(*shape().reads[1], block.farm, block.period, block.cows,
                                  [&](const DerivedRow& row) -> Result<> {
                                    const herd::CowDay day = CowDayIn(row);
                                    milk += day.milk_sum_millionths;
                                    milked += day.milk_count > 0 ? 1 : 0;
                                    weight += day.last_weight_millionths;
                                    weighed += day.weight_count > 0 ? 1 : 0;
                                    return {};
                                  }));
    HERDFLOW_ASSIGN(const std::int64_t refused, reads.CountRefused(block.farm, block.period.first));
    Derived derived{block.keys, {}};
    if (readings != 0 || refused != 0) {
      derived.rows.push_back({{block.farm, block.period.first, {}, {}},
                              {milk, milked, weight, weighed, readings, refused}});
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
