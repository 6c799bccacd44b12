#include <fmt/format.h>

#include "api_fixture.hpp"
#include "herdflow/api/producer.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

using Kind = pipeline::AppendOutcome::Kind;

constexpr const char* kLines = "Content-Type: application/x-ndjson\r\n";

class BulkRouteTest : public testing::Test {
 protected:
  static std::string Reading(int i) {
    return fmt::format(R"({{"sensor_id":"s","cow_id":"c","timestamp":{},"value":1}})",
                       1'594'425'600 + i);
  }
  static boost::json::value Body(const http_testing::Answer& answer) {
    return boost::json::parse(answer.body);
  }

  FakeWriter writer_;
  FakeTopics topics_;
  FakeFarms farms_;
  Port port_{ProducerRoutes({writer_, topics_, farms_}), ProducerDocument()};
};

TEST_F(BulkRouteTest, AnArrayAnObjectAndLinesAreTaken) {
  const std::string path = "/api/v1/events/measurements";
  EXPECT_EQ(port_.Post(path, Reading(0)).status, 200);
  const auto array = port_.Post(path, fmt::format("[{},{}]", Reading(1), Reading(2)),
                                "Content-Type: application/json; charset=utf-8\r\n");
  EXPECT_EQ(array.status, 200) << array.body;
  const auto lines = port_.Post(path, Reading(3) + "\n\n" + Reading(4), kLines);
  EXPECT_EQ(lines.body,
            R"({"status":"success","topic":"measurements","items":2,"accepted":2,"refused":0,)"
            R"("refusals":[],"refusals_left_out":0,"warnings":[],"warnings_left_out":0,)"
            R"("positions":[{"partition":2,"ranges":[[3,4]]}],"ranges_left_out":0})");
  const auto appended = writer_.appended();
  ASSERT_EQ(appended.size(), 5U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(appended[static_cast<std::size_t>(i)].value, Reading(i));
  EXPECT_EQ(appended[3].headers.at(0).value, appended[4].headers.at(0).value);
}

TEST_F(BulkRouteTest, GoodItemsAreKeptAndBadOnesNamed) {
  const auto answer = port_.Post("/api/v1/events/cows",
                                 R"([{"id":"a","name":"A"},{"name":"B"},7,{"id":"d","name":""}])");
  EXPECT_EQ(answer.status, 200);
  const auto body = Body(answer);
  EXPECT_EQ(body.at("accepted"), 2);
  EXPECT_EQ(body.at("refused"), 2);
  EXPECT_EQ(body.at("refusals").at(0).at("index"), 1);
  EXPECT_EQ(body.at("refusals").at(0).at("field"), "id");
  EXPECT_EQ(body.at("refusals").at(1).at("code"), "bad_json");
  EXPECT_TRUE(body.at("refusals").at(1).at("field").is_null());
  EXPECT_EQ(body.at("warnings").at(0).at("index"), 3);
}

TEST_F(BulkRouteTest, WhereNoneIsGoodThatIsAProblem) {
  const auto answer = port_.Post("/api/v1/events/sensors", R"([{"unit":"L"},{}])");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(Body(answer).at("refused"), 2);
  EXPECT_EQ(port_.Post("/api/v1/events/sensors", "[]").status, 200);
}

TEST_F(BulkRouteTest, WhereTheListBreaksIsSaid) {
  const auto answer =
      port_.Post("/api/v1/events/measurements", fmt::format("[{},{},,", Reading(0), Reading(1)));
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(Body(answer).at("accepted"), 2);
  EXPECT_EQ(Body(answer).at("next_index"), 2);
  EXPECT_EQ(writer_.appended().size(), 2U);
  EXPECT_EQ(port_.Post("/api/v1/events/measurements", "").status, 400);
}

TEST_F(BulkRouteTest, OtherFormsAreRefusedByName) {
  const auto path = "/api/v1/events/measurements";
  for (const auto* header :
       {"Content-Type: text/csv\r\n", "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/json\r\nContent-Type: application/x-ndjson\r\n"}) {
    EXPECT_NE(port_.Post(path, Reading(0), header).body.find("unsupported-type"),
              std::string::npos);
  }
  for (const auto* header : {"Content-Encoding: br\r\n", "Content-Encoding: gzip, gzip\r\n",
                             "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"}) {
    const auto answer = port_.Post(path, Reading(0), header);
    EXPECT_EQ(answer.status, 415);
    EXPECT_NE(answer.body.find("unsupported-encoding"), std::string::npos);
  }
  EXPECT_EQ(
      port_.Post(path, Reading(0), "Content-Type: application/json;charset=latin1\r\n").status,
      415);
  EXPECT_EQ(port_.Post(path, "no gzip", "Content-Encoding: gzip\r\n").status, 400);
  EXPECT_TRUE(writer_.appended().empty());
}

TEST_F(BulkRouteTest, WhatTheLogDoesNotTakeIsSaidWithWhatItTook) {
  writer_.AnswerWith(Kind::kRefused, Error(ErrorCode::kUnavailable, "full"));
  const auto full = port_.Post("/api/v1/events/measurements", Reading(0));
  EXPECT_EQ(full.status, 503);
  EXPECT_EQ(Body(full).at("accepted"), 0);
  EXPECT_EQ(full.Header("retry-after"), "1");
  writer_.AnswerWith(Kind::kUnknown, Error(ErrorCode::kTimeout, "no answer"));
  EXPECT_EQ(port_.Post("/api/v1/events/measurements", Reading(0)).status, 504);
  writer_.AnswerWith(Kind::kRefused, Error(ErrorCode::kNotFound, "no topic"));
  EXPECT_NE(port_.Post("/api/v1/events/measurements", Reading(0)).body.find("topic-missing"),
            std::string::npos);
}

}  // namespace
}  // namespace herdflow::api
