#include "herdflow/herd/synthetic_herd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "herdflow/herd/aggregates.hpp"
#include "herdflow/herd/message.hpp"

namespace herdflow::herd {
namespace {

constexpr FarmDay kFrom{19'500};
const HerdPlan kPlan{.cows = 128, .from = kFrom, .to = kFrom + 99, .seed = 7};

FarmDay DayOf(double timestamp) { return FarmDay{static_cast<std::int32_t>(timestamp / 86'400)}; }

std::string TextOf(const SyntheticMeasurement& m) {
  return std::string(m.sensor_id) + "," + std::string(m.cow_id) + "," +
         ShortestDecimal(m.timestamp) + "," + (m.value ? ShortestDecimal(*m.value) : "null") + "\n";
}

std::uint64_t HashOf(const SyntheticHerd& herd) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  const auto add = [&](const std::string& text) {
    for (const char c : text) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3;
    }
  };
  for (const auto& cow : herd.cows()) add(cow.id + cow.name + FormatDate(cow.birthdate));
  for (const auto& sensor : herd.sensors()) add(sensor.id + sensor.unit);
  herd.ForEachMeasurement([&](const SyntheticMeasurement& m) { add(TextOf(m)); });
  return hash;
}

/// What readers would find in the data.
struct Found {
  std::map<std::pair<std::string, FarmDay>, CowDay> days;
  std::set<std::string> good_sensors;
  std::int64_t measurements = 0;
  double last_timestamp = 0;
  bool ascending = true;
};

class SyntheticHerdTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    herd = new SyntheticHerd(SyntheticHerd::Make(kPlan).value());
    found = new Found;
    std::map<std::string_view, std::string_view> units;
    for (const auto& sensor : herd->sensors()) units[sensor.id] = sensor.unit;
    truth = new GroundTruth(herd->ForEachMeasurement([&](const SyntheticMeasurement& m) {
      ++found->measurements;
      found->ascending = found->ascending && m.timestamp >= found->last_timestamp;
      found->last_timestamp = m.timestamp;
      EXPECT_EQ(m.timestamp, std::floor(m.timestamp));
      if (!m.value || *m.value < 0) return;
      found->good_sensors.emplace(m.sensor_id);
      auto& day = found->days[{std::string(m.cow_id), DayOf(m.timestamp)}];
      const auto millionths = static_cast<std::int64_t>(std::llround(*m.value * 1e6));
      EXPECT_EQ(millionths % 10'000, 0) << "two decimals: " << *m.value;
      if (units[m.sensor_id] == "L") {
        day.AddMilk(millionths);
      } else if (*m.value > 0) {
        day.AddWeight(millionths, Instant(), true);
      }
    }));
  }
  static void TearDownTestSuite() {
    delete herd;
    delete found;
    delete truth;
  }

  static bool IllOn(const std::string& cow, FarmDay day) {
    return std::any_of(truth->ill.begin(), truth->ill.end(), [&](const IllEpisode& ill) {
      return ill.cow_id == cow && ill.first <= day && day <= ill.last;
    });
  }

  static inline SyntheticHerd* herd = nullptr;
  static inline Found* found = nullptr;
  static inline GroundTruth* truth = nullptr;
};

TEST_F(SyntheticHerdTest, HasTheShapeOfTheRealHerd) {
  EXPECT_EQ(herd->cows().size(), 128U);
  EXPECT_EQ(herd->sensors().size(), 200U);
  std::set<std::string> ids;
  std::set<std::string> names;
  for (const auto& cow : herd->cows()) {
    ids.insert(cow.id);
    names.insert(cow.name);
    EXPECT_EQ(cow.id.size(), 36U);
    EXPECT_NE(cow.name.find(" #"), std::string::npos);
    EXPECT_LT(cow.birthdate, kFrom - 700);
  }
  for (const auto& sensor : herd->sensors()) ids.insert(sensor.id);
  EXPECT_EQ(ids.size(), 328U);
  EXPECT_EQ(names.size(), 128U);
}

TEST_F(SyntheticHerdTest, ReadsEachCowEveryFourHoursInTimeOrder) {
  EXPECT_TRUE(found->ascending);
  EXPECT_EQ(found->measurements, 6 * (std::int64_t{12'800} - truth->gap_days));
  EXPECT_EQ(truth->measurements, found->measurements);
  EXPECT_GT(truth->gap_days, 0);
  EXPECT_LT(found->last_timestamp, 86'400.0 * (kPlan.to.days + 1));
}

TEST_F(SyntheticHerdTest, HasFaultsAboutAsOftenAsTheRealData) {
  const auto share = [&](std::int64_t count) {
    return static_cast<double>(count) / static_cast<double>(truth->measurements);
  };
  EXPECT_NEAR(share(truth->nulls), 0.01, 0.005);
  EXPECT_NEAR(share(truth->minus_ones), 0.01, 0.005);
  EXPECT_NEAR(share(truth->zeros), 0.005, 0.002);
}

TEST_F(SyntheticHerdTest, DeadSensorsNeverGiveAGoodValue) {
  EXPECT_EQ(truth->dead_sensors.size(), 2U);
  for (const auto& sensor : herd->sensors()) {
    EXPECT_EQ(found->good_sensors.contains(sensor.id), !sensor.dead) << sensor.id;
  }
}

TEST_F(SyntheticHerdTest, MilkAndWeightsAreBelievable) {
  std::int64_t whole_days = 0;
  double litres = 0;
  for (const auto& [key, day] : found->days) {
    if (day.milk_count == 3 && !IllOn(key.first, key.second)) {
      ++whole_days;
      litres += Shown(day.milk_sum_millionths);
      EXPECT_LT(Shown(day.milk_sum_millionths), 40);
    }
    if (day.weight_count == 0) continue;
    const double weight = Average(day.weight_sum_millionths, day.weight_count);
    EXPECT_GT(weight, 495);
    EXPECT_LT(weight, 705);
  }
  EXPECT_GT(whole_days, 9'000);
  EXPECT_NEAR(litres / static_cast<double>(whole_days), 27, 4);
}

TEST_F(SyntheticHerdTest, TheIllAndNobodyElseGiveHardlyAnyMilk) {
  ASSERT_FALSE(truth->ill.empty());
  for (const auto& [cow, first, last] : truth->ill) {
    for (FarmDay day = first; day <= last; day = day + 1) {
      const CowDay& metrics = found->days[{cow, day}];
      EXPECT_EQ(metrics.milk_count, 3);
      EXPECT_LT(Shown(metrics.milk_sum_millionths), 5);
    }
  }
  std::int64_t false_alarms = 0;
  for (const auto& [key, day] : found->days) {
    const bool low = day.milk_count >= 2 && day.milk_sum_millionths < 5'000'000;
    if (low && !IllOn(key.first, key.second)) ++false_alarms;
  }
  EXPECT_EQ(false_alarms, 0);
}

TEST_F(SyntheticHerdTest, SomeCowIsIllOnTheNewestCompleteDay) {
  EXPECT_TRUE(std::any_of(truth->ill.begin(), truth->ill.end(), [](const IllEpisode& ill) {
    return ill.first <= kPlan.to - 1 && ill.last >= kPlan.to - 1;
  }));
}

TEST(SyntheticHerd, TheSamePlanIsTheSameHerdOnEveryMachine) {
  HerdPlan plan{.cows = 9, .from = kFrom, .to = kFrom + 40, .seed = 1};
  const auto first = HashOf(*SyntheticHerd::Make(plan));
  EXPECT_EQ(first, HashOf(*SyntheticHerd::Make(plan)));
  EXPECT_EQ(first, 10982231329843031884ULL)
      << "recorded once; another number means that old seeds make new herds";
  plan.seed = 2;
  EXPECT_NE(first, HashOf(*SyntheticHerd::Make(plan)));
}

TEST(SyntheticHerd, OneCowForOneDayIsAHerd) {
  const auto herd = SyntheticHerd::Make({.cows = 1, .from = kFrom, .to = kFrom, .seed = 3});
  ASSERT_TRUE(herd);
  EXPECT_EQ(herd->cows().size(), 1U);
  EXPECT_EQ(herd->sensors().size(), 4U);
  EXPECT_EQ(std::count_if(herd->sensors().begin(), herd->sensors().end(),
                          [](const auto& sensor) { return sensor.dead; }),
            1);
  EXPECT_LE(herd->ForEachMeasurement([](const auto&) {}).measurements, 6);
}

TEST(SyntheticHerd, ATwinHasTheSameIdsAndIsAnotherHerd) {
  HerdPlan plan{.cows = 6, .from = kFrom, .to = kFrom + 5, .seed = 3};
  const auto herd = SyntheticHerd::Make(plan);
  plan.twin = 1;
  const auto twin = SyntheticHerd::Make(plan);
  ASSERT_TRUE(herd && twin);
  for (std::size_t i = 0; i < herd->cows().size(); ++i) {
    EXPECT_EQ(herd->cows()[i].id, twin->cows()[i].id);
  }
  for (std::size_t i = 0; i < herd->sensors().size(); ++i) {
    EXPECT_EQ(herd->sensors()[i].id, twin->sensors()[i].id);
    EXPECT_NE(herd->sensors()[i].unit, twin->sensors()[i].unit);
  }
  const auto values = [](const SyntheticHerd& of) {
    std::vector<double> all;
    of.ForEachMeasurement([&](const auto& each) { all.push_back(each.value.value_or(0)); });
    return all;
  };
  EXPECT_NE(values(*herd), values(*twin));
}

TEST(SyntheticHerd, ItsDaysAreThoseOfItsClock) {
  const auto herd = SyntheticHerd::Make(
      {.cows = 3, .from = kFrom, .to = kFrom + 2, .time_zone = "Pacific/Auckland"});
  const auto calendar = FarmCalendar::Make("Pacific/Auckland");
  ASSERT_TRUE(herd && calendar);
  std::set<std::int32_t> days;
  herd->ForEachMeasurement([&](const auto& each) {
    days.insert(
        calendar->DayOf(FromMicros(static_cast<std::int64_t>(each.timestamp) * 1'000'000)).days);
  });
  EXPECT_EQ(days, (std::set<std::int32_t>{kFrom.days, kFrom.days + 1, kFrom.days + 2}));
  EXPECT_FALSE(SyntheticHerd::Make({.cows = 1, .from = kFrom, .to = kFrom, .time_zone = "Mars"}));
}

TEST(SyntheticHerd, RefusesAPlanThatIsNone) {
  for (const int cows : {0, -1, kMostCows + 1}) {
    const auto herd = SyntheticHerd::Make({.cows = cows, .from = kFrom, .to = kFrom, .seed = 1});
    ASSERT_FALSE(herd);
    EXPECT_EQ(herd.error().code(), ErrorCode::kInvalidInput);
    EXPECT_NE(herd.error().message().find("cows"), std::string::npos);
  }
  const auto herd = SyntheticHerd::Make({.cows = 1, .from = kFrom, .to = kFrom - 1, .seed = 1});
  ASSERT_FALSE(herd);
  EXPECT_NE(herd.error().message().find("--to is"), std::string::npos);
  EXPECT_NE(herd.error().message().find("before --from"), std::string::npos);
}

TEST(SyntheticHerd, ItsDaysAreThoseThatReadingsMayHaveAndNoMoreThanAHundredYears) {
  const auto make = [](FarmDay from, FarmDay to) {
    return SyntheticHerd::Make({.cows = 1, .from = from, .to = to, .seed = 1});
  };
  EXPECT_TRUE(make(kEarliestDay, kEarliestDay + (kMostDays - 1)));
  const auto too_early = make(kEarliestDay - 1, kEarliestDay);
  ASSERT_FALSE(too_early);
  EXPECT_NE(too_early.error().message().find("--from is 1999-12-31"), std::string::npos);
  const auto too_many = make(kEarliestDay, kEarliestDay + kMostDays);
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace herdflow::herd
