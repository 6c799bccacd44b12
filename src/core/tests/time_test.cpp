#include "herdflow/core/time.hpp"

#include <gtest/gtest.h>

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
  for (const auto* text :
       {"2020-07-11", "2020-07-11T00:00", "2020-07-11 00:00:00", "2020-07-11T00:00:00Z",
        "2020-07-11T02:00:00+02:00", "2020-07-10T19:00:00-0500", "2020-07-11T03:00:00.000+03"}) {
    ASSERT_TRUE(ParseInstant(text)) << text;
    EXPECT_EQ(ToMicros(*ParseInstant(text)), kJuly) << text;
  }
}

TEST(Instant, RoundsNanosecondsHalfToEven) {
  EXPECT_EQ(ToMicros(*ParseInstant("2020-07-11T00:00:00.0000005")), kJuly);
  EXPECT_EQ(ToMicros(*ParseInstant("2020-07-11T00:00:00.0000015")), kJuly + 2);
  EXPECT_EQ(ToMicros(*ParseInstant("2020-07-11T00:00:00.000000501")), kJuly + 1);
}

TEST(Instant, RefusesWhatIsNoTime) {
  for (const auto* text :
       {"2020-07-11T24:00", "2020-07-11T00:60", "2020-07-11T00:00:60", "2020-07-11T00:00:00.",
        "2020-07-11T00:00+2", "2020-07-11T00:00Zx", "2020-07-11T", "soon"}) {
    EXPECT_FALSE(ParseInstant(text)) << text;
  }
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
