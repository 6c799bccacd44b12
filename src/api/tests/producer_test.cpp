#include "herdflow/api/producer.hpp"

#include <fmt/format.h>

#include "api_fixture.hpp"
#include "herdflow/intake/intake.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

using Kind = pipeline::AppendOutcome::Kind;

class ProducerTest : public testing::Test {
 protected:
  FakeWriter writer_;
  FakeTopics topics_;
  FakeFarms farms_;
  Port port_{ProducerRoutes({writer_, topics_, farms_}), ProducerDocument()};
};

constexpr const char* kReading =
    R"({"sensor_id":"s-1","cow_id":"c-1","timestamp":1594425600,"value":"549.95"})";

TEST_F(ProducerTest, AReadingIsAnsweredOnceItIsDurable) {
  const auto answer = port_.Post("/measurement", kReading);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status":"success","message":"Sent to measurements kafka topic",)"
                         R"("topic":"measurements","partition":2,"offset":0,"warnings":[]})");
  ASSERT_EQ(writer_.appended().size(), 1U);
  EXPECT_EQ(writer_.appended()[0].topic, pipeline::Topic::kMeasurements);
  EXPECT_EQ(writer_.appended()[0].key, "s-1_c-1");
  EXPECT_EQ(writer_.appended()[0].value, kReading);
}

TEST_F(ProducerTest, EveryPathOfTheSeedSystemWorks) {
  for (const auto* prefix : {"", "/ingrid"}) {
    for (const auto* slash : {"", "/"}) {
      const auto path = [&](const char* name) {
        return fmt::format("{}/{}{}", prefix, name, slash);
      };
      const auto cow = port_.Post(path("cow"), R"({"id":"c-1","name":"Bella"})");
      EXPECT_NE(cow.body.find("Sent to cows kafka topic"), std::string::npos);
      const auto sensor = port_.Post(path("sensor"), R"({"id":7,"unit":"L"})");
      EXPECT_NE(sensor.body.find("Sent to sensors kafka topic"), std::string::npos);
      EXPECT_EQ(port_.Post(path("measurement"), kReading).status, 200);
    }
  }
  const auto appended = writer_.appended();
  ASSERT_EQ(appended.size(), 12U);
  EXPECT_EQ(appended[0].key, "c-1");
  EXPECT_EQ(appended[1].key, "7");
}

TEST_F(ProducerTest, KeepsTheSendersBytesWithoutTheBlanksAround) {
  const std::string odd = "{ \"id\" : \"c\\u0031\",\n \"extra\":[1, 2] }";
  EXPECT_EQ(port_.Post("/cow", " \r\n\t" + odd + "\n\n").status, 200);
  EXPECT_EQ(writer_.appended()[0].value, odd);
  EXPECT_EQ(writer_.appended()[0].key, "c1");
}

TEST_F(ProducerTest, WhatTheSenderCallsItsRequestGoesAlong) {
  const auto called = [this](const std::string& headers) {
    const auto answer = port_.Post("/measurement", kReading, headers);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string hex = answer.Header("x-request-id");
    const auto along = writer_.appended().back().headers;
    EXPECT_EQ(along.size(), 1U);
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    EXPECT_EQ(along.at(0).name, intake::kRequestIdHeader);
    EXPECT_EQ(along.at(0).value, bytes);
    return hex;
  };
  const std::string id = "0af7651916cd43dd8448eb211c80319c";
  EXPECT_EQ(called("X-Request-Id: " + id + "\r\n"), id);
  EXPECT_EQ(called("x-request-id: 0AF76519-16cd-43dd-8448-eb211c80319c\r\n"), id);
  const std::string trace = "traceparent: 00-" + id + "-b7ad6b7169203331-01\r\n";
  EXPECT_EQ(called(trace), id);
  // Whoever kept the answer finds the request by it in the log, with any later version.
  EXPECT_EQ(called("X-Request-Id: morning milk\r\n" + trace), "2c31146f8874e843f98cd4a2c6c57bb2");
  EXPECT_NE(called("X-Request-Id: morning milk\r\n"), called("X-Request-Id: evening milk\r\n"));
  const std::string nought = "traceparent: 00-" + std::string(32, '0') + "-b7ad6b7169203331-01\r\n";
  EXPECT_NE(called(nought), std::string(32, '0'));
  EXPECT_NE(called(""), called(""));
  EXPECT_EQ(called("").size(), 32U);
}

TEST_F(ProducerTest, WhatCanBeMendedLaterIsAcceptedWithWarnings) {
  const auto answer = port_.Post(
      "/measurement", R"({"sensor_id":"s","cow_id":"c","timestamp":1594425600,"value":-1})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Complaints(answer, "warnings"), "body.value negative");
}

TEST_F(ProducerTest, EveryOffendingFieldIsNamedAtOnce) {
  const auto answer =
      port_.Post("/measurement", R"({"sensor_id":" s","timestamp":"yesterday","value":-1})");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(Complaints(answer),
            "body.sensor_id bad_characters, body.cow_id missing, body.timestamp bad_timestamp");
  EXPECT_EQ(Complaints(port_.Post("/cow", "{}")), "body.id missing");
  EXPECT_EQ(Complaints(port_.Post("/sensor", R"({"id":[1]})")), "body.id bad_type");
  EXPECT_TRUE(writer_.appended().empty());
}

TEST_F(ProducerTest, WhatIsNoJsonObjectIsA400) {
  for (const std::string body : {"", "  ", "x", "[]", "1", "null", "{\"id\":1", "{\"id\":1}}",
                                 "{\"id\":\"\xff\"}", "\"{}\"", "{\"id\":\"a\nb\"}"}) {
    for (const auto* path : {"/cow", "/sensor", "/measurement"}) {
      const auto answer = port_.Post(path, body);
      EXPECT_EQ(answer.status, 400) << path << " " << body;
      EXPECT_NE(Complaints(answer), "") << path << " " << body;
    }
  }
  EXPECT_EQ(port_.Post("/cow", R"({"id":1,"id":2})").status, 400);
  EXPECT_TRUE(writer_.appended().empty());
}

TEST_F(ProducerTest, TakesAnyMediaTypeButNoOtherCharset) {
  for (const auto* type : {"application/json", "text/plain", "application/json; charset=UTF-8",
                           "application/json;charset=\"utf-8\""}) {
    const std::string header = std::string("Content-Type: ") + type + "\r\n";
    EXPECT_EQ(port_.Post("/measurement", kReading, header).status, 200) << type;
  }
  const auto* latin = "Content-Type: application/json; charset=iso-8859-1\r\n";
  EXPECT_EQ(port_.Post("/measurement", kReading, latin).status, 415);
}

TEST_F(ProducerTest, ACompressedBodyIsRefusedByTheNameOfItsEncoding) {
  EXPECT_EQ(port_.Post("/measurement", kReading, "Content-Encoding: identity\r\n").status, 200);
  for (const std::string encoding : {"gzip", "br, gzip", "zstd"}) {
    const auto answer =
        port_.Post("/measurement", kReading, "Content-Encoding: " + encoding + "\r\n");
    EXPECT_EQ(answer.status, 415);
    EXPECT_NE(answer.body.find("unsupported-encoding"), std::string::npos);
    EXPECT_NE(answer.body.find("Content-Encoding is " + encoding), std::string::npos)
        << answer.body;
  }
}

TEST_F(ProducerTest, EachHeaderThatTellsOfTheBodysEncodingCounts) {
  const auto status = [this](const std::string& headers) {
    return port_.Post("/measurement", kReading, headers).status;
  };
  const std::string plain = "Content-Encoding: identity\r\nContent-Type: text/plain\r\n";
  EXPECT_EQ(status(plain + plain), 200);
  EXPECT_EQ(status(plain + "content-encoding: gzip\r\n"), 415);
  EXPECT_EQ(status("Content-Encoding:\r\nContent-Encoding: gzip\r\n"), 415);
  EXPECT_EQ(status(plain + "content-type: text/plain; charset=utf-16\r\n"), 415);
}

TEST_F(ProducerTest, LargeBodiesAreRefused) {
  const std::string filler(65'536, 'x');
  EXPECT_EQ(port_.Post("/cow", R"({"id":"c","name":")" + filler + "\"}").status, 413);
}

TEST_F(ProducerTest, AFullLogIsA503ToTryAgain) {
  writer_.AnswerWith(Kind::kRefused, Error(ErrorCode::kUnavailable, "queue of /data/log.db full"));
  const auto answer = port_.Post("/measurement", kReading);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.Header("retry-after"), "1");
  EXPECT_EQ(answer.body.find("log.db"), std::string::npos);
}

TEST_F(ProducerTest, EveryRefusalHasItsStatus) {
  const std::pair<ErrorCode, int> expected[] = {
      {ErrorCode::kInvalidInput, 413}, {ErrorCode::kNotFound, 503}, {ErrorCode::kConflict, 409},
      {ErrorCode::kShuttingDown, 503}, {ErrorCode::kTimeout, 504},  {ErrorCode::kCorruptData, 500},
      {ErrorCode::kInternal, 500},
  };
  for (const auto& [code, status] : expected) {
    writer_.AnswerWith(Kind::kRefused, Error(code, "why"));
    EXPECT_EQ(port_.Post("/measurement", kReading).status, status) << Name(code);
  }
}

TEST_F(ProducerTest, AMissingTopicSaysSoAndPromisesNoRetry) {
  writer_.AnswerWith(Kind::kRefused, Error(ErrorCode::kNotFound, "no topic x.measurements"));
  const auto answer = port_.Post("/measurement", kReading);
  EXPECT_NE(answer.body.find("urn:herdflow:problem:topic-missing"), std::string::npos);
  EXPECT_EQ(answer.Header("retry-after"), "");
}

TEST_F(ProducerTest, AnEventThatTheLogFindsTooLargeSaysSo) {
  writer_.AnswerWith(Kind::kRefused, Error(ErrorCode::kInvalidInput, "larger than 1000 bytes"));
  const auto answer = port_.Post("/measurement", kReading);
  EXPECT_EQ(answer.status, 413);
  EXPECT_NE(answer.body.find("urn:herdflow:problem:body-too-large"), std::string::npos);
}

TEST_F(ProducerTest, AnUnknownOutcomeSaysThatSendingAgainIsHarmless) {
  writer_.AnswerWith(Kind::kUnknown, Error(ErrorCode::kTimeout, "fsync of /data/log.db"));
  const auto answer = port_.Post("/measurement", kReading);
  EXPECT_EQ(answer.status, 504);
  EXPECT_NE(answer.body.find("Sending the same again is harmless"), std::string::npos);
  EXPECT_EQ(answer.body.find("log.db"), std::string::npos);
}

TEST_F(ProducerTest, IsNotReadyWhileTheLogIsAway) {
  topics_.failure = Error(ErrorCode::kUnavailable, "asking Kafka at 10.0.0.7: no answer");
  const auto answer = port_.Get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("The event log does not answer."), std::string::npos);
  EXPECT_EQ(answer.body.find("10.0.0.7"), std::string::npos);
}

TEST_F(ProducerTest, TheLogIsNotAskedForEveryoneWhoAsks) {
  for (int i = 0; i < 50; ++i) EXPECT_EQ(port_.Get("/readyz").status, 200);
  EXPECT_LT(topics_.asked, 10);  // Once a second.
}

TEST_F(ProducerTest, ListsOnlyItsOwnPaths) {
  EXPECT_EQ(port_.Get("/healthz").body, R"({"status":"ok"})");
  EXPECT_EQ(port_.Get("/readyz").body, R"({"status":"ready"})");
  EXPECT_EQ(port_.Get("/cows/c-1").status, 404);
  EXPECT_EQ(port_.Get("/cow").status, 405);
}

}  // namespace
}  // namespace herdflow::api
