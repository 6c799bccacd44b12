#include "herdflow/herd/report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace herdflow::herd {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr FarmDay kDay{19'820};
constexpr FarmDay kToday{19'830};
constexpr DataRange kData{FarmDay{19'000}, FarmDay{19'825}};

CowDay Milk(std::int64_t sum_millionths, std::int64_t count) {
  CowDay day;
  day.milk_sum_millionths = sum_millionths;
  day.milk_count = count;
  return day;
}

CowDay Weight(std::int64_t kilograms, std::int64_t at_micros) {
  CowDay day;
  day.AddWeight(kilograms * kMillion, FromMicros(at_micros), true);
  return day;
}

CowWindow Cow(const std::string& id, std::vector<CowWindow::Day> days) {
  return {.cow_id = id, .cow_name = "Name of " + id, .days = std::move(days)};
}

TEST(IllnessReason, NamesLitresAndReadings) {
  EXPECT_EQ(IllnessReason(Milk(3'200'000, 2), {}), "3.2 L in 2 readings, below 5 L");
  EXPECT_EQ(IllnessReason(Milk(0, 3), {}), "0 L in 3 readings, below 5 L");
  EXPECT_EQ(IllnessReason(Milk(7'000'000, 2), {.low_milk_millionths = 7'500'000}),
            "7 L in 2 readings, below 7.5 L");
}

TEST(IllnessReason, TheBoundItselfIsHealthy) {
  EXPECT_FALSE(IllnessReason(Milk(5'000'000, 2), {}));
  EXPECT_TRUE(IllnessReason(Milk(4'999'999, 2), {}));
}

TEST(IllnessReason, OneReadingIsNoEvidence) {
  EXPECT_FALSE(IllnessReason(Milk(100'000, 1), {}));
  EXPECT_FALSE(IllnessReason(Milk(0, 0), {}));
}

TEST(MakeReport, MilkIsTheSumOfTheDay) {
  const auto report = MakeReport(
      kDay, kToday, kData,
      {Cow("b", {{kDay - 1, Milk(9'000'000, 3)}, {kDay, Milk(25'500'000, 3)}}),
       Cow("a", {{kDay, Milk(30'000'000, 2)}}), Cow("c", {{kDay, Weight(600, 1)}}), Cow("d", {})},
      {});
  ASSERT_THAT(report.milk_production, SizeIs(2));
  EXPECT_EQ(report.milk_production[0].cow_id, "a");
  EXPECT_EQ(report.milk_production[1].cow_id, "b");
  EXPECT_EQ(report.milk_production[1].cow_name, "Name of b");
  EXPECT_EQ(report.milk_production[1].milk_produced, 25.5);
  EXPECT_EQ(report.milk_production[1].readings, 3);
  EXPECT_EQ(report.date, kDay);
}

TEST(MakeReport, ZeroLitresAreARowAndNoReadingIsNone) {
  const auto report = MakeReport(
      kDay, kToday, kData, {Cow("a", {{kDay, Milk(0, 1)}}), Cow("b", {{kDay, CowDay()}})}, {});
  ASSERT_THAT(report.milk_production, SizeIs(1));
  EXPECT_EQ(report.milk_production[0].milk_produced, 0);
}

TEST(MakeReport, CurrentWeightIsTheNewestOfTheWindow) {
  CowDay two = Weight(500, 10);
  two.AddWeight(530 * kMillion, FromMicros(20), true);
  const auto report = MakeReport(
      kDay, kToday, kData,
      {Cow("a", {{kDay - 29, two}, {kDay - 3, Weight(560, 30)}, {kDay, Milk(1, 1)}})}, {});
  ASSERT_THAT(report.cow_weights, SizeIs(1));
  EXPECT_EQ(report.cow_weights[0].current_weight, 560);
  EXPECT_EQ(report.cow_weights[0].current_weight_at, FromMicros(30));
  EXPECT_EQ(report.cow_weights[0].avg_weight_last_30_days, 530);  // Of readings, not of days.
}

TEST(MakeReport, TheWindowIsThirtyDaysLong) {
  const auto report =
      MakeReport(kDay, kToday, kData,
                 {Cow("a", {{kDay - 30, Weight(500, 1)}}), Cow("b", {{kDay - 29, Weight(500, 1)}}),
                  Cow("c", {{kDay + 1, Weight(500, 1)}})},
                 {});
  ASSERT_THAT(report.cow_weights, SizeIs(1));
  EXPECT_EQ(report.cow_weights[0].cow_id, "b");
}

TEST(MakeReport, OnlyCompleteDaysAreJudged) {
  const std::vector<CowWindow> cows = {Cow("a", {{kDay, Milk(3'200'000, 2)}})};
  const auto complete = MakeReport(kDay, kToday, kData, cows, {});
  EXPECT_TRUE(complete.complete);
  EXPECT_FALSE(complete.so_far);
  ASSERT_THAT(complete.ill_cows, SizeIs(1));
  EXPECT_EQ(complete.ill_cows[0].cow_id, "a");
  EXPECT_EQ(complete.ill_cows[0].reason, "3.2 L in 2 readings, below 5 L");

  const auto today = MakeReport(kDay, kDay, kData, cows, {});
  EXPECT_TRUE(today.so_far);
  EXPECT_FALSE(today.complete);
  EXPECT_THAT(today.ill_cows, IsEmpty());
  EXPECT_THAT(today.milk_production, SizeIs(1));

  const auto last = MakeReport(kDay, kToday, DataRange{FarmDay{19'000}, kDay}, cows, {});
  EXPECT_FALSE(last.so_far);
  EXPECT_FALSE(last.complete);
  EXPECT_THAT(last.ill_cows, IsEmpty());
}

TEST(MakeReport, WithoutDataEverythingIsEmpty) {
  const auto report = MakeReport(kDay, kToday, std::nullopt, {}, {});
  EXPECT_FALSE(report.complete);
  EXPECT_FALSE(report.data);
  EXPECT_THAT(report.milk_production, IsEmpty());
  EXPECT_THAT(report.cow_weights, IsEmpty());
}

TEST(NewestCompleteDay, HasEndedAndHasLaterData) {
  const FarmDay first{100};
  EXPECT_EQ(NewestCompleteDay(FarmDay{200}, DataRange{first, FarmDay{150}}), FarmDay{149});
  EXPECT_EQ(NewestCompleteDay(FarmDay{150}, DataRange{first, FarmDay{150}}), FarmDay{149});
  EXPECT_EQ(NewestCompleteDay(FarmDay{120}, DataRange{first, FarmDay{150}}), FarmDay{119});
  EXPECT_EQ(NewestCompleteDay(FarmDay{101}, DataRange{first, FarmDay{150}}), first);
}

TEST(NewestCompleteDay, IsNoneWithoutTwoDaysOfData) {
  EXPECT_EQ(NewestCompleteDay(FarmDay{200}, std::nullopt), std::nullopt);
  EXPECT_EQ(NewestCompleteDay(FarmDay{200}, DataRange{FarmDay{100}, FarmDay{100}}), std::nullopt);
}

}  // namespace
}  // namespace herdflow::herd
