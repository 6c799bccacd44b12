#include "herdflow/core/time.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace herdflow {
namespace {

constexpr std::int64_t kJuly = 1'594'425'600'000'000;  // 2020-07-11T00:00:00Z

TEST(Date, ReadsAndWritesIso) {
  EXPECT_EQ(ParseDate("2020-07-11")->days, 18454);
  EXPECT_EQ(FormatDate(FarmDay{18454}), "2020-07-11");
  EXPECT_EQ(FormatDate(FarmDay{-1}), "1969-12-31");
}

TEST(Date, RefusesWhatIsNoDay) {
  for (const auto* text : {"", "2020-7-11", "2020-02-30", "2020-13-01", "20200711", "2020-07-11 ",
                           "2020-07-11T00:00", "x020-07-11"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
}

TEST(Instant, ReadsEveryIsoForm) {
  for (const auto* text : {"2020-07-11",
                           "20200711",
                           "2020-193",
                           "2020193",
                           "2020-W28-6",
                           "2020W286",
                           "2020-07-11T00",
                           "2020-07-11T00:00",
                           "2020-07-11 00:00:00",
                           "2020-07-11T00:00:00Z",
                           "2020-07-11t00:00:00z",
                           "20200711T000000Z",
                           "20200711T00Z",
                           "20200711T0000Z",
                           "20200711 000000.000Z",
                           "2020193T000000Z",
                           "2020W286T000000Z",
                           "2020-193T00:00Z",
                           "2020-W28-6T00:00Z",
                           "20200711T00:00:00Z",
                           "2020-07-11T00:00:00,000Z",
                           "2020-07-11T02:00:00+02:00",
                           "2020-07-10T19:00:00-0500",
                           "2020-07-11T03:00:00.000+03",
                           "2020-07-10T19:00\u221205:00",
                           "20200711T053000+0530",
                           "2020-07-11T00:00+00",
                           "2020-07-11T00:00+0000",
                           "2020-07-11T00:00-00:00",
                           "2020-07-10T24:00",
                           "20200710T240000Z",
                           "2020-07-10T24:00:00.000Z",
                           "2020-192T24Z"}) {
    ASSERT_TRUE(ParseInstant(text)) << text;
    EXPECT_EQ(ToMicros(*ParseInstant(text)), kJuly) << text;
  }
}

TEST(Instant, RoundsHalfToEvenByAllDecimals) {
  for (const auto& [decimals, micros] : {std::pair{"0000005", 0},
                                         {"0000015", 2},
                                         {"000000501", 1},
                                         {"00000050000000000000", 0},
                                         {"00000050000000000001", 1},
                                         {"0000004999999999999999999999", 0},
                                         {"123456789012", 123'457},
                                         {"9999999", 1'000'000},
                                         {"9999995", 1'000'000},
                                         {"5", 500'000},
                                         {"25", 250'000}}) {
    EXPECT_EQ(ToMicros(*ParseInstant(std::string("2020-07-11T00:00:00.") + decimals)),
              kJuly + micros)
        << decimals;
  }
  EXPECT_EQ(ToMicros(*ParseInstant("1969-12-31T23:59:59.0000005")), -1'000'000);
}

TEST(Instant, ALeapSecondIsTheSecondAfterIt) {
  for (const auto* text : {"2016-12-31T23:59:60Z", "20161231T235960Z", "2017-01-01T05:29:60+05:30",
                           "2016-366T18:59:60-05:00"}) {
    EXPECT_EQ(ParseInstant(text), ParseInstant("2017-01-01")) << text;
  }
  EXPECT_EQ(ParseInstant("2015-06-30T23:59:60.5Z"), ParseInstant("2015-07-01T00:00:00.5Z"));
  for (const auto* text :
       {"2016-12-30T23:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T22:59:60Z",
        "2016-12-31T23:58:60Z", "2016-12-31T23:59:61Z"}) {
    EXPECT_FALSE(ParseInstant(text)) << text;
  }
}

TEST(Instant, RefusesWhatIsNoTime) {
  for (const auto* text : {"2020-07-11T24:00:01",
                           "2020-07-11T24:01",
                           "2020-07-11T24:00:00.1",
                           "2020-07-11T24:00:00.0000001",
                           "2020-07-11T25:00",
                           "2020-07-11T00:60",
                           "2020-07-11T00:00:60",
                           "2020-07-11T00:00:00.",
                           "2020-07-11T00:00.5",
                           "2020-07-11T00:0000",
                           "2020-07-11T0000:00",
                           "2020-07-11T0",
                           "2020-07-11T000",
                           "2020-07-11T00:00+2",
                           "2020-07-11T00:00+24:00",
                           "2020-07-11T00:00Zx",
                           "2020-07-11T",
                           "2020-07-11T00:00 Z",
                           "2020-07-11 ",
                           "2020-07-1100:00",
                           "2020-07-11T00:00Z+00:00",
                           "soon",
                           "2020-07",
                           "2020-W28",
                           "2020-W00-1",
                           "2020-W54-1",
                           "2021-W53-1",
                           "2020-W28-0",
                           "2020-W28-8",
                           "2020W28-6",
                           "2020-W286",
                           "2020-000",
                           "2020-367",
                           "2021-366",
                           "2020-0711",
                           "202007-11",
                           "20200732T000000Z",
                           "+002020-07-11",
                           "2020/07/11",
                           "11.07.2020"}) {
    EXPECT_FALSE(ParseInstant(text)) << text;
  }
}

TEST(Instant, EveryDayHasOneNameOfEachKind) {
  EXPECT_EQ(ParseInstant("2020-W53-7"), ParseInstant("2021-01-03"));
  EXPECT_EQ(ParseInstant("2021-W01-1"), ParseInstant("2021-01-04"));
  EXPECT_EQ(ParseInstant("2019-W01-1"), ParseInstant("2018-12-31"));
  EXPECT_EQ(ParseInstant("2020-366"), ParseInstant("2020-12-31"));
  EXPECT_EQ(ParseInstant("2021-365"), ParseInstant("2021-12-31"));
}

TEST(WrittenDay, IsNotMovedByItsZone) {
  for (const auto* text : {"2020-07-11", "2020-07-11T23:00-05:00", "20200711T0100+0200",
                           "2020-193T00:00Z", "2020-W28-6T24:00Z"}) {
    EXPECT_EQ(ParseWrittenDay(text), ParseDate("2020-07-11")) << text;
  }
  EXPECT_FALSE(ParseWrittenDay("2020-07-11T25:00"));
}

TEST(Instant, WritesWhatItReads) {
  for (const std::int64_t micros : {kJuly, kJuly + 250'000, std::int64_t{-1}}) {
    const std::string text = FormatInstant(FromMicros(micros));
    EXPECT_EQ(ToMicros(*ParseInstant(text)), micros) << text;
  }
  EXPECT_EQ(FormatInstant(FromMicros(kJuly)), "2020-07-11T00:00:00Z");
}

}  // namespace
}  // namespace herdflow
