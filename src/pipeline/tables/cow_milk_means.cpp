#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "cow_days.hpp"
#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {
namespace {

/// The milk of a cow over the days up to one of them, each with milk.
struct Run {
  std::int64_t days = 0;
  std::int64_t milk_millionths = 0;

  bool operator==(const Run&) const = default;
};

/// Each cow's milk of each day that has any.
using Milk = std::map<CowRef, std::map<FarmDay, std::int64_t>>;

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
    HERDFLOW_CHECK(block.whole ? Fill(reads, block, derived) : Follow(reads, block, derived));
    std::sort(derived.keys.begin(), derived.keys.end());
    derived.keys.erase(std::unique(derived.keys.begin(), derived.keys.end()), derived.keys.end());
    std::sort(derived.rows.begin(), derived.rows.end(),
              [](const DerivedRow& a, const DerivedRow& b) { return a.key < b.key; });
    return derived;
  }

 private:
  Result<> Fill(FeedReads& reads, const Block& block, Derived& derived) const {
    HERDFLOW_ASSIGN(const Milk milk, ReadMilk(reads, block));
    for (const auto& [cow, days] : milk) {
      Count(days, {}, block.period, {block.farm, {}, cow, {}}, derived);
    }
    return {};
  }

  /// Where a cow is followed from.
  struct Link {
    FarmDay day;
    std::optional<Run> before;        ///< Of the day before; else the one that the table has.
    std::span<const FarmDay> behind;  ///< Changes that are still to be looked at.
  };

  /// Goes on from each change, in pieces of all cows at once, until a row comes out as it was: so
  /// do all behind it, up to the cow's next change.
  Result<> Follow(FeedReads& reads, const Block& block, Derived& derived) const {
    derived.keys = block.keys;
    std::map<CowRef, std::vector<FarmDay>> changes;
    for (const DerivedKey& key : block.keys) changes[key.cow].push_back(key.day);
    std::map<CowRef, Link> open;
    for (const auto& [cow, days] : changes) open[cow] = {days.front(), {}, days};
    while (!open.empty()) {
      std::map<CowRef, std::map<FarmDay, Run>> known;
      HERDFLOW_CHECK(
          reads.ReadRows(*this, DaysOf(block, open, 1), [&](const DerivedRow& row) -> Result<> {
            known[row.key.cow][row.key.day] = {row.values[0], row.values[1]};
            // What is there and has no milk any more goes.
            if (row.key.day >= open[row.key.cow].day) derived.keys.push_back(row.key);
            return {};
          }));
      HERDFLOW_ASSIGN(Milk milk, ReadMilk(reads, DaysOf(block, open, 0)));
      for (auto at = open.begin(); at != open.end();) {
        const CowRef cow = at->first;
        Link& link = at->second;
        const herd::Period piece = PieceOf(block, link);
        const Run before = link.before.value_or(known[cow][link.day - 1]);
        const Run run = Count(milk[cow], before, piece, {block.farm, {}, cow, {}}, derived);
        while (!link.behind.empty() && link.behind.front() <= piece.last) {
          link.behind = link.behind.subspan(1);
        }
        if (run != known[cow][piece.last] && piece.last < block.period.last) {
          link = {piece.last + 1, run, link.behind};
        } else if (!link.behind.empty()) {
          link = {link.behind.front(), {}, link.behind};
        } else {
          at = open.erase(at);
          continue;
        }
        ++at;
      }
    }
    return {};
  }

  static herd::Period PieceOf(const Block& block, const Link& link) {
    constexpr std::int32_t kPiece = 32;
    const FarmDay last = std::min(link.day + (kPiece - 1), block.period.last);
    return {link.day, std::max(link.day, last)};
  }

  /// The next piece of each cow, and so many days before.
  static Block DaysOf(const Block& block, const std::map<CowRef, Link>& open, std::int32_t before) {
    Block days{block.farm, block.period, {}, false, {}};
    for (const auto& [cow, link] : open) {
      const herd::Period piece = PieceOf(block, link);
      for (FarmDay day = piece.first - before; day <= piece.last; day = day + 1) {
        days.keys.push_back({block.farm, day, cow, {}});
      }
    }
    std::sort(days.keys.begin(), days.keys.end());
    return days;
  }

  Result<Milk> ReadMilk(FeedReads& reads, const Block& block) const {
    Milk milk;
    HERDFLOW_CHECK(
        reads.ReadRows(*shape().reads.front(), block, [&](const DerivedRow& row) -> Result<> {
          const herd::CowDay day = CowDayIn(row);
          if (day.milk_count > 0) {
            milk[row.key.cow][row.key.day] = day.milk_sum_millionths;
          }
          return {};
        }));
    return milk;
  }

  /// Adds the rows of `key`'s cow in this period, before which its run was `run`. The run at its
  /// end: of no days where the last one has no milk.
  static Run Count(const std::map<FarmDay, std::int64_t>& milk, Run run, const herd::Period& period,
                   DerivedKey key, Derived& derived) {
    key.day = period.first - 1;
    for (const auto& [day, of_day] : milk) {
      if (day != key.day + 1) run = {};
      key.day = day;
      run = {run.days + 1, run.milk_millionths + of_day};
      derived.rows.push_back({key, {run.days, run.milk_millionths}});
    }
    return key.day == period.last ? run : Run{};
  }
};

}  // namespace

const DerivedTable& CowMilkMeans() {
  static const CowMilkMeanTable kTable;
  return kTable;
}

}  // namespace herdflow::pipeline
