#include "bulk.hpp"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <tuple>
#include <vector>

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

TEST_F(BulkRouteTest, AByteOrderMarkBeforeABodyIsNoneOfIt) {
  const std::string mark = "\xEF\xBB\xBF";
  const auto path = "/api/v1/events/measurements";
  EXPECT_EQ(port_.Post("/measurement", mark + Reading(0)).status, 200);
  EXPECT_EQ(port_.Post(path, mark + Reading(1), kLines).status, 200);
  EXPECT_EQ(port_.Post(path, mark + Reading(2)).status, 200);
  EXPECT_EQ(port_.Post(path, mark + "[" + Reading(3) + "]").status, 200);
}

TEST_F(BulkRouteTest, EveryAnswerNamesItsRequest) {
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  const auto named = "X-Request-Id: " + id + "\r\n";
  for (const auto& [path, headers, status] :
       {std::tuple{"/api/v1/events/cows", named, 200},
        {"/api/v1/events/cows", named + "Content-Type: text/csv\r\n", 415},
        {"/api/v1/events/cows", named + "Content-Encoding: br\r\n", 415},
        {"/api/v1/farms/NO/events/cows", named, 422}}) {
    const auto answer = port_.Post(path, R"({"id":"a","name":"A"})", headers);
    EXPECT_EQ(answer.status, status) << path;
    EXPECT_EQ(answer.Header("x-request-id"), id) << path << headers;
  }
}

TEST_F(BulkRouteTest, ABrokenBodyIsNotToldToBeAnObject) {
  for (const auto* body : {"", "[{},", "7"}) {
    const auto answer = port_.Post("/api/v1/events/cows", body);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(Body(answer).at("title"), "Body is not the JSON that was expected");
  }
}

/// Answers nothing.
class SilentWriter final : public pipeline::EventWriter {
 public:
  void Append(pipeline::Topic, pipeline::EventBatch, pipeline::Completion done) override {
    done_.push_back(std::move(done));
  }

 private:
  std::vector<pipeline::Completion> done_;
};

/// What is answered where one item of a body came, and then this.
http::Response AnswerTo(pipeline::EventWriter& writer, intake::FarmBook& farms,
                        std::string_view item, const std::vector<http::CutShort>& then) {
  const auto route = BulkRoute("/events", pipeline::Topic::kMeasurements, {writer, farms});
  const auto told = std::make_shared<std::promise<http::Response>>();
  const auto sink =
      route.stream({}, [told](http::Response response) { told->set_value(std::move(response)); });
  sink->Take(fmt::format("[{},", item), [] {});
  for (const auto why : then) sink->Cut(why);
  return told->get_future().get();
}

TEST_F(BulkRouteTest, WhatCutABodyIsToldWithWhatIsDurable) {
  for (const auto& [why, status, type] :
       {std::tuple{http::CutShort::kUnfinished, 400, "urn:herdflow:problem:malformed-request"},
        {http::CutShort::kBroken, 400, "urn:herdflow:problem:malformed-request"},
        {http::CutShort::kSilent, 408, "urn:herdflow:problem:request-timeout"},
        {http::CutShort::kStopping, 503, "urn:herdflow:problem:unavailable"}}) {
    const auto answer = AnswerTo(writer_, farms_, Reading(0), {why});
    EXPECT_EQ(answer.status, status);
    const auto body = boost::json::parse(answer.body);
    EXPECT_EQ(body.at("type"), type);
    EXPECT_EQ(body.at("accepted"), 1);
    EXPECT_EQ(body.at("next_index"), 1);
    EXPECT_NE(answer.body.find(" 1 item is durable."), std::string::npos) << answer.body;
  }
}

TEST_F(BulkRouteTest, ALogThatIsSlowIsAnUnknownOutcomeWithWhatIsKnown) {
  using http::CutShort;
  for (const auto& then : {std::vector<CutShort>{CutShort::kSilent, CutShort::kSlow},
                           {CutShort::kStopping, CutShort::kSlow}}) {
    SilentWriter slow;
    const auto answer = AnswerTo(slow, farms_, Reading(0), then);
    EXPECT_EQ(answer.status, 504);
    const auto body = boost::json::parse(answer.body);
    EXPECT_EQ(body.at("type"), "urn:herdflow:problem:outcome-unknown");
    EXPECT_EQ(body.at("accepted"), 0);
    EXPECT_EQ(body.at("next_index"), 1);
  }
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
