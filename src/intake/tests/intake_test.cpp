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
  Taken Take(Topic topic, std::string_view message) {
    auto made = intake_.Take(topic, message, kRequest, kNow);
    if (const auto* refused = std::get_if<Refused>(&made)) {
      ADD_FAILURE() << Codes(refused->reasons);
      return {};
    }
    return std::get<Taken>(std::move(made));
  }
  Refused Refuse(Topic topic, std::string_view message) {
    auto made = intake_.Take(topic, message, kRequest, kNow);
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

TEST(WriteEvent, KeyAndValueAreCanonicalWhateverStoodThere) {
  using Kind = herd::Field::Kind;
  std::string key = "before";
  std::string value = "before";
  WriteEvent(herd::SensorFields{{Kind::kText, "s"}, {Kind::kText, "L"}, {}, {}}, key, value);
  EXPECT_EQ(key, "s");
  EXPECT_EQ(value, R"({"id":"s","unit":"L"})");
  WriteEvent(
      herd::MeasurementFields{
          {Kind::kText, "s"}, {Kind::kText, "c"}, {Kind::kNumber, "1"}, {Kind::kNumber, "2"}, {}},
      key, value);
  EXPECT_EQ(key, "s_c");
  EXPECT_EQ(value, R"({"sensor_id":"s","cow_id":"c","timestamp":1,"value":2})");
}

}  // namespace
}  // namespace herdflow::intake
