#include "herdflow/herd/message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace herdflow::herd {
namespace {

using Kind = Field::Kind;

class MessageParserTest : public testing::Test {
 protected:
  MeasurementFields Read(std::string_view json) {
    auto parsed = parser_.Measurement(json);
    if (const auto* rejection = std::get_if<Rejection>(&parsed)) {
      ADD_FAILURE() << json << ": " << rejection->reason;
      return {};
    }
    return std::get<MeasurementFields>(parsed);
  }

  /// The code for which the message is refused; `accepted` if it is not.
  std::string Refused(std::string_view json) {
    const auto parsed = parser_.Measurement(json);
    const auto* rejection = std::get_if<Rejection>(&parsed);
    if (rejection == nullptr) return "accepted";
    EXPECT_EQ(rejection->field, "");
    EXPECT_FALSE(rejection->reason.empty());
    return std::string(Name(rejection->code));
  }

  MessageParser parser_;
};

void ExpectField(const Field& field, Kind kind, std::string_view text = "") {
  EXPECT_EQ(field.kind, kind);
  EXPECT_EQ(field.text, text);
}

TEST_F(MessageParserTest, ReadsTheCanonicalMessage) {
  const auto fields =
      Read(R"({"sensor_id":"s-1","cow_id":"c-1","timestamp":1594425600.0,"value":549.950})");
  ExpectField(fields.sensor_id, Kind::kText, "s-1");
  ExpectField(fields.cow_id, Kind::kText, "c-1");
  ExpectField(fields.timestamp, Kind::kNumber, "1594425600.0");
  ExpectField(fields.value, Kind::kNumber, "549.950");
  ExpectField(fields.deleted, Kind::kAbsent);
}

TEST_F(MessageParserTest, ReadsEveryKindInAnyOrderWithBlanks) {
  const auto fields = Read(
      " { \"value\" : null ,\n\t\"cow_id\":true,\"sensor_id\" : false , \"deleted\": -1E+400 ,"
      " \"timestamp\" : [1, {\"a\": \"]\"} ]  } \r\n");
  ExpectField(fields.value, Kind::kNull);
  ExpectField(fields.cow_id, Kind::kTrue);
  ExpectField(fields.sensor_id, Kind::kFalse);
  ExpectField(fields.deleted, Kind::kNumber, "-1E+400");
  ExpectField(fields.timestamp, Kind::kOther, "[1, {\"a\": \"]\"} ]");
}

TEST_F(MessageParserTest, UnescapesTextsAndNames) {
  const auto fields =
      Read(R"({"sensor\u005fid":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","cow_id":"Zoë\u0000"})");
  ExpectField(fields.sensor_id, Kind::kText, "a\"\\/\b\f\n\r\té😀");
  ExpectField(fields.cow_id, Kind::kText, std::string_view("Zoë\0", 5));
}

TEST_F(MessageParserTest, ReadsCowsAndSensors) {
  const auto cow = std::get<CowFields>(
      parser_.Cow(R"({"id":7,"name":"Linda #3","birthdate":"2019-09-09","deleted":true})"));
  ExpectField(cow.id, Kind::kNumber, "7");
  ExpectField(cow.name, Kind::kText, "Linda #3");
  ExpectField(cow.birthdate, Kind::kText, "2019-09-09");
  ExpectField(cow.deleted, Kind::kTrue);
  const auto sensor =
      std::get<SensorFields>(parser_.Sensor(R"({"id":"s","unit":"kg","kind":"milk"})"));
  ExpectField(sensor.id, Kind::kText, "s");
  ExpectField(sensor.unit, Kind::kText, "kg");
  ExpectField(sensor.kind, Kind::kText, "milk");
}

TEST_F(MessageParserTest, NothingAtAllIsMissing) { EXPECT_EQ(Refused(""), "missing"); }

TEST_F(MessageParserTest, WhatIsNoObjectIsBadJson) {
  for (const auto* json : {" ",
                           "null",
                           "1",
                           "true",
                           "\"text\"",
                           "[]",
                           "[{}]",
                           "{",
                           "}",
                           "{]",
                           "nul",
                           "{}{}",
                           "{} 1",
                           "{}}",
                           "{\"a\":1} x",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\" 1}",
                           "{\"a\":1",
                           "{\"a\":\"b}",
                           "\xEF\xBB\xBF",
                           "\xEF\xBB\xBF\xEF\xBB\xBF{}"}) {
    EXPECT_EQ(Refused(json), "bad_json") << json;
  }
}

TEST_F(MessageParserTest, ABadValueIsBadJsonWhateverItsField) {
  for (const auto* value : {"tru",
                            "truee",
                            "True",
                            "nul",
                            "NaN",
                            "Infinity",
                            "-",
                            "01",
                            "-01",
                            "1.",
                            ".5",
                            "+1",
                            "1e",
                            "1e+",
                            "0x1",
                            "1 2",
                            "--1",
                            "1_0",
                            "[1,]",
                            "[,1]",
                            "[1 2]",
                            "[1",
                            "{\"x\":tru}",
                            "{\"x\"}",
                            "[[[nul]]]",
                            "\"\\x\"",
                            "\"\\u12g4\"",
                            "\"\\ud800\"",
                            "[\"\\ud800x\"]",
                            "\"a\"b",
                            "\"\t\""}) {
    for (const auto* name : {"value", "other"}) {
      const std::string json = std::string("{\"") + name + "\":" + value + "}";
      EXPECT_EQ(Refused(json), "bad_json") << json;
    }
  }
}

TEST_F(MessageParserTest, AFieldGivenTwiceIsBadJson) {
  EXPECT_EQ(Refused(R"({"value":1,"value":1})"), "bad_json");
  EXPECT_EQ(Refused(R"({"value":1,"val\u0075e":null})"), "bad_json");
  EXPECT_EQ(Refused(R"({"value":null,"value":null})"), "bad_json");
  EXPECT_EQ(Refused(R"({"note":1,"note":2})"), "accepted");
  EXPECT_EQ(Refused(R"({"value":1,"more":{"value":2}})"), "accepted");
}

TEST_F(MessageParserTest, WhatIsNotUtf8IsBadUtf8) {
  for (const auto* json : {"{\"a\":\"\xFF\"}", "{\"a\":\"\xC3\"}", "{\"\xED\xA0\x80\":1}", "\xFF",
                           "{\"a\":\"\xF4\x90\x80\x80\"}", "{\"a\":tru\xC0\x80}"}) {
    EXPECT_EQ(Refused(json), "bad_utf8") << json;
  }
}

TEST_F(MessageParserTest, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(Read("\xEF\xBB\xBF{\"value\":1}").value.text, "1");
  EXPECT_EQ(Read("{\"\xEF\xBB\xBFvalue\":1}").value.text, "1");
  EXPECT_EQ(Read(R"({"\ufeffvalue":1})").value.text, "1");
  EXPECT_EQ(Refused(R"({"\ufeffvalue":1,"value":1})"), "bad_json");
}

TEST_F(MessageParserTest, DeepNestingIsRefusedNotACrash) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(Refused(nested(60)), "accepted");
  EXPECT_EQ(Refused(nested(2'000)), "bad_json");
  EXPECT_EQ(Refused(nested(1'000'000)), "bad_json");
  EXPECT_EQ(Refused("{\"a\":" + std::string(1'000'000, '{')), "bad_json");
}

TEST_F(MessageParserTest, ALargeMessageLeavesNoTraceInASmallOne) {
  const std::string large(1'000'000, 'x');
  EXPECT_EQ(Read("{\"value\":\"" + large + "\"}").value.text, large);
  ExpectField(Read("{\"cow_id\":1}").cow_id, Kind::kNumber, "1");
  EXPECT_EQ(Refused("{\"cow_id\":1"), "bad_json");
}

TEST(FieldIsMissing, ForItsWordsOnly) {
  for (const auto* word : {"", "None", "nan"}) EXPECT_TRUE((Field{Kind::kText, word}).IsMissing());
  EXPECT_TRUE(Field{}.IsMissing());
  EXPECT_TRUE((Field{Kind::kNull, ""}).IsMissing());
  for (const auto* word : {" ", "none", "NaN", "null", "0"}) {
    EXPECT_FALSE((Field{Kind::kText, word}).IsMissing()) << word;
  }
  EXPECT_FALSE((Field{Kind::kNumber, "0"}).IsMissing());
  EXPECT_FALSE((Field{Kind::kFalse, ""}).IsMissing());
}

TEST(WriteMessage, IsCompactAndInTheFieldsOrder) {
  std::string out;
  WriteMeasurement({.sensor_id = {Kind::kText, "s\"\\\n\x01é/"},
                    .cow_id = {Kind::kNumber, "12"},
                    .timestamp = {Kind::kNumber, "1594425600"},
                    .value = {Kind::kNull, ""},
                    .deleted = {Kind::kTrue, ""}},
                   out);
  EXPECT_EQ(out,
            R"({"sensor_id":"s\"\\\n\u0001é/","cow_id":12,"timestamp":1594425600,"value":null,)"
            R"("deleted":true})");
}

TEST(WriteMessage, LeavesOutWhatIsAbsentAndAppends) {
  std::string out = "x";
  WriteMeasurement({}, out);
  EXPECT_EQ(out, "x{}");
  out.clear();
  WriteSensor({.id = {Kind::kText, "s"}, .unit = {Kind::kText, "L"}, .kind = {}, .deleted = {}},
              out);
  EXPECT_EQ(out, R"({"id":"s","unit":"L"})");
  out.clear();
  WriteSensor({.id = {Kind::kText, "s"},
               .unit = {Kind::kText, "kg"},
               .kind = {Kind::kText, "milk"},
               .deleted = {Kind::kTrue, ""}},
              out);
  EXPECT_EQ(out, R"({"id":"s","unit":"kg","kind":"milk","deleted":true})");
  out.clear();
  WriteCow(
      {.id = {}, .name = {Kind::kText, "N"}, .birthdate = {Kind::kOther, "[1]"}, .deleted = {}},
      out);
  EXPECT_EQ(out, R"({"name":"N","birthdate":[1]})");
  out.clear();
  WriteMeasurementKey("default", "sensor", "cow", out);
  EXPECT_EQ(out, "sensor_cow");
}

/// Texts with everything in them that has to be escaped, and code points of every length.
rc::Gen<std::string> AnyText() {
  return rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127));
}

TEST(WriteMessage, WritesAgainWhatItWrote) {
  EXPECT_TRUE(
      rc::check("Write(Parse(x)) == x and the fields are the same", [](std::int32_t number) {
        const std::string sensor = *AnyText() + "é😀";
        const std::string cow = *AnyText();
        const std::string value = std::to_string(number) + ".5e-1";
        const MeasurementFields fields{.sensor_id = {Kind::kText, sensor},
                                       .cow_id = {Kind::kText, cow},
                                       .timestamp = {Kind::kOther, R"({"a":[1,"x"]})"},
                                       .value = {Kind::kNumber, value},
                                       .deleted = {Kind::kFalse, ""}};
        std::string once;
        WriteMeasurement(fields, once);
        MessageParser parser;
        const auto parsed = parser.Measurement(once);
        const auto& read = std::get<MeasurementFields>(parsed);
        RC_ASSERT(read.sensor_id.text == sensor);
        RC_ASSERT(read.cow_id.text == cow);
        RC_ASSERT(read.value.text == value);
        std::string again;
        WriteMeasurement(read, again);
        RC_ASSERT(again == once);
      }));
}

TEST(MessageParser, SurvivesAnyBytes) {
  EXPECT_TRUE(
      rc::check("any edit of a message is judged, not a crash", [](const std::string& noise) {
        std::string json = R"({"sensor_id":"s\u00e9","cow_id":[1,{"x":null}],"value":549.95})";
        const auto at = *rc::gen::inRange<std::size_t>(0, json.size());
        const auto length = *rc::gen::inRange<std::size_t>(0, 5);
        json.replace(at, length, noise);
        MessageParser parser;
        (void)parser.Measurement(json);
        (void)parser.Cow(noise);
      }));
}

TEST(ShortestDecimal, IsPlainInTheRangeOfReadings) {
  EXPECT_EQ(ShortestDecimal(1594425600.0), "1594425600");
  EXPECT_EQ(ShortestDecimal(549.95), "549.95");
  EXPECT_EQ(ShortestDecimal(0.1), "0.1");
  EXPECT_EQ(ShortestDecimal(-1), "-1");
  EXPECT_EQ(ShortestDecimal(0), "0");
  EXPECT_EQ(ShortestDecimal(-0.0), "-0");
  EXPECT_EQ(ShortestDecimal(1e-6), "0.000001");
  EXPECT_EQ(ShortestDecimal(1e20), "100000000000000000000");
  EXPECT_EQ(ShortestDecimal(1e21), "1000000000000000000000");
  EXPECT_EQ(ShortestDecimal(1e22), "1e+22");
  EXPECT_EQ(ShortestDecimal(1e300), "1e+300");
}

TEST(ShortestDecimal, ReadsBackAsTheSameDouble) {
  EXPECT_TRUE(rc::check("strtod(ShortestDecimal(x)) == x, and it is JSON", [](double x) {
    RC_PRE(std::isfinite(x));
    const std::string text = ShortestDecimal(x);
    RC_ASSERT(std::strtod(text.c_str(), nullptr) == x);
    MessageParser parser;
    const auto parsed = parser.Measurement("{\"value\":" + text + "}");
    RC_ASSERT(std::get<MeasurementFields>(parsed).value.text == text);
  }));
  for (const double x : {std::numeric_limits<double>::max(),
                         std::numeric_limits<double>::denorm_min(), 1234567890123456789012.0}) {
    EXPECT_EQ(std::strtod(ShortestDecimal(x).c_str(), nullptr), x);
  }
}

}  // namespace
}  // namespace herdflow::herd
