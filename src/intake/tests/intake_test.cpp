#include "herdflow/intake/intake.hpp"

#include <gtest/gtest.h>

namespace herdflow::intake {
namespace {

using pipeline::Topic;

constexpr RequestId kRequest{1, 2, 3, 0, 255};
constexpr Instant kNow{std::chrono::microseconds(1'700'000'000'000'000)};

std::string Codes(const std::vector<herd::Rejection>& rejections) {
  std::string codes;
  for (const auto& rejection : rejections) {
    codes += fmt::format("{}{} {}", codes.empty() ? "" : ", ", rejection.field,
                         herd::Name(rejection.code));
  }
  return codes;
}

class IntakeTest : public ::testing::Test {
 protected:
  Taken Take(Topic topic, std::string_view message, std::string_view farm = {}) {
    auto made = intake_.Take(topic, message, {kRequest, farm}, kNow);
    if (const auto* refused = std::get_if<Refused>(&made)) {
      ADD_FAILURE() << Codes(refused->reasons);
      return {};
    }
    return std::get<Taken>(std::move(made));
  }
  Refused Refuse(Topic topic, std::string_view message, std::string_view farm = {}) {
    auto made = intake_.Take(topic, message, {kRequest, farm}, kNow);
    if (auto* refused = std::get_if<Refused>(&made)) return std::move(*refused);
    ADD_FAILURE() << "it was taken";
    return {{{}}};
  }

  Intake intake_;
};

TEST_F(IntakeTest, AnEventHasItsTopicsKeyTheSendersBytesAndTheRequest) {
  const std::string odd = "{ \"id\" : \"c\\u0031\",\n \"name\":\"B\" }";
  const auto cow = Take(Topic::kCows, " \r\n\t" + odd + "\n");
  EXPECT_EQ(cow.event.key, "c1");
  EXPECT_EQ(cow.event.value, odd);
  ASSERT_EQ(cow.event.headers.size(), 1U);
  EXPECT_EQ(cow.event.headers[0].name, kRequestIdHeader);
  EXPECT_EQ(cow.event.headers[0].value, std::string(kRequest.begin(), kRequest.end()));
  EXPECT_EQ(Take(Topic::kSensors, R"({"id":7,"unit":"L"})").event.key, "7");
  EXPECT_EQ(Take(Topic::kMeasurements,
                 R"({"sensor_id":"s","cow_id":"c","timestamp":1594425600,"value":1})")
                .event.key,
            "s_c");
}

TEST_F(IntakeTest, WhatTheRulesWillRefuseIsToldWithoutBeingRefused) {
  const auto taken = Take(Topic::kMeasurements,
                          R"({"sensor_id":"s","cow_id":"c","timestamp":1594425600,"value":-1})");
  EXPECT_EQ(Codes(taken.warnings), "value negative");
}

TEST_F(IntakeTest, AUnitThatNobodyKnowsIsAWarning) {
  EXPECT_EQ(Codes(Take(Topic::kSensors, R"({"id":"s","unit":"Gallons"})").warnings), "");
  EXPECT_EQ(Codes(Take(Topic::kSensors, R"({"id":"s","unit":"ml"})").warnings), "unit implausible");
  EXPECT_EQ(Codes(Take(Topic::kSensors, R"({"id":"s","unit":"L","kind":"weight"})").warnings),
            "kind implausible");
}

TEST_F(IntakeTest, EachOffendingFieldIsARefusal) {
  const auto refused = Refuse(Topic::kMeasurements, R"({"sensor_id":" s","timestamp":"soon"})");
  EXPECT_EQ(Codes(refused.reasons),
            "sensor_id bad_characters, cow_id missing, timestamp bad_timestamp");
  EXPECT_FALSE(refused.is_unreadable());
}

TEST_F(IntakeTest, WhatIsNoMessageAtAllIsUnreadable) {
  for (const std::string_view message : {"", "  ", "[]", "{\"id\":1", "{\"id\":\"\xff\"}"}) {
    EXPECT_TRUE(Refuse(Topic::kCows, message).is_unreadable()) << message;
  }
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(Codes(Refuse(Topic::kCows, R"({"id":"c","x":)" + deep + "}").reasons), " bad_json");
}

TEST_F(IntakeTest, AnEventHasItsLimitWhoeverSendsIt) {
  const auto of_bytes = [](std::size_t bytes) {
    const std::string begin = R"({"id":"c","name":"B","x":")";
    return begin + std::string(bytes - begin.size() - 2, 'x') + "\"}";
  };
  Take(Topic::kCows, "  " + of_bytes(pipeline::kMaxEventBytes) + "  ");
  EXPECT_EQ(Codes(Refuse(Topic::kCows, of_bytes(pipeline::kMaxEventBytes + 1)).reasons),
            " too_long");
}

TEST_F(IntakeTest, AnEventIsOfTheFarmThatItNames) {
  constexpr std::string_view kReading =
      R"({"cow_id":"c","farm":"hill-1","sensor_id":"s","timestamp":1594425600,"value":1})";
  const auto reading = Take(Topic::kMeasurements, kReading);
  EXPECT_EQ(reading.farm, "hill-1");
  EXPECT_EQ(reading.event.key, "hill-1/s_c");
  EXPECT_EQ(reading.event.value, kReading);
  EXPECT_EQ(Take(Topic::kCows, R"({"id":"c","name":"B","farm":"hill-1"})").event.key, "hill-1/c");
  for (const std::string_view farm : {"null", "\"\"", "\"default\""}) {
    const auto message = fmt::format(R"({{"farm":{},"id":"s","unit":"L"}})", farm);
    const auto sensor = Take(Topic::kSensors, message);
    EXPECT_EQ(sensor.farm, "default");
    EXPECT_EQ(sensor.event.key, "s");
    EXPECT_EQ(sensor.event.value, message);
  }
  EXPECT_EQ(Take(Topic::kCows, R"({"id":"c","name":"B"})").farm, "default");
}

TEST_F(IntakeTest, TheFarmOfThePathComesBeforeTheSendersFields) {
  const auto cow = Take(Topic::kCows, "\xEF\xBB\xBF { \"id\":\"c\",\"name\":\"B\" } ", "hill");
  EXPECT_EQ(cow.farm, "hill");
  EXPECT_EQ(cow.event.key, "hill/c");
  EXPECT_EQ(cow.event.value, "\xEF\xBB\xBF {\"farm\":\"hill\", \"id\":\"c\",\"name\":\"B\" }");
  // Said by both: nothing to add.
  constexpr std::string_view kNamed = R"({"id":"c","name":"B","farm":"hill"})";
  EXPECT_EQ(Take(Topic::kCows, kNamed, "hill").event.value, kNamed);
  // The farm of whoever names none.
  constexpr std::string_view kBare = R"({"id":"c","name":"B"})";
  EXPECT_EQ(Take(Topic::kCows, kBare, "default").event.value, kBare);
  EXPECT_EQ(Take(Topic::kCows, kBare, "default").event.key, "c");
}

TEST_F(IntakeTest, WhatThePathMakesOfASeedsMessageIsCanonical) {
  constexpr std::string_view kSent =
      R"({"sensor_id":"s","cow_id":"c","timestamp":1594425600,"value":1})";
  const auto taken = Take(Topic::kMeasurements, kSent, "hill");
  herd::MessageParser parser;
  const auto parsed = parser.Measurement(taken.event.value);
  std::string key;
  std::string value;
  WriteEvent(std::get<herd::MeasurementFields>(parsed), key, value);
  EXPECT_EQ(key, taken.event.key);
  EXPECT_EQ(value, taken.event.value);
}

TEST_F(IntakeTest, AnotherFarmThanThePathsIsRefused) {
  for (const std::string_view farm : {"\"valley\"", "\"default\""}) {
    const auto message = fmt::format(R"({{"id":" c","farm":{}}})", farm);
    EXPECT_EQ(Codes(Refuse(Topic::kCows, message, "hill").reasons),
              "farm other_farm, id bad_characters");
  }
  EXPECT_EQ(Codes(Refuse(Topic::kCows, R"({"id":"c","farm":"hill"})", "default").reasons),
            "farm other_farm");
}

TEST_F(IntakeTest, AFarmThatIsSaidToBeNoneIsThePaths) {
  for (const std::string_view none : {"null", R"("")", R"("None")"}) {
    const auto message = fmt::format(R"({{"farm":{},"id":"c","name":"B"}})", none);
    const auto taken = Take(Topic::kCows, message, "hill");
    EXPECT_EQ(taken.farm, "hill");
    EXPECT_EQ(taken.event.key, "hill/c");
    EXPECT_EQ(taken.event.value, R"({"farm":"hill","id":"c","name":"B"})");
    EXPECT_EQ(Take(Topic::kCows, message, "default").event.value, message);
    EXPECT_EQ(Take(Topic::kCows, message).event.value, message);
  }
}

TEST_F(IntakeTest, AMalformedFarmIsRefusedWhateverThePathSays) {
  for (const std::string_view farm : {"\"Hill\"", "7", "[]", "\"-hill\"", "\"a/b\""}) {
    const auto message = fmt::format(R"({{"id":"c","name":"B","farm":{}}})", farm);
    for (const std::string_view path : {"", "hill"}) {
      const auto reasons = Refuse(Topic::kCows, message, path).reasons;
      ASSERT_EQ(reasons.size(), 1U);
      EXPECT_EQ(reasons[0].field, "farm");
    }
  }
}

TEST_F(IntakeTest, AFarmIsAnEventOfItsOwn) {
  constexpr std::string_view kFarm = R"({"id":"hill","name":"Hill","time_zone":"Europe/Berlin"})";
  const auto farm = Take(Topic::kFarms, kFarm);
  EXPECT_EQ(farm.event.key, "hill");
  EXPECT_EQ(farm.event.value, kFarm);
  EXPECT_EQ(farm.farm, "default");
  EXPECT_EQ(Codes(Take(Topic::kFarms, R"({"id":"hill","name":"H","time_zone":"Mars"})").warnings),
            "time_zone bad_time_zone");
  EXPECT_EQ(Codes(Refuse(Topic::kFarms, R"({"id":"Hill","name":"H"})").reasons),
            "id bad_characters");
}

TEST_F(IntakeTest, TheLimitCountsTheFarmOfThePath) {
  const std::string begin = R"({"id":"c","name":"B","x":")";
  const std::string added = R"("farm":"hill",)";
  const auto of_bytes = [&](std::size_t bytes) {
    return begin + std::string(bytes - begin.size() - 2, 'x') + "\"}";
  };
  const std::size_t most = pipeline::kMaxEventBytes - added.size();
  EXPECT_EQ(Take(Topic::kCows, of_bytes(most), "hill").event.value.size(),
            pipeline::kMaxEventBytes);
  EXPECT_EQ(Codes(Refuse(Topic::kCows, of_bytes(most + 1), "hill").reasons), " too_long");
}

TEST(WriteEvent, KeyAndValueAreCanonicalWhateverStoodThere) {
  using Kind = herd::Field::Kind;
  std::string key = "before";
  std::string value = "before";
  WriteEvent(herd::SensorFields{{}, {Kind::kText, "s"}, {Kind::kText, "L"}, {}, {}}, key, value);
  EXPECT_EQ(key, "s");
  EXPECT_EQ(value, R"({"id":"s","unit":"L"})");
  WriteEvent(herd::MeasurementFields{{Kind::kText, "hill"},
                                     {Kind::kText, "s"},
                                     {Kind::kText, "c"},
                                     {Kind::kNumber, "1"},
                                     {Kind::kNumber, "2"},
                                     {}},
             key, value);
  EXPECT_EQ(key, "hill/s_c");
  EXPECT_EQ(value, R"({"farm":"hill","sensor_id":"s","cow_id":"c","timestamp":1,"value":2})");
}

}  // namespace
}  // namespace herdflow::intake
