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
      HERDFLOW_CHECK(FollowChanges(reads, block, derived));
    }
    derived.keys.insert(derived.keys.end(), block.keys.begin(), block.keys.end());
    std::sort(derived.keys.begin(), derived.keys.end());
    derived.keys.erase(std::unique(derived.keys.begin(), derived.keys.end()), derived.keys.end());
    std::sort(derived.rows.begin(), derived.rows.end(),
              [](const DerivedRow& a, const DerivedRow& b) { return a.key < b.key; });
    return derived;
  }

 private:
  /// Cows that changed at about the same time are read at once, from the first day of them on: at
  /// most twice the days that each needs.
  Result<> FollowChanges(FeedReads& reads, const Block& block, Derived& derived) const {
    const auto days_from = [&](FarmDay day) { return block.period.last.days - day.days + 1; };
    std::map<FarmDay, std::vector<CowRange>> cows_by_day;
    for (const DerivedKey& key : block.keys) {
      FarmDay first = key.day;
      if (!cows_by_day.empty()) {
        const FarmDay before = cows_by_day.rbegin()->first;
        if (days_from(before) <= 2 * days_from(key.day)) first = before;
      }
      cows_by_day[first].push_back({key.cow, key.cow});
    }
    for (auto& [day, cows] : cows_by_day) {
      std::sort(cows.begin(), cows.end(),
                [](const CowRange& a, const CowRange& b) { return a.first < b.first; });
      HERDFLOW_CHECK(Follow(reads, block, day, cows, derived));
    }
    return {};
  }

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
