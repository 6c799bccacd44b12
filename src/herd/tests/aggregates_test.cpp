#include "herdflow/herd/aggregates.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace herdflow::herd {
namespace {

FarmDay Day(std::string_view date) { return ParseDate(date).value(); }

std::chrono::weekday WeekdayOf(FarmDay day) {
  return std::chrono::weekday(std::chrono::sys_days(ToDate(day)));
}

/// By the standard's words: the number of the Thursday's week among the Thursdays of its year.
IsoWeek NaiveIsoWeek(FarmDay day) {
  FarmDay monday = day;
  while (WeekdayOf(monday) != std::chrono::Monday) monday = monday - 1;
  const FarmDay thursday = monday + 3;
  int week = 0;
  for (FarmDay d = thursday; ToDate(d).year() == ToDate(thursday).year(); d = d - 7) ++week;
  return {static_cast<int>(ToDate(thursday).year()),
          static_cast<int>(static_cast<unsigned>(ToDate(thursday).month())), week};
}

TEST(IsoWeekOf, AroundNewYear) {
  EXPECT_EQ(IsoWeekOf(Day("2021-01-03")), (IsoWeek{2020, 12, 53}));
  EXPECT_EQ(IsoWeekOf(Day("2021-01-04")), (IsoWeek{2021, 1, 1}));
  EXPECT_EQ(IsoWeekOf(Day("2024-12-30")), (IsoWeek{2025, 1, 1}));
  EXPECT_EQ(IsoWeekOf(Day("2016-01-01")), (IsoWeek{2015, 12, 53}));
  EXPECT_EQ(IsoWeekOf(Day("1969-12-29")), (IsoWeek{1970, 1, 1}));
}

TEST(IsoWeekOf, TheMonthIsThatOfTheThursday) {
  EXPECT_EQ(IsoWeekOf(Day("2024-02-01")), (IsoWeek{2024, 2, 5}));
  EXPECT_EQ(IsoWeekOf(Day("2024-01-29")), (IsoWeek{2024, 2, 5}));
}

TEST(IsoWeekOf, AgreesWithTheStandardsWords) {
  EXPECT_TRUE(rc::check("any day of 1900 to 2100", [] {
    const FarmDay day{*rc::gen::inRange(-25'567, 47'847)};
    RC_ASSERT(IsoWeekOf(day) == NaiveIsoWeek(day));
  }));
}

TEST(PeriodOf, NamesFirstAndLastDay) {
  const FarmDay day = Day("2024-02-29");
  EXPECT_EQ(PeriodOf(PeriodKind::kDay, day), (Period{day, day}));
  EXPECT_EQ(PeriodOf(PeriodKind::kWeek, day), (Period{Day("2024-02-26"), Day("2024-03-03")}));
  EXPECT_EQ(PeriodOf(PeriodKind::kMonth, day), (Period{Day("2024-02-01"), day}));
  EXPECT_EQ(PeriodOf(PeriodKind::kYear, day), (Period{Day("2024-01-01"), Day("2024-12-31")}));
}

TEST(PeriodOf, PeriodsOfAKindPartitionTheDays) {
  EXPECT_TRUE(rc::check("every day of a period has that period; neighbours touch", [] {
    const FarmDay day{*rc::gen::inRange(-25'567, 47'847)};
    for (const auto kind :
         {PeriodKind::kDay, PeriodKind::kWeek, PeriodKind::kMonth, PeriodKind::kYear}) {
      const Period period = PeriodOf(kind, day);
      RC_ASSERT(period.first <= day && day <= period.last);
      RC_ASSERT(PeriodOf(kind, period.first) == period);
      RC_ASSERT(PeriodOf(kind, period.last) == period);
      RC_ASSERT(PeriodOf(kind, period.last + 1).first == period.last + 1);
    }
  }));
}

TEST(Statistics, CountSumAndExtremes) {
  Statistics statistics;
  for (const std::int64_t value : {4'000'000, 0, 5'500'000}) statistics.Add(value);
  EXPECT_EQ(statistics, (Statistics{3, 9'500'000, 0, 5'500'000}));
}

TEST(Statistics, TheOrderOfReadingsNeverChangesAResult) {
  EXPECT_TRUE(
      rc::check("permutation", [](const std::vector<std::int32_t>& values, std::uint32_t seed) {
        auto shuffled = values;
        std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(seed));
        Statistics one;
        Statistics other;
        for (const auto value : values) one.Add(value);
        for (const auto value : shuffled) other.Add(value);
        RC_ASSERT(one == other);
      }));
}

TEST(Average, IsOneDivision) {
  EXPECT_EQ(Average(9'500'000, 2), 4.75);
  EXPECT_EQ(Average(10'000'000, 3), 10.0 / 3.0);
  EXPECT_EQ(Shown(549'950'000), 549.95);
}

TEST(CowDay, SumsMilkAndKeepsTheNewestWeight) {
  CowDay day;
  EXPECT_TRUE(day.empty());
  day.AddMilk(4'000'000);
  day.AddMilk(500'000);
  day.AddWeight(550'000'000, FromMicros(2), true);
  day.AddWeight(549'000'000, FromMicros(1), false);
  EXPECT_FALSE(day.empty());
  EXPECT_EQ(day.milk_count, 2);
  EXPECT_EQ(day.milk_sum_millionths, 4'500'000);
  EXPECT_EQ(day.weight_count, 2);
  EXPECT_EQ(day.weight_sum_millionths, 1'099'000'000);
  EXPECT_EQ(day.last_weight_millionths, 550'000'000);
  EXPECT_EQ(day.last_weight_at, FromMicros(2));
}

TEST(CowDay, TheOrderOfReadingsNeverChangesAResult) {
  EXPECT_TRUE(
      rc::check("permutation", [](const std::vector<std::uint16_t>& weights, std::uint32_t seed) {
        struct Weighing {
          std::int64_t at, value;
        };
        std::vector<Weighing> weighings;
        for (const auto weight : weights) {
          weighings.push_back({static_cast<std::int64_t>(weighings.size()), weight});
        }
        const auto sum = [](const std::vector<Weighing>& all) {
          CowDay day;
          for (const auto& [at, value] : all) {
            const bool newest = !day.last_weight_at || *day.last_weight_at < FromMicros(at);
            day.AddWeight(value, FromMicros(at), newest);
            day.AddMilk(value);
          }
          return day;
        };
        auto shuffled = weighings;
        std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(seed));
        RC_ASSERT(sum(weighings) == sum(shuffled));
      }));
}

}  // namespace
}  // namespace herdflow::herd
