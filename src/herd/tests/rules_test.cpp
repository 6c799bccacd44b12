#include "herdflow/herd/rules.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "judging.hpp"

namespace herdflow::herd {
namespace {

constexpr Measure kLitres{Metric::kMilk, 1, 1};
constexpr Measure kKilograms{Metric::kWeight, 1, 1};
constexpr std::string_view kGoodTime = "1712552400";  // 2024-04-08T05:00:00Z

std::string Id(const Field& id) { return CodeOf(JudgeId(id, "cow_id")); }
std::string Time(const Field& timestamp) { return CodeOf(JudgeTimestamp(timestamp, kReceived)); }
std::string Value(const Field& value, const std::optional<Measure>& unit = std::nullopt,
                  const Bounds& bounds = {}) {
  return CodeOf(JudgeValue(value, unit, bounds));
}
std::int64_t Micros(const Field& timestamp) {
  const auto read = ReadTimestamp(timestamp);
  EXPECT_TRUE(std::holds_alternative<Instant>(read)) << timestamp.text;
  return std::holds_alternative<Instant>(read) ? ToMicros(std::get<Instant>(read)) : -1;
}
TEST(RejectionCodes, AreKnownByTheirNames) {
  for (const auto* name :
       {"bad_json", "bad_utf8", "missing", "too_long", "bad_characters", "bad_type", "bad_date",
        "bad_timestamp", "in_future", "out_of_range", "not_a_number", "negative", "implausible"}) {
    const auto code = RejectionCodeNamed(name);
    ASSERT_TRUE(code) << name;
    EXPECT_EQ(Name(*code), name);
  }
  EXPECT_FALSE(RejectionCodeNamed("fine"));
}

TEST(JudgeId, AcceptsTextsAndIntegers) {
  for (const auto* id : {"x", "c821a6b7-8dd0-4b4e-9835-1c0c57264ba4", "DE 0123 456", "Zoë", "牛"}) {
    EXPECT_EQ(Id(Text(id)), "accepted") << id;
  }
  for (const auto* id : {"0", "-7", "123456789012345678901234567890"}) {
    EXPECT_EQ(Id(Number(id)), "accepted") << id;
  }
}

TEST(JudgeId, MissingIsMissing) {
  for (const Field& id : {Field{}, Null(), Text(""), Text("None"), Text("nan")}) {
    EXPECT_EQ(Id(id), "missing");
  }
}

TEST(JudgeId, OtherTypesAreRefused) {
  for (const Field& id :
       {True(), Field{Kind::kFalse, ""}, Other(), Number("1.5"), Number("1e3"), Number("1.0")}) {
    EXPECT_EQ(Id(id), "bad_type") << id.text;
  }
}

TEST(JudgeId, LengthCountsCodePoints) {
  EXPECT_EQ(Id(Text(Repeated("x", 255))), "accepted");
  EXPECT_EQ(Id(Text(Repeated("x", 256))), "too_long");
  EXPECT_EQ(Id(Text(Repeated("😀", 255))), "accepted");
  EXPECT_EQ(Id(Text(Repeated("😀", 256))), "too_long");
  EXPECT_EQ(Id(Number(Repeated("1", 256))), "too_long");
}

TEST(JudgeId, ControlCharactersAndOuterBlanksAreRefused) {
  for (const std::string& id :
       {std::string("a\0b", 3), std::string("a\x1F"), std::string("a\x7F"), std::string("a\nb"),
        std::string("a\u0080b"), std::string("a\u009Fb"), std::string(" a"), std::string("a "),
        std::string(" "), std::string("\u00A0a"), std::string("a\u2003"), std::string("a\u200A"),
        std::string("a\u3000"), std::string("\uFEFFa"), std::string("a\u2028")}) {
    EXPECT_EQ(Id(Text(id)), "bad_characters") << id;
  }
  for (const auto* id : {"a b", "a\u00A0b", "\u200Ba", "\u00A1", "\u00E0"}) {
    EXPECT_EQ(Id(Text(id)), "accepted") << id;
  }
  EXPECT_EQ(Id(Text("a\xFF")), "bad_utf8");
}

TEST(ReadTimestamp, OneInstantHasManySpellings) {
  constexpr std::int64_t kExpected = 1'594'425'600'000'000;
  for (const auto* token :
       {"1594425600", "1594425600.0", "1.5944256e9", "1594425600000", "1594425600000.0",
        "1594425600000000", "1594425600000000000", "15944256e2", "1594425600000000000.4"}) {
    EXPECT_EQ(Micros(Number(token)), kExpected) << token;
    EXPECT_EQ(Micros(Text(token)), kExpected) << token;
  }
  for (const auto* text :
       {" 1594425600 ", "2020-07-11", "2020-07-11T00:00:00", "2020-07-11 00:00Z",
        "2020-07-11T02:00:00+02:00", " 2020-07-11T00:00:00Z\n", "20200711T000000Z",
        "2020-W28-6T00:00Z", "2020-07-10T24:00", "2020-07-11T00:00:00.0000000001"}) {
    EXPECT_EQ(Micros(Text(text)), kExpected) << text;
  }
}

TEST(ReadTimestamp, DigitsAloneAreNeverADate) {
  EXPECT_EQ(Micros(Text("20200711")), 20'200'711'000'000);
}

TEST(ReadTimestamp, WhoeverWritesAnotherFormIsShownOneThatIsRead) {
  EXPECT_EQ(std::get<Rejection>(ReadTimestamp(Text("11.07.2020 05:00"))).reason,
            "timestamp is \"11.07.2020 05:00\"; Unix seconds or an ISO 8601 date and time such as "
            "2024-06-01T05:00:00Z was expected");
}

TEST(ReadTimestamp, MagnitudeSaysTheUnit) {
  EXPECT_EQ(Micros(Number("99999999999")), 99'999'999'999'000'000);
  EXPECT_EQ(Micros(Number("100000000000")), 100'000'000'000'000);
  EXPECT_EQ(Micros(Number("99999999999999")), 99'999'999'999'999'000);
  EXPECT_EQ(Micros(Number("100000000000000")), 100'000'000'000'000);
  EXPECT_EQ(Micros(Number("99999999999999999")), 99'999'999'999'999'999);
  EXPECT_EQ(Micros(Number("100000000000000000")), 100'000'000'000'000);
  EXPECT_EQ(Micros(Number("-99999999999")), -99'999'999'999'000'000);
  EXPECT_EQ(Micros(Number("-100000000000")), -100'000'000'000'000);
}

TEST(ReadTimestamp, RoundsHalfToEvenMicroseconds) {
  EXPECT_EQ(Micros(Number("1594425600.0000005")), 1'594'425'600'000'000);
  EXPECT_EQ(Micros(Number("1594425600.0000015")), 1'594'425'600'000'002);
  EXPECT_EQ(Micros(Number("1594425600.00000150")), 1'594'425'600'000'002);
  EXPECT_EQ(Micros(Number("1594425600.00000050001")), 1'594'425'600'000'001);
  EXPECT_EQ(Micros(Number("1594425600000000500")), 1'594'425'600'000'000);
  EXPECT_EQ(Micros(Number("1594425600000001500")), 1'594'425'600'000'002);
}

TEST(ReadTimestamp, ADoublesTextIsItsInstant) {
  EXPECT_TRUE(rc::check("seconds as a Parquet double", [] {
    const auto seconds = *rc::gen::inRange<std::int64_t>(946'684'800, 4'000'000'000);
    const std::string text = ShortestDecimal(static_cast<double>(seconds));
    RC_ASSERT(Micros(Number(text)) == seconds * 1'000'000);
    RC_ASSERT(Micros(Text(text + "000")) == seconds * 1'000'000);
    const std::string iso = FormatInstant(FromMicros(seconds * 1'000'000));
    RC_ASSERT(Micros(Text(iso)) == seconds * 1'000'000);
  }));
}

TEST(JudgeTimestamp, WhatCannotBeReadIsBad) {
  for (const Field& time : {Text("soon"), Text("inf"), Text("2020-02-30"), Text("11.07.2020"),
                            Text(" "), Text("NaN"), True(), Other()}) {
    EXPECT_EQ(Time(time), "bad_timestamp") << time.text;
  }
  for (const Field& time : {Field{}, Null(), Text(""), Text("None"), Text("nan")}) {
    EXPECT_EQ(Time(time), "missing");
  }
}

TEST(JudgeTimestamp, FromTheYear2000ToFiveMinutesAfterReceipt) {
  EXPECT_EQ(Time(Number("946684800")), "accepted");
  EXPECT_EQ(Time(Number("946684799.999999")), "out_of_range");
  EXPECT_EQ(Time(Number("946684799.9999999")), "accepted");  // Rounded first, then judged.
  EXPECT_EQ(Time(Text("2024-04-08T12:05:00Z")), "accepted");
  EXPECT_EQ(Time(Text("2024-04-08T12:05:00.000001Z")), "in_future");
}

TEST(JudgeTimestamp, AbsurdTimesAreRefusedNotWrapped) {
  EXPECT_EQ(Time(Text("9999-12-31T23:59:59Z")), "in_future");
  EXPECT_EQ(Time(Text("0001-01-01")), "out_of_range");
  for (const auto* token : {"1e300", "1e999999999999", "9223372036854775807999", "1e22"}) {
    EXPECT_EQ(Time(Number(token)), "in_future") << token;
  }
  for (const auto* token : {"-1e300", "-1", "0", "-1594425600", "1e-300", "-9e22"}) {
    EXPECT_EQ(Time(Number(token)), "out_of_range") << token;
  }
}

TEST(JudgeValue, TextAndNumberAreTheSameReading) {
  for (const Field& value :
       {Number("549.95"), Text("549.95"), Text(" 549.95 "), Number("5.4995e2")}) {
    const auto judged = JudgeValue(value, kKilograms, {});
    ASSERT_EQ(CodeOf(judged), "accepted");
    EXPECT_EQ(std::get<std::int64_t>(judged), 549'950'000);
  }
}

TEST(JudgeValue, MissingAndNotANumber) {
  for (const Field& value : {Field{}, Null(), Text(""), Text("None"), Text("nan")}) {
    EXPECT_EQ(Value(value), "missing");
  }
  for (const Field& value : {Text("inf"), Text("-Infinity"), Text("NaN"), Text("5 L"), Text("5,5"),
                             Text(" "), True(), Other()}) {
    EXPECT_EQ(Value(value), "not_a_number") << value.text;
  }
}

TEST(JudgeValue, BelowZeroIsNegativeAndMinusZeroIsZero) {
  for (const auto* token : {"-1", "-0.000001", "-1e300", "-0.0000006"}) {
    EXPECT_EQ(Value(Number(token)), "negative") << token;
  }
  for (const auto* token : {"0", "-0", "-0.0", "-0.0000005", "-1e-300"}) {
    const auto judged = JudgeValue(Number(token), kLitres, {});
    ASSERT_EQ(CodeOf(judged), "accepted") << token;
    EXPECT_EQ(std::get<std::int64_t>(judged), 0) << token;
  }
}

TEST(JudgeValue, PlausibleRangesIncludeTheirEnds) {
  EXPECT_EQ(Value(Number("60"), kLitres), "accepted");
  EXPECT_EQ(Value(Number("60.0000005"), kLitres), "accepted");  // Rounds to 60.
  EXPECT_EQ(Value(Number("60.000001"), kLitres), "implausible");
  EXPECT_EQ(Value(Number("0"), kKilograms), "implausible");
  EXPECT_EQ(Value(Number("19.999999"), kKilograms), "implausible");
  EXPECT_EQ(Value(Number("20"), kKilograms), "accepted");
  EXPECT_EQ(Value(Number("1500"), kKilograms), "accepted");
  EXPECT_EQ(Value(Number("1500.000001"), kKilograms), "implausible");
}

TEST(JudgeValue, ARangeIsAskedOfTheMetricsLitresAndKilograms) {
  const auto code = [](const char* value, std::string_view unit, std::string_view kind = "") {
    return Value(Number(value), MeasureOf(unit, kind));
  };
  EXPECT_EQ(code("44.092452", "lb"), "accepted");  // 19.9999998 kg rounds to 20.
  EXPECT_EQ(code("44.092451", "lb"), "implausible");
  EXPECT_EQ(code("3306.933932", "lb"), "accepted");
  EXPECT_EQ(code("3306.933934", "lb"), "implausible");
  EXPECT_EQ(code("15.850323", "gal"), "accepted");
  EXPECT_EQ(code("15.850324", "gal"), "implausible");
  EXPECT_EQ(code("61.86", "kg", "milk"), "accepted");
  EXPECT_EQ(code("61.860001", "kg", "milk"), "implausible");
  EXPECT_EQ(code("0", "lb", "milk"), "accepted");
  for (const auto& [unit, kind] :
       {std::pair("L", "weight"), std::pair("kg", "feed"), std::pair("steps", "")}) {
    EXPECT_EQ(code("0", unit, kind), "accepted");
    EXPECT_EQ(code("1000000", unit, kind), "accepted");
    EXPECT_EQ(code("1000000.000001", unit, kind), "implausible");
  }
}

TEST(JudgeValue, AValueStaysInTheSensorsUnit) {
  const auto judged = JudgeValue(Number("1322.77"), MeasureOf("lb", ""), {});
  EXPECT_EQ(std::get<std::int64_t>(judged), 1'322'770'000);
}

TEST(JudgeValue, NothingIsAboveAMillionWhateverTheUnit) {
  const Bounds wide{.litre_min = 0,
                    .litre_max = 10 * kLargestValueMillionths,
                    .kilogram_min = 0,
                    .kilogram_max = 10 * kLargestValueMillionths};
  for (const std::optional<Measure> unit : {std::optional<Measure>(), std::optional(Measure{}),
                                            std::optional(kLitres), std::optional(kKilograms)}) {
    EXPECT_EQ(Value(Number("1000000"), unit, wide), "accepted");
    EXPECT_EQ(Value(Number("1000000.000001"), unit, wide), "implausible");
    EXPECT_EQ(Value(Number("1e300"), unit, wide), "implausible");
    EXPECT_EQ(Value(Number("0"), unit, wide), "accepted");
  }
  EXPECT_EQ(Value(Number("2000")), "accepted");
  EXPECT_EQ(Value(Number("2000"), Measure{}), "accepted");
}

TEST(JudgeValue, BoundsAreConfigurable) {
  const Bounds goats{.litre_max = 8 * kMillion, .kilogram_max = 200 * kMillion};
  EXPECT_EQ(Value(Number("8"), kLitres, goats), "accepted");
  EXPECT_EQ(Value(Number("8.1"), kLitres, goats), "implausible");
}

TEST(JudgeValue, ReasonsSayWhatWasSeenAndExpected) {
  const auto judged = JudgeValue(Number("2000"), kKilograms, {});
  EXPECT_EQ(std::get<Rejection>(judged).reason, "value is 2000; 20 to 1500 kg was expected");
  const auto gallons = JudgeValue(Number("20"), MeasureOf("gal", ""), {});
  EXPECT_EQ(std::get<Rejection>(gallons).reason,
            "value is 20, 75.708236 L; 0 to 60 L was expected");
  const std::string longest = Repeated("é", 500) + "\x01";
  const std::string reason = std::get<Rejection>(JudgeValue(Text(longest), {}, {})).reason;
  EXPECT_NE(reason.find('"' + Repeated("é", 80) + "…\""), std::string::npos) << reason;
  const std::string control = std::get<Rejection>(JudgeValue(Text("a\x1B["), {}, {})).reason;
  EXPECT_NE(control.find("\"a\\u001b[\""), std::string::npos) << control;
  EXPECT_EQ(JudgeId(Text("s\u00A0"), "sensor_id")->reason,
            "sensor_id is \"s\\u00a0\", with a blank at an end; none was expected");
}

TEST(JudgeDeleted, KnowsItsSpellings) {
  for (const Field& field : {True(), Text("true"), Text("1"), Number("1")}) {
    EXPECT_TRUE(std::get<bool>(JudgeDeleted(field)));
  }
  for (const Field& field : {Field{}, Null(), Field{Kind::kFalse, ""}, Text("false"), Text("0"),
                             Text(""), Number("0")}) {
    EXPECT_FALSE(std::get<bool>(JudgeDeleted(field)));
  }
  for (const Field& field : {Text("yes"), Number("2"), Number("1.0"), Other()}) {
    EXPECT_EQ(CodeOf(JudgeDeleted(field)), "bad_type") << field.text;
  }
}

MeasurementFields GoodReading() {
  return {.sensor_id = Text("s"),
          .cow_id = Text("c"),
          .timestamp = Number(kGoodTime),
          .value = Number("4.5"),
          .deleted = {}};
}

/// `accepted`, or `code field`.
std::string Judged(const MeasurementFields& fields, const std::optional<Measure>& unit = kLitres) {
  const auto judged = JudgeReading(fields, kReceived, unit, {});
  const auto* rejection = std::get_if<Rejection>(&judged);
  if (rejection == nullptr) return "accepted";
  return std::string(Name(rejection->code)) + " " + std::string(rejection->field);
}

TEST(JudgeReading, AGoodReadingIsAnInstantAndMillionths) {
  const auto judged = JudgeReading(GoodReading(), kReceived, std::nullopt, {});
  EXPECT_EQ(std::get<Reading>(judged),
            (Reading{.at = FromMicros(1'712'552'400'000'000), .value_millionths = 4'500'000}));
}

TEST(JudgeReading, TheFirstBrokenRuleIsNamed) {
  MeasurementFields fields{{}, Null(), Other(), Text("soon"), Number("-1"), Text("perhaps")};
  EXPECT_EQ(Judged(fields), "missing sensor_id");
  fields.sensor_id = Text("s");
  EXPECT_EQ(Judged(fields), "bad_type cow_id");
  fields.cow_id = Text("c");
  EXPECT_EQ(Judged(fields), "bad_timestamp timestamp");
  fields.timestamp = Number(kGoodTime);
  EXPECT_EQ(Judged(fields), "bad_type deleted");
  fields.deleted = {};
  EXPECT_EQ(Judged(fields), "negative value");
  fields.value = Number("61");
  EXPECT_EQ(Judged(fields), "implausible value");
  EXPECT_EQ(Judged(fields, std::nullopt), "accepted");
}

TEST(JudgeReading, WithGoodIdsDoesNotLookAtThem) {
  MeasurementFields fields = GoodReading();
  fields.sensor_id = {};
  EXPECT_TRUE(
      std::holds_alternative<Reading>(JudgeReadingWithGoodIds(fields, kReceived, kLitres, {})));
}

TEST(JudgeReading, ADeletionNeedsATimeButNoValue) {
  MeasurementFields fields = GoodReading();
  fields.deleted = True();
  fields.value = Text("whatever");
  const auto judged = JudgeReading(fields, kReceived, kLitres, {});
  EXPECT_EQ(std::get<Reading>(judged), (Reading{FromMicros(1'712'552'400'000'000), 0, true}));
  fields.timestamp = {};
  EXPECT_EQ(Judged(fields), "missing timestamp");
}

Precheck Checked(const MeasurementFields& fields) { return PrecheckMeasurement(fields, kReceived); }

TEST(PrecheckMeasurement, RefusesEveryMalformedIdAndTimeAtOnce) {
  const auto found = Checked({{}, Null(), Text(" c"), Text("soon"), Number("-1"), {}});
  ASSERT_EQ(found.refused.size(), 3U);
  EXPECT_EQ(found.refused[0].field, "sensor_id");
  EXPECT_EQ(found.refused[1].field, "cow_id");
  EXPECT_EQ(found.refused[2].field, "timestamp");
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_EQ(CodeOf(std::optional(found.warnings[0])), "negative");
}

TEST(PrecheckMeasurement, OnlyWarnsOfWhatIsJudgedLater) {
  MeasurementFields fields = GoodReading();
  EXPECT_TRUE(Checked(fields).refused.empty());
  EXPECT_TRUE(Checked(fields).warnings.empty());
  for (const auto* time : {"9999-01-01", "1999-01-01"}) {
    fields.timestamp = Text(time);
    EXPECT_TRUE(Checked(fields).refused.empty()) << time;
    EXPECT_EQ(Checked(fields).warnings.size(), 1U) << time;
  }
  fields = GoodReading();
  fields.deleted = Text("perhaps");
  EXPECT_EQ(Checked(fields).warnings.size(), 1U);
  fields.deleted = True();
  fields.value = {};
  EXPECT_TRUE(Checked(fields).warnings.empty());
}

}  // namespace
}  // namespace herdflow::herd
