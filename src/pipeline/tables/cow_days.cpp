#include "cow_days.hpp"

#include <algorithm>

#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

/// A day of one cow while its readings come, in any order.
struct Day {
  DerivedKey key;
  herd::CowDay metrics;
  SensorRef newest{};  ///< Whose weight is the day's last so far.

  Result<> Add(FeedReads& reads, const FeedReads::Reading& reading) {
    HERDFLOW_ASSIGN(const herd::Measure measure, reads.MeasureOf(reading.sensor));
    const std::int64_t value = herd::Converted(reading.value_millionths, measure);
    switch (measure.metric) {
      case herd::Metric::kMilk:
        metrics.AddMilk(value);
        break;
      case herd::Metric::kWeight: {
        HERDFLOW_ASSIGN(const bool is_newest, IsNewest(reads, reading));
        if (is_newest) newest = reading.sensor;
        metrics.AddWeight(value, reading.at, is_newest);
        break;
      }
      case herd::Metric::kNone:
        break;
    }
    return {};
  }

  /// Of equally new readings the one with the bytewise smallest sensor id counts.
  [[nodiscard]] Result<bool> IsNewest(FeedReads& reads, const FeedReads::Reading& reading) const {
    if (!metrics.last_weight_at || reading.at > *metrics.last_weight_at) return true;
    if (reading.at < *metrics.last_weight_at) return false;
    HERDFLOW_ASSIGN(const std::string_view id, reads.IdOf(reading.sensor));
    HERDFLOW_ASSIGN(const std::string_view id_of_newest, reads.IdOf(newest));
    return id < id_of_newest;
  }
};

class CowDayTable final : public DerivedTable {
 public:
  CowDayTable()
      : DerivedTable({.task = "cow_daily_metrics",
                      .table = "cow_daily_metrics",
                      .description = "silver to gold: milk and weight of each cow and day, which "
                                     "reports are made from",
                      .day_column = "farm_day",
                      .by_sensor = false,
                      .values = {"milk_count", "milk_sum", "weight_count", "weight_sum",
                                 "last_weight", "last_weight_at"},
                      .summed = {"milk_count", "milk_sum", "weight_count", "last_weight"},
                      .reads = {}}) {}

  Result<Derived> Compute(FeedReads& reads, const Block& block) const override {
    std::vector<Day> days;  // By key.
    const auto day_of = [&](const DerivedKey& key) -> Day& {
      if (!days.empty() && days.back().key == key) return days.back();
      const auto at =
          std::lower_bound(days.begin(), days.end(), key,
                           [](const Day& day, const DerivedKey& of) { return day.key < of; });
      if (at != days.end() && at->key == key) return *at;
      return *days.insert(at, Day{key, {}, {}});
    };
    HERDFLOW_CHECK(reads.ReadReadings(block, [&](const FeedReads::Reading& reading) -> Result<> {
      return day_of({block.farm, reading.day, reading.cow, {}}).Add(reads, reading);
    }));
    Derived derived{block.keys, {}};
    for (const Day& day : days) {
      const bool asked =
          block.whole || std::binary_search(block.keys.begin(), block.keys.end(), day.key);
      if (asked && !day.metrics.empty()) derived.rows.push_back(RowOf(day.key, day.metrics));
    }
    return derived;
  }
};

}  // namespace

herd::CowDay CowDayIn(const DerivedRow& row) {
  const auto& values = row.values;
  herd::CowDay day{values[0], values[1], values[2], values[3], 0, std::nullopt};
  if (values[5] != kNoValue) {
    day.last_weight_millionths = values[4];
    day.last_weight_at = FromMicros(values[5]);
  }
  return day;
}

DerivedRow RowOf(const DerivedKey& key, const herd::CowDay& day) {
  const bool weighed = day.last_weight_at.has_value();
  return {key,
          {day.milk_count, day.milk_sum_millionths, day.weight_count, day.weight_sum_millionths,
           weighed ? day.last_weight_millionths : kNoValue,
           weighed ? ToMicros(*day.last_weight_at) : kNoValue}};
}

const DerivedTable& CowDays() {
  static const CowDayTable kTable;
  return kTable;
}

}  // namespace herdflow::pipeline
