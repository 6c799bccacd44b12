#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/pipeline/derived_table.hpp"
#include "tables/cow_days.hpp"

namespace herdflow::pipeline {

void PrintTo(const DerivedKey& key, std::ostream* out) {
  *out << "farm " << static_cast<std::int64_t>(key.farm) << " " << FormatDate(key.day) << " cow "
       << static_cast<std::int64_t>(key.cow) << " sensor " << static_cast<std::int64_t>(key.sensor);
}
void PrintTo(const DerivedRow& row, std::ostream* out) {
  PrintTo(row.key, out);
  for (const std::int64_t value : row.values) *out << " " << value;
}

namespace {

using herd::Metric;
using herd::PeriodKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr FarmRef kFarm{2};
constexpr std::array kBoth{CowRange{CowRef{1}, CowRef{2}}};

FarmDay Day(std::string_view date) { return *ParseDate(date); }

DerivedKey Key(FarmDay day, int cow = 0, int sensor = 0) {
  return {kFarm, day, CowRef{cow}, SensorRef{sensor}};
}

bool Has(std::span<const CowRange> cows, CowRef cow) {
  return std::any_of(cows.begin(), cows.end(), [&](const CowRange& range) {
    return range.first <= cow && cow <= range.last;
  });
}

/// Holds a little of everything, and gives it last first: nothing is promised of an order.
class FakeReads final : public FeedReads {
 public:
  /// For whom it reads.
  void Serve(const DerivedTable& table) { into_ = &table; }
  void Add(FarmDay day, Reading reading) {
    reading.day = day;
    readings_.push_back(reading);
  }
  void Add(const DerivedTable& table, std::vector<DerivedRow> rows) {
    auto& all = rows_[&table];
    all.insert(all.end(), rows.begin(), rows.end());
  }
  void AddSensor(int sensor, std::string id, herd::Measure measure) {
    sensors_[SensorRef{sensor}] = {std::move(id), measure};
  }
  void Refuse(FarmDay day, std::int64_t count) { refused_[day] = count; }

  Result<> ReadReadings(const Block& block, const EachReading& each) override {
    EXPECT_EQ(block.farm, kFarm);
    for (const Reading& reading : readings_ | std::views::reverse) {
      const auto is_asked_for = [&](const DerivedKey& key) {
        return key.day == reading.day && key.cow == reading.cow;
      };
      const bool asked = block.whole
                             ? block.period.first == reading.day && Has(block.cows, reading.cow)
                             : std::any_of(block.keys.begin(), block.keys.end(), is_asked_for);
      if (asked) HERDFLOW_CHECK(each(reading));
    }
    return {};
  }
  Result<> ReadRows(const DerivedTable& of, const Block& block, const EachRow& each) override {
    EXPECT_EQ(block.farm, kFarm);
    for (const DerivedRow& row : rows_[&of] | std::views::reverse) {
      if (IsAskedFor(of, block, row.key)) HERDFLOW_CHECK(each(row));
    }
    return {};
  }
  Result<> SumDays(const DerivedTable& of, const Block& block, const EachSum& each) override {
    const auto& shape = of.shape();
    std::map<std::pair<FarmDay, std::string_view>, DaySum> sums;
    for (const DerivedRow& row : rows_[&of]) {
      if (!IsAskedFor(of, block, row.key)) continue;
      for (std::size_t i = 0; i < shape.values.size(); ++i) {
        if (row.values.at(i) == kNoValue || !IsSummed(shape, shape.values[i])) continue;
        DaySum& sum = sums[{row.key.day, shape.values[i]}];
        sum.total += row.values.at(i);
        sum.positive += row.values.at(i) > 0 ? 1 : 0;
      }
    }
    for (const auto& [at, sum] : sums | std::views::reverse) {
      HERDFLOW_CHECK(each({at.first, at.second, sum.total, sum.positive}));
    }
    return {};
  }
  Result<std::int64_t> CountRefused(FarmRef farm, FarmDay day) override {
    EXPECT_EQ(farm, kFarm);
    return refused_[day];
  }
  Result<herd::Measure> MeasureOf(SensorRef sensor) override { return sensors_.at(sensor).measure; }
  Result<std::string_view> IdOf(SensorRef sensor) override { return sensors_.at(sensor).id; }

 private:
  static bool IsSummed(const DerivedTable::Shape& shape, std::string_view value) {
    return std::find(shape.summed.begin(), shape.summed.end(), value) != shape.summed.end();
  }
  bool IsAskedFor(const DerivedTable& of, const Block& block, const DerivedKey& row) const {
    const auto is_in = [&](const herd::Period& days) {
      return row.day >= days.first && row.day <= days.last;
    };
    if (block.whole) return is_in(block.period) && (!of.shape().by_cow || Has(block.cows, row.cow));
    return std::any_of(block.keys.begin(), block.keys.end(), [&](const DerivedKey& key) {
      const auto& into = into_->shape();
      return is_in(herd::PeriodOf(into.period, key.day)) && (!into.by_cow || key.cow == row.cow) &&
             (!into.by_sensor || key.sensor == row.sensor);
    });
  }

  const DerivedTable* into_ = nullptr;
  std::vector<Reading> readings_;
  std::map<const DerivedTable*, std::vector<DerivedRow>> rows_;
  std::map<FarmDay, std::int64_t> refused_;
  struct Sensor {
    std::string id;
    herd::Measure measure;
  };
  std::map<SensorRef, Sensor> sensors_;
};

FeedReads::Reading Of(int cow, int sensor, std::int64_t at, std::int64_t value) {
  return {{}, CowRef{cow}, SensorRef{sensor}, FromMicros(at), value};
}

Block Whole(herd::Period period) { return {kFarm, period, {kBoth.begin(), kBoth.end()}, true, {}}; }
Block Whole(FarmDay day) { return Whole(herd::Period{day, day}); }

Block Some(herd::Period period, std::vector<DerivedKey> keys) {
  return {kFarm, period, {}, false, std::move(keys)};
}
Block Some(std::vector<DerivedKey> keys) { return Some(herd::Period{}, std::move(keys)); }

Derived Computed(const DerivedTable& table, FakeReads& reads, const Block& block) {
  reads.Serve(table);
  auto derived = table.Compute(reads, block);
  EXPECT_TRUE(derived.has_value());
  EXPECT_TRUE(std::is_sorted(derived->keys.begin(), derived->keys.end()));
  return *std::move(derived);
}

// --- All of them ---------------------------------------------------------------------------------

TEST(DerivedTables, EachStandsBehindThoseThatItReadsAndIsFoundByItsTask) {
  std::set<const DerivedTable*> before;
  std::set<std::string_view> tasks, tables;
  for (const DerivedTable* table : DerivedTables()) {
    const auto& shape = table->shape();
    for (const DerivedTable* read : shape.reads) EXPECT_TRUE(before.contains(read)) << shape.task;
    EXPECT_LE(shape.values.size(), kMostValues) << shape.task;
    EXPECT_EQ(FindDerivedTable(shape.task), table);
    EXPECT_TRUE(tasks.insert(shape.task).second) << shape.task;
    EXPECT_TRUE(tables.insert(shape.table).second) << shape.table;
    before.insert(table);
  }
  EXPECT_EQ(FindDerivedTable("walk"), nullptr);
}

TEST(DerivedTables, KeysOfManyPeriodsAreComputedAtOnceAndAsWholePeriodsAre) {
  const FarmDay start = Day("2023-12-20"), end = start + 75;
  FakeReads reads;
  reads.AddSensor(1, "litres", {Metric::kMilk, 1, 1});
  reads.AddSensor(2, "scale", {Metric::kWeight, 1, 1});
  for (int day = 0; day < 75; ++day) {
    for (const int cow : {1, 2, 3}) {
      if ((day + cow) % 5 == 0) continue;
      for (const int sensor : {1, 2}) reads.Add(start + day, Of(cow, sensor, day, 10 * cow + day));
    }
    if (day % 7 == 0) reads.Refuse(start + day, 1 + day);
  }
  for (const DerivedTable* table : DerivedTables()) {
    const auto& shape = table->shape();
    if (shape.chains) continue;
    std::vector<DerivedRow> all, wanted;
    std::vector<DerivedKey> asked;
    for (FarmDay day = herd::PeriodOf(shape.period, start).first; day < end;) {
      const herd::Period period = herd::PeriodOf(shape.period, day);
      Block whole = Whole(period);
      if (!shape.by_cow) whole.keys = {Key(day)};
      const Derived derived = Computed(*table, reads, whole);
      all.insert(all.end(), derived.rows.begin(), derived.rows.end());
      for (std::size_t i = 0; i < derived.rows.size(); ++i) {
        if ((i + all.size()) % 3 == 0) continue;
        asked.push_back(derived.rows[i].key);
        wanted.push_back(derived.rows[i]);
      }
      if (shape.by_cow) asked.push_back(Key(day, 9, shape.by_sensor ? 1 : 0));  // There is none.
      day = period.last + 1;
    }
    ASSERT_GT(wanted.size(), 3u) << shape.task;
    const Derived derived = Computed(*table, reads, Some(asked));
    EXPECT_EQ(derived.rows, wanted) << shape.task;
    EXPECT_EQ(derived.keys, asked) << shape.task;
    reads.Add(*table, all);
  }
}

// --- By sensor -----------------------------------------------------------------------------------

TEST(SensorPeriods, ADayIsMadeFromItsReadings) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  reads.Add(day, Of(1, 1, 10, 5));
  reads.Add(day, Of(2, 1, 20, 7));
  reads.Add(day, Of(1, 2, 30, 11));
  reads.Add(day, Of(1, 1, 40, 2));
  reads.Add(day, Of(3, 1, 50, 9));  // Of a cow that is not in the block.
  reads.Add(day + 1, Of(1, 1, 60, 8));
  const auto& days = SensorPeriods(PeriodKind::kDay);
  EXPECT_THAT(Computed(days, reads, Whole(day)).rows,
              ElementsAre(DerivedRow{Key(day, 1, 1), {7, 2, 5, 2}},
                          DerivedRow{Key(day, 1, 2), {11, 11, 11, 1}},
                          DerivedRow{Key(day, 2, 1), {7, 7, 7, 1}}));
}

TEST(SensorPeriods, OnlyTheRowsThatAreAskedForAreMade) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  for (const int sensor : {1, 2, 3}) reads.Add(day, Of(1, sensor, sensor, 5));
  const std::vector<DerivedKey> keys{Key(day, 1, 2), Key(day, 1, 4)};
  const Derived derived = Computed(SensorPeriods(PeriodKind::kDay), reads, Some(keys));
  EXPECT_EQ(derived.keys, keys);  // Of the second nothing is left.
  EXPECT_THAT(derived.rows, ElementsAre(DerivedRow{Key(day, 1, 2), {5, 5, 5, 1}}));
}

TEST(SensorPeriods, WeeksAndMonthsAreMadeFromDays) {
  const FarmDay last_of_week = Day("2024-03-03"), first_of_month = Day("2024-03-01");
  for (const auto kind : {PeriodKind::kWeek, PeriodKind::kMonth}) {
    FakeReads reads;
    reads.Add(SensorPeriods(PeriodKind::kDay), {{Key(Day("2024-02-29"), 1, 1), {10, 1, 6, 3}},
                                                {Key(first_of_month, 1, 1), {20, 2, 18, 2}},
                                                {Key(last_of_week, 2, 1), {30, 30, 30, 1}},
                                                {Key(last_of_week + 1, 1, 1), {40, 0, 40, 2}}});
    const auto& table = SensorPeriods(kind);
    const herd::Period period = herd::PeriodOf(kind, first_of_month);
    const bool week = kind == PeriodKind::kWeek;
    EXPECT_THAT(
        Computed(table, reads, Whole(period)).rows,
        ElementsAre(DerivedRow{Key(period.first, 1, 1),
                               {week ? 30 : 60, week ? 1 : 0, week ? 18 : 40, week ? 5 : 4}},
                    DerivedRow{Key(period.first, 2, 1), {30, 30, 30, 1}}));
    EXPECT_THAT(Computed(table, reads, Some({Key(period.first, 2, 1)})).rows,
                ElementsAre(DerivedRow{Key(period.first, 2, 1), {30, 30, 30, 1}}));
  }
}

TEST(SensorPeriods, AYearIsMadeFromMonths) {
  FakeReads reads;
  reads.Add(SensorPeriods(PeriodKind::kMonth), {{Key(Day("2023-12-01"), 1, 1), {1, 1, 1, 1}},
                                                {Key(Day("2024-01-01"), 1, 1), {10, 1, 6, 3}},
                                                {Key(Day("2024-12-01"), 1, 1), {20, 2, 18, 2}}});
  const FarmDay first = Day("2024-01-01");
  EXPECT_THAT(Computed(SensorPeriods(PeriodKind::kYear), reads,
                       Whole(herd::PeriodOf(PeriodKind::kYear, first)))
                  .rows,
              ElementsAre(DerivedRow{Key(first, 1, 1), {30, 1, 18, 5}}));
}

// --- By cow --------------------------------------------------------------------------------------

TEST(CowDays, MilkAndWeightAreInLitresAndKilograms) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  reads.AddSensor(1, "litres", {Metric::kMilk, 1, 1});
  reads.AddSensor(2, "half litres", {Metric::kMilk, 1, 2});
  reads.AddSensor(3, "scale", {Metric::kWeight, 1, 1});
  reads.AddSensor(4, "steps", {Metric::kNone, 1, 1});
  reads.Add(day, Of(1, 1, 10, 12));
  reads.Add(day, Of(1, 2, 20, 10));
  reads.Add(day, Of(1, 3, 40, 600));
  reads.Add(day, Of(1, 3, 30, 610));
  reads.Add(day, Of(2, 4, 10, 7000));  // Steps alone make no row.
  EXPECT_THAT(Computed(CowDays(), reads, Whole(day)).rows,
              ElementsAre(DerivedRow{Key(day, 1), {2, 17, 2, 1210, 600, 40}}));
}

TEST(CowDays, OfEquallyNewWeightsTheSmallestSensorIdIsTheLast) {
  const FarmDay day = Day("2024-04-07");
  for (const auto& [first, second] : {std::pair(1, 2), std::pair(2, 1)}) {
    FakeReads reads;
    reads.AddSensor(1, "scale b", {Metric::kWeight, 1, 1});
    reads.AddSensor(2, "scale a", {Metric::kWeight, 1, 1});
    reads.Add(day, Of(1, first, 40, first * 100));
    reads.Add(day, Of(1, second, 40, second * 100));
    EXPECT_THAT(Computed(CowDays(), reads, Whole(day)).rows,
                ElementsAre(DerivedRow{Key(day, 1), {0, 0, 2, 300, 200, 40}}));
  }
}

TEST(CowDays, WithoutAWeightThereIsNoLastOne) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  reads.AddSensor(1, "litres", {Metric::kMilk, 1, 1});
  reads.Add(day, Of(1, 1, 10, 0));
  reads.Add(day, Of(2, 1, 10, 5));
  const std::vector<DerivedKey> keys{Key(day, 1), Key(day, 3)};
  const Derived derived = Computed(CowDays(), reads, Some(keys));
  EXPECT_EQ(derived.keys, keys);
  EXPECT_THAT(derived.rows, ElementsAre(DerivedRow{Key(day, 1), {1, 0, 0, 0, kNoValue, kNoValue}}));
  EXPECT_EQ(RowOf(Key(day, 1), CowDayIn(derived.rows.front())), derived.rows.front());
}

// --- Of the farm ---------------------------------------------------------------------------------

DerivedRow CowDay(FarmDay day, int cow, std::int64_t milk_count, std::int64_t milk,
                  std::optional<std::int64_t> weight = {}) {
  return {Key(day, cow),
          {milk_count, milk, weight ? 1 : 0, weight.value_or(0), weight.value_or(kNoValue),
           weight ? 40 : kNoValue}};
}

TEST(HerdDays, ADayCountsItsCowsReadingsAndWhatWasRefused) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  reads.Add(SensorPeriods(PeriodKind::kDay), {{Key(day, 1, 1), {10, 1, 6, 3}},
                                              {Key(day, 2, 1), {10, 1, 6, 4}},
                                              {Key(day + 1, 1, 1), {10, 1, 6, 100}}});
  reads.Add(CowDays(), {CowDay(day, 1, 2, 20, 600), CowDay(day, 2, 1, 0), CowDay(day, 3, 0, 0, 700),
                        CowDay(day - 1, 1, 2, 1000)});
  reads.Refuse(day, 5);
  EXPECT_THAT(Computed(HerdDays(), reads, Some({Key(day)})).rows,
              ElementsAre(DerivedRow{Key(day), {20, 2, 1300, 2, 7, 5}}));
}

TEST(HerdDays, ADayIsThereForReadingsOrForWhatWasRefused) {
  const FarmDay day = Day("2024-04-07");
  FakeReads reads;
  reads.Refuse(day, 2);
  const auto of = [&](FarmDay wanted) { return Computed(HerdDays(), reads, Some({Key(wanted)})); };
  EXPECT_THAT(of(day).rows, ElementsAre(DerivedRow{Key(day), {0, 0, 0, 0, 0, 2}}));
  EXPECT_THAT(of(day + 1).keys, ElementsAre(Key(day + 1)));
  EXPECT_THAT(of(day + 1).rows, IsEmpty());
}

// --- With the day before -------------------------------------------------------------------------

TEST(CowMilkMeans, DaysInARowAreCountedAnewBehindAGap) {
  const FarmDay day = Day("2024-04-01");
  FakeReads reads;
  reads.Add(CowDays(),
            {CowDay(day, 1, 1, 10), CowDay(day + 1, 1, 2, 20), CowDay(day + 2, 1, 0, 0, 600),
             CowDay(day + 3, 1, 1, 0), CowDay(day + 1, 2, 1, 5)});
  EXPECT_THAT(
      Computed(CowMilkMeans(), reads, Whole(herd::Period{day, day + 3})).rows,
      ElementsAre(DerivedRow{Key(day, 1), {1, 10}}, DerivedRow{Key(day + 1, 1), {2, 30}},
                  DerivedRow{Key(day + 1, 2), {1, 5}}, DerivedRow{Key(day + 3, 1), {1, 0}}));
}

TEST(CowMilkMeans, AChangeGoesOnFromTheDayBeforeToTheEnd) {
  const FarmDay day = Day("2024-04-01");
  FakeReads reads;
  reads.Add(CowDays(), {CowDay(day, 1, 1, 10), CowDay(day + 1, 1, 1, 20), CowDay(day + 2, 1, 1, 30),
                        CowDay(day + 1, 2, 1, 5)});
  // Of the day before stands what the table holds; of later ones what it held goes where there is
  // no milk.
  reads.Add(CowMilkMeans(),
            {{Key(day, 1), {7, 70}}, {Key(day + 1, 1), {8, 1}}, {Key(day + 3, 1), {9, 9}}});
  const Derived derived =
      Computed(CowMilkMeans(), reads, Some({day + 1, day + 3}, {Key(day + 1, 1)}));
  EXPECT_THAT(derived.keys, ElementsAre(Key(day + 1, 1), Key(day + 3, 1)));
  EXPECT_THAT(derived.rows, ElementsAre(DerivedRow{Key(day + 1, 1), {8, 90}},
                                        DerivedRow{Key(day + 2, 1), {9, 120}}));
}

TEST(CowMilkMeans, BehindADayThatLostItsMilkNothingIsCountedOn) {
  const FarmDay day = Day("2024-04-01");
  FakeReads reads;
  reads.Add(CowDays(), {CowDay(day, 1, 1, 10), CowDay(day + 2, 1, 1, 30)});
  for (const int n : {0, 1, 2}) reads.Add(CowMilkMeans(), {{Key(day + n, 1), {n + 1, 10}}});
  const Derived derived =
      Computed(CowMilkMeans(), reads, Some({day + 1, day + 2}, {Key(day + 1, 1)}));
  EXPECT_THAT(derived.keys, ElementsAre(Key(day + 1, 1), Key(day + 2, 1)));
  EXPECT_THAT(derived.rows, ElementsAre(DerivedRow{Key(day + 2, 1), {1, 30}}));
}

TEST(CowMilkMeans, EachCowIsFollowedFromItsChangesUntilARowIsAsItWas) {
  const FarmDay day = Day("2024-04-01");
  FakeReads reads;
  for (int n = 0; n < 400; ++n) {
    for (const int cow : {1, 2, 3}) {
      if (n == 40) continue;  // A day without milk.
      const int in_a_row = n < 40 ? n + 1 : n - 40;
      reads.Add(CowDays(), {CowDay(day + n, cow, 1, 10)});
      reads.Add(CowMilkMeans(), {{Key(day + n, cow), {in_a_row, cow == 1 ? 7 : in_a_row * 10}}});
    }
  }
  const Derived derived =
      Computed(CowMilkMeans(), reads,
               Some({day + 1, day + 399}, {Key(day + 1, 1), Key(day + 2, 2), Key(day + 300, 2)}));
  std::map<CowRef, std::set<std::int32_t>> followed;
  for (const DerivedRow& row : derived.rows) {
    followed[row.key.cow].insert(row.key.day.days - day.days);
  }
  EXPECT_EQ(followed.size(), 2u) << "the third has not changed";
  EXPECT_EQ(*followed[CowRef{1}].begin(), 1);
  EXPECT_TRUE(followed[CowRef{1}].contains(39)) << "all that came out otherwise";
  EXPECT_TRUE(followed[CowRef{2}].contains(300));
  EXPECT_EQ(followed[CowRef{2}].count(100), 0u) << "what comes out as it was is not followed on";
  EXPECT_LT(followed[CowRef{2}].size(), 100u);
}

/// By cow, and day of seven weeks.
using Milk = std::map<std::pair<int, int>, std::int64_t>;

std::map<DerivedKey, DerivedRow> ByKey(const std::vector<DerivedRow>& rows) {
  std::map<DerivedKey, DerivedRow> by_key;
  for (const DerivedRow& row : rows) by_key.emplace(row.key, row);
  return by_key;
}

/// On most days, so that there are runs.
Milk AnyMilk() {
  Milk milk;
  for (int day = 0; day < 98; ++day) {
    if (*rc::gen::inRange(0, 4) != 0) milk[{1 + day % 2, day / 2}] = 10 + day;
  }
  return milk;
}

/// On a few days another milk, or none.
Milk Changed(Milk milk) {
  for (int left = *rc::gen::inRange(1, 6); left > 0; --left) {
    const std::pair of(*rc::gen::inRange(1, 3), *rc::gen::inRange(0, 49));
    if (*rc::gen::inRange(0, 2) == 0) {
      milk.erase(of);
    } else {
      milk[of] += 1000;
    }
  }
  return milk;
}

TEST(CowMilkMeans, WhatIsComputedByKeysIsWhatIsComputedAsAWhole) {
  const FarmDay start = Day("2024-02-26");
  const auto whole_of = [&](const Milk& milk) {
    FakeReads reads;
    for (const auto& [of, sum] : milk)
      reads.Add(CowDays(), {CowDay(start + of.second, of.first, 1, sum)});
    return Computed(CowMilkMeans(), reads, Whole(herd::Period{start, start + 49})).rows;
  };
  EXPECT_TRUE(rc::check("milk before and after", [&] {
    const Milk before = AnyMilk(), after = Changed(before);
    auto held = ByKey(whole_of(before));
    FakeReads reads;
    for (const auto& [of, sum] : after)
      reads.Add(CowDays(), {CowDay(start + of.second, of.first, 1, sum)});
    for (const auto& [key, row] : held) reads.Add(CowMilkMeans(), {row});
    std::vector<DerivedKey> changed;
    for (int day = 0; day < 49; ++day) {
      for (const int cow : {1, 2}) {
        const auto was = before.find({cow, day}), is = after.find({cow, day});
        const bool same = (was == before.end()) == (is == after.end()) &&
                          (was == before.end() || was->second == is->second);
        if (!same || *rc::gen::inRange(0, 8) == 0) changed.push_back(Key(start + day, cow));
      }
    }
    if (changed.empty()) return;
    const Derived derived =
        Computed(CowMilkMeans(), reads, Some({changed.front().day, start + 49}, changed));
    for (const DerivedKey& key : derived.keys) held.erase(key);
    for (const DerivedRow& row : derived.rows) held.insert_or_assign(row.key, row);
    RC_ASSERT(held == ByKey(whole_of(after)));
  }));
}

}  // namespace
}  // namespace herdflow::pipeline
