#include <algorithm>
#include <map>

#include "cow_days.hpp"
#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

/// The milk of a cow over the days up to one of them, each with milk.
struct Run {
  std::int64_t days = 0;
  std::int64_t milk_millionths = 0;
};

class CowMilkMeanTable final : public DerivedTable {
 public:
  CowMilkMeanTable()
      : DerivedTable({.task = "cow_milk_means",
                      .table = "cow_milk_means",
                      .description = "gold's days to gold: mean milk of each cow over the days "
                                     "with milk in a row",
                      .day_column = "farm_day",
                      .by_sensor = false,
                      .chains = true,
                      .values = {"milk_days", "milk_sum"},
                      .reads = {&CowDays()}}) {}

  Result<Derived> Compute(FeedReads& reads, const Block& block) const override {
    Derived derived;
    if (block.whole) {
      HERDFLOW_CHECK(Follow(reads, block, block.period.first, block.cows, derived));
    } else {
      // Cows that changed on the same day first are read at once.
      std::map<FarmDay, std::vector<CowRange>> cows_by_day;
      std::map<CowRef, FarmDay> first_days;
      for (const DerivedKey& key : block.keys) {
        const auto [first, added] = first_days.emplace(key.cow, key.day);
        if (!added) first->second = std::min(first->second, key.day);
      }
      for (const auto& [cow, day] : first_days) cows_by_day[day].push_back({cow, cow});
      for (const auto& [day, cows] : cows_by_day) {
        HERDFLOW_CHECK(Follow(reads, block, day, cows, derived));
      }
    }
    derived.keys.insert(derived.keys.end(), block.keys.begin(), block.keys.end());
    std::sort(derived.keys.begin(), derived.keys.end());
    derived.keys.erase(std::unique(derived.keys.begin(), derived.keys.end()), derived.keys.end());
    std::sort(derived.rows.begin(), derived.rows.end(),
              [](const DerivedRow& a, const DerivedRow& b) { return a.key < b.key; });
    return derived;
  }

 private:
  /// Computes the rows of these cows from `first` to the block's last day.
  Result<> Follow(FeedReads& reads, const Block& block, FarmDay first,
                  std::span<const CowRange> cows, Derived& derived) const {
    std::map<CowRef, Run> before;
    if (!block.whole) {
      HERDFLOW_CHECK(reads.ReadRows(*this, block.farm, {first - 1, first - 1}, cows,
                                    [&](const DerivedRow& row) -> Result<> {
                                      before[row.key.cow] = {row.values[0], row.values[1]};
                                      return {};
                                    }));
    }
    std::vector<std::pair<DerivedKey, std::int64_t>> milk;
    HERDFLOW_CHECK(reads.ReadRows(*shape().reads.front(), block.farm, {first, block.period.last},
                                  cows, [&](const DerivedRow& row) -> Result<> {
                                    const herd::CowDay day = CowDayIn(row);
                                    if (day.milk_count > 0) {
                                      milk.emplace_back(row.key, day.milk_sum_millionths);
                                    }
                                    return {};
                                  }));
    std::sort(milk.begin(), milk.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first.cow, a.first.day) < std::pair(b.first.cow, b.first.day);
    });
    const DerivedKey* last = nullptr;
    Run run;
    for (const auto& [key, of_day] : milk) {
      const bool is_next = last != nullptr && last->cow == key.cow && last->day + 1 == key.day;
      if (!is_next) {
        const auto known = before.find(key.cow);
        run = key.day == first && known != before.end() ? known->second : Run{};
      }
      run = {run.days + 1, run.milk_millionths + of_day};
      derived.rows.push_back({key, {run.days, run.milk_millionths}});
      last = &key;
    }
    if (block.whole) return {};
    // What is there of these days and has no milk any more goes.
    return reads.ReadRows(*this, block.farm, {first, block.period.last}, cows,
                          [&](const DerivedRow& row) -> Result<> {
                            derived.keys.push_back(row.key);
                            return {};
                          });
  }
};

}  // namespace

const DerivedTable& CowMilkMeans() {
  static const CowMilkMeanTable kTable;
  return kTable;
}

}  // namespace herdflow::pipeline
