#include "herdflow/herd/farm_calendar.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace herdflow::herd {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

FarmDay Day(std::string_view date) { return ParseDate(date).value(); }
Instant At(std::string_view text) { return ParseInstant(text).value(); }
FarmCalendar Calendar(std::string_view zone) { return FarmCalendar::Make(zone).value(); }
hours LengthOf(const FarmCalendar& calendar, FarmDay day) {
  return std::chrono::duration_cast<hours>(calendar.StartOf(day + 1) - calendar.StartOf(day));
}

TEST(FarmCalendar, UtcDaysBeginAtMidnightUtc) {
  const FarmCalendar utc = Calendar("UTC");
  EXPECT_EQ(utc.zone(), "UTC");
  EXPECT_EQ(utc.DayOf(At("2020-07-11T00:00:00Z")), Day("2020-07-11"));
  EXPECT_EQ(utc.DayOf(At("2020-07-11T00:00:00Z") - microseconds(1)), Day("2020-07-10"));
  EXPECT_EQ(utc.DayOf(FromMicros(-1)), Day("1969-12-31"));
  EXPECT_EQ(utc.StartOf(Day("2020-07-11")), At("2020-07-11T00:00:00Z"));
}

TEST(FarmCalendar, BerlinHasADayOf23AndOneOf25Hours) {
  const FarmCalendar berlin = Calendar("Europe/Berlin");
  EXPECT_EQ(berlin.StartOf(Day("2024-03-31")), At("2024-03-30T23:00:00Z"));
  EXPECT_EQ(LengthOf(berlin, Day("2024-03-30")), hours(24));
  EXPECT_EQ(LengthOf(berlin, Day("2024-03-31")), hours(23));
  EXPECT_EQ(LengthOf(berlin, Day("2024-10-27")), hours(25));
  EXPECT_EQ(berlin.DayOf(At("2024-10-27T22:59:59Z")), Day("2024-10-27"));
  EXPECT_EQ(berlin.DayOf(At("2024-10-27T23:00:00Z")), Day("2024-10-28"));
}

TEST(FarmCalendar, NewYorkHasADayOf23AndOneOf25Hours) {
  const FarmCalendar new_york = Calendar("America/New_York");
  EXPECT_EQ(LengthOf(new_york, Day("2024-03-10")), hours(23));
  EXPECT_EQ(LengthOf(new_york, Day("2024-11-03")), hours(25));
  EXPECT_EQ(new_york.DayOf(At("2024-03-11T03:59:59Z")), Day("2024-03-10"));
  EXPECT_EQ(new_york.DayOf(At("2024-03-11T04:00:00Z")), Day("2024-03-11"));
}

TEST(FarmCalendar, ADayWithoutMidnightBeginsWithTheJump) {
  const FarmCalendar sao_paulo = Calendar("America/Sao_Paulo");
  // 2018-11-04: from 23:59:59 -03 to 01:00:00 -02.
  EXPECT_EQ(sao_paulo.StartOf(Day("2018-11-04")), At("2018-11-04T03:00:00Z"));
  EXPECT_EQ(LengthOf(sao_paulo, Day("2018-11-04")), hours(23));
}

TEST(FarmCalendar, ADayBeginsEarlyWhereTheJumpBeginsBeforeMidnight) {
  const FarmCalendar toronto = Calendar("America/Toronto");
  // 1919-03-30: from 23:29:59 -05 to 00:30:00 -04 of the next day.
  EXPECT_EQ(toronto.StartOf(Day("1919-03-31")), At("1919-03-31T04:30:00Z"));
  EXPECT_EQ(toronto.DayOf(At("1919-03-31T04:30:00Z")), Day("1919-03-31"));
  EXPECT_EQ(toronto.DayOf(At("1919-03-31T04:29:59Z")), Day("1919-03-30"));
}

TEST(FarmCalendar, ADayWithTwoMidnightsBeginsWithTheFirst) {
  const FarmCalendar havana = Calendar("America/Havana");
  // 2023-11-05: from 00:59:59 -04 back to 00:00:00 -05.
  EXPECT_EQ(havana.StartOf(Day("2023-11-05")), At("2023-11-05T04:00:00Z"));
  EXPECT_EQ(LengthOf(havana, Day("2023-11-05")), hours(25));
}

TEST(FarmCalendar, ADayThatNeverWasBeginsWithTheNextOne) {
  const FarmCalendar apia = Calendar("Pacific/Apia");
  EXPECT_EQ(apia.StartOf(Day("2011-12-30")), apia.StartOf(Day("2011-12-31")));
  EXPECT_EQ(apia.DayOf(apia.StartOf(Day("2011-12-31"))), Day("2011-12-31"));
  EXPECT_EQ(apia.DayOf(apia.StartOf(Day("2011-12-31")) - microseconds(1)), Day("2011-12-29"));
}

TEST(FarmCalendar, ADayBeginsWithItsStart) {
  for (const auto* zone :
       {"UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Beirut",
        "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"}) {
    const FarmCalendar calendar = Calendar(zone);
    EXPECT_TRUE(rc::check(zone, [&] {
      const FarmDay day{*rc::gen::inRange(10'957, 24'000)};  // 2000 to 2035.
      RC_ASSERT(calendar.DayOf(calendar.StartOf(day)) == day);
      RC_ASSERT(calendar.DayOf(calendar.StartOf(day) - microseconds(1)) == day - 1);
    }));
  }
}

TEST(FarmCalendar, TheOrderOfQuestionsNeverChangesAnAnswer) {
  const FarmCalendar remembers = Calendar("Europe/Berlin");
  EXPECT_TRUE(rc::check("as a calendar that was asked nothing before", [&] {
    const Instant at = FromMicros(*rc::gen::inRange<std::int64_t>(0, 2'000'000'000) * 1'000'000);
    RC_ASSERT(remembers.DayOf(at) == Calendar("Europe/Berlin").DayOf(at));
  }));
}

TEST(FarmCalendar, CopiesAnswerAlike) {
  FarmCalendar first = Calendar("Europe/Berlin");
  FarmCalendar copy = first;
  FarmCalendar moved = std::move(first);
  first = copy;
  for (const auto* calendar : {&first, &copy, &moved}) {
    EXPECT_EQ(calendar->zone(), "Europe/Berlin");
    EXPECT_EQ(calendar->DayOf(At("2024-07-01T22:00:00Z")), Day("2024-07-02"));
  }
}

TEST(FarmCalendar, TheEndsOfTimeAreNoTrap) {
  for (const auto* zone : {"UTC", "Europe/Berlin", "America/New_York"}) {
    const FarmCalendar calendar = Calendar(zone);
    EXPECT_GT(calendar.DayOf(Instant::max()), Day("9999-12-31"));
    EXPECT_LT(calendar.DayOf(Instant::min()), Day("0001-01-01"));
  }
}

TEST(FarmCalendar, AnUnknownZoneIsNamedWithTheNearestKnown) {
  for (const auto* wrong : {"Europe/Berln", "europe/berlin"}) {
    const auto calendar = FarmCalendar::Make(wrong);
    ASSERT_FALSE(calendar);
    EXPECT_EQ(calendar.error().code(), ErrorCode::kInvalidInput);
    EXPECT_NE(calendar.error().message().find("did you mean \"Europe/Berlin\""), std::string::npos)
        << calendar.error().message();
  }
  EXPECT_FALSE(FarmCalendar::Make(""));
  EXPECT_FALSE(FarmCalendar::Make("../../etc/passwd"));
  EXPECT_FALSE(FarmCalendar::Make(std::string(10'000, 'x')));
}

}  // namespace
}  // namespace herdflow::herd
