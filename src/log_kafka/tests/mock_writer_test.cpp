#include <thread>

#include "event_log_helpers.hpp"
#include "mock_cluster.hpp"

namespace herdflow::log_kafka::testing {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = pipeline::AppendOutcome::Kind;
using pipeline::AppendOutcome;
using pipeline::EventBatch;
using pipeline::EventWriter;
using pipeline::Topic;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class KafkaWriterOnMock : public ::testing::Test {
 protected:
  std::unique_ptr<EventWriter> Writer() { return Writer(cluster_.Options()); }
  static std::unique_ptr<EventWriter> Writer(const KafkaLogOptions& options) {
    auto writer = MakeKafkaEventWriter(options);
    EXPECT_TRUE(writer) << writer.error().message();
    return *std::move(writer);
  }
  static std::vector<AppendOutcome> Append(EventWriter& writer, EventBatch batch) {
    pipeline::testing::Outcomes outcomes;
    writer.Append(Topic::kCows, std::move(batch), outcomes.Next());
    auto all = outcomes.Wait();
    return all.empty() ? std::vector<AppendOutcome>() : all[0];
  }
  static AppendOutcome AppendOne(EventWriter& writer) {
    auto outcomes = Append(writer, {{"key", "value", {}}});
    EXPECT_EQ(outcomes.size(), 1u);
    return outcomes.empty() ? AppendOutcome() : outcomes[0];
  }
  /// The writer must find its way back by itself.
  static void ExpectDurableSoon(EventWriter& writer) {
    const auto deadline = Clock::now() + pipeline::testing::kContractPatience;
    Kind kind = Kind::kUnknown;
    while (kind != Kind::kDurable && Clock::now() < deadline) kind = AppendOne(writer).kind;
    EXPECT_EQ(kind, Kind::kDurable);
  }
  static void ExpectDurable(const AppendOutcome& outcome) {
    EXPECT_EQ(outcome.kind, Kind::kDurable)
        << (outcome.error ? outcome.error->message() : "no reason");
  }
  static void ExpectFailure(const AppendOutcome& outcome, Kind kind, ErrorCode code,
                            const std::string& says) {
    EXPECT_EQ(outcome.kind, kind);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code(), code) << outcome.error->message();
    EXPECT_THAT(outcome.error->message(), HasSubstr(says));
  }

  MockCluster cluster_{2};
};

TEST_F(KafkaWriterOnMock, ATopicThatIsMadeLaterIsFoundWithoutARestart) {
  auto writer = Writer();
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto before = Clock::now();
  ExpectFailure(AppendOne(*writer), Kind::kRefused, ErrorCode::kNotFound, "herdflow topics create");
  EXPECT_LT(Clock::now() - before, milliseconds(1'000));
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_NO_ERROR);
  ExpectDurable(AppendOne(*writer));
}

TEST_F(KafkaWriterOnMock, HeadersToAMissingTopicAreNoHarm) {
  auto writer = Writer();
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const EventBatch batch{{"key", "value", {{"trace", "1"}, {"", ""}}}};
  ExpectFailure(Append(*writer, batch)[0], Kind::kRefused, ErrorCode::kNotFound, "cows");
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_NO_ERROR);
  ExpectDurable(Append(*writer, batch)[0]);
}

TEST_F(KafkaWriterOnMock, HeadersWhileTheTopicGoesAwayAreNoHarm) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const EventBatch batch{{"key", "value", {{"trace", "1"}}}, {"key", "value", {{"trace", "2"}}}};
  const auto deadline = Clock::now() + pipeline::testing::kContractPatience;
  bool missing = false;
  while (!missing && Clock::now() < deadline) {  // Until the client has heard of it.
    const auto outcome = Append(*writer, batch)[0];
    missing = outcome.error && outcome.error->code() == ErrorCode::kNotFound;
  }
  EXPECT_TRUE(missing);
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_NO_ERROR);
  AppendOutcome outcome;  // Refused for a moment, while the client hears that the topic is back.
  do {
    outcome = Append(*writer, batch)[0];
  } while (outcome.kind != Kind::kDurable && Clock::now() < deadline);
  ExpectDurable(outcome);
}

TEST_F(KafkaWriterOnMock, AnEmptyKeyHasTheSamePartitionAsElsewhere) {
  cluster_.MakeTopic("cows", 5);
  const auto outcomes = Append(*Writer(), {{"", "1", {}}, {"", "2", {{"trace", "x"}}}});
  for (const auto& outcome : outcomes) {
    ExpectDurable(outcome);
    EXPECT_EQ(outcome.partition, pipeline::PartitionOf("", 5));
  }
}

TEST_F(KafkaWriterOnMock, AFullQueueRefusesWhatDoesNotFit) {
  cluster_.MakeTopic("cows");
  auto options = cluster_.Options();
  options.max_queued_events = 10;
  auto writer = Writer(options);
  ExpectDurable(AppendOne(*writer));
  cluster_.SetUp(false);
  const auto before = Clock::now();
  pipeline::testing::Outcomes outcomes;
  writer->Append(Topic::kCows, EventBatch(8, {"key", "value", {}}), outcomes.Next());
  writer->Append(Topic::kCows, EventBatch(8, {"key", "value", {}}), outcomes.Next());
  EXPECT_LT(Clock::now() - before, milliseconds(500));
  writer->Append(Topic::kCows, EventBatch(1, {"key", "value", {}}), outcomes.Next());
  cluster_.SetUp(true);
  const auto all = outcomes.Wait();
  for (const auto& outcome : all[0]) ExpectDurable(outcome);
  ExpectDurable(all[1][1]);
  for (std::size_t i = 2; i < 8; ++i) {
    ExpectFailure(all[1][i], Kind::kRefused, ErrorCode::kUnavailable, "try again later");
  }
  ExpectFailure(all[2][0], Kind::kRefused, ErrorCode::kUnavailable, "10 events");
  ExpectDurable(AppendOne(*writer));
}

TEST_F(KafkaWriterOnMock, WhatWaitsForATopicThatNobodyKnowsYetIsBoundedInBytesToo) {
  cluster_.MakeTopic("cows");
  cluster_.SetUp(false);
  auto options = cluster_.Options();
  options.max_queued_bytes = 100'000;
  options.message_timeout = milliseconds(5'000);
  auto writer = Writer(options);
  pipeline::testing::Outcomes waiting, refused;
  const EventBatch large{{"key", std::string(60'000, 'x'), {}}};
  writer->Append(Topic::kCows, large, waiting.Next());
  writer->Append(Topic::kCows, large, refused.Next());
  writer->Append(Topic::kCows, {{"key", "value", {}}}, waiting.Next());
  ExpectFailure(refused.Wait().at(0).at(0), Kind::kRefused, ErrorCode::kUnavailable,
                "100000 bytes");
  cluster_.SetUp(true);
  for (const auto& batch : waiting.Wait()) ExpectDurable(batch.at(0));
  ExpectDurable(Append(*writer, large).at(0));
}

TEST_F(KafkaWriterOnMock, WhatWasSentAndNotAcknowledgedIsUnknown) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.SetRoundTrip(milliseconds(4'000));
  ExpectFailure(AppendOne(*writer), Kind::kUnknown, ErrorCode::kTimeout, "may be there");
  cluster_.SetRoundTrip(milliseconds(0));
  ExpectDurableSoon(*writer);
}

TEST_F(KafkaWriterOnMock, WhatALaterOneAloneWasAcknowledgedForIsUnknown) {
  cluster_.MakeTopic("cows", 1);
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.SetRoundTrip(milliseconds(200));
  cluster_.Fail(Request::kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  pipeline::testing::Outcomes outcomes;
  writer->Append(Topic::kCows, {{"key", "refused at first", {}}}, outcomes.Next());
  std::this_thread::sleep_for(milliseconds(50));  // In a request of its own.
  writer->Append(Topic::kCows, {{"key", "taken", {}}}, outcomes.Next());
  const auto all = outcomes.Wait();
  ASSERT_EQ(all.size(), 2u);
  ExpectFailure(all[0].at(0), Kind::kUnknown, ErrorCode::kTimeout, "only that a later one is");
  ExpectDurable(all[1].at(0));
}

TEST_F(KafkaWriterOnMock, ABrokerThatIsAwayRefusesAndOneThatIsBackTakes) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.SetUp(false);
  std::this_thread::sleep_for(milliseconds(200));
  ExpectFailure(AppendOne(*writer), Kind::kRefused, ErrorCode::kUnavailable, "brokers");
  cluster_.SetUp(true);
  ExpectDurable(AppendOne(*writer));
}

TEST_F(KafkaWriterOnMock, WithoutAnyBrokerEachEventHasItsOutcomeInTime) {
  auto options = cluster_.Options();
  options.brokers = "127.0.0.1:1";
  auto writer = Writer(options);
  const auto before = Clock::now();
  ExpectFailure(AppendOne(*writer), Kind::kRefused, ErrorCode::kUnavailable, "brokers");
  EXPECT_LT(Clock::now() - before, options.message_timeout + milliseconds(2'000));
}

TEST_F(KafkaWriterOnMock, DestructionWithoutABrokerEndsWithEveryOutcome) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.SetUp(false);
  pipeline::testing::Outcomes outcomes;
  writer->Append(Topic::kCows, EventBatch(5, {"key", "value", {}}), outcomes.Next());
  writer->Append(Topic::kSensors, EventBatch(5, {"key", "value", {}}), outcomes.Next());
  const auto before = Clock::now();
  writer.reset();
  EXPECT_LT(Clock::now() - before, milliseconds(6'000));
  EXPECT_EQ(outcomes.arrived(), 2u);
}

TEST_F(KafkaWriterOnMock, APassingFailureOfTheBrokersIsNobodysConcern) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  for (const auto error :
       {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT}) {
    cluster_.Fail(Request::kProduce, {error});
    ExpectDurable(AppendOne(*writer));
  }
}

TEST_F(KafkaWriterOnMock, ALeaderThatMovesIsFollowedInOrder) {
  cluster_.MakeTopic("cows", 1);
  cluster_.SetLeader("cows", 0, 1);
  auto writer = Writer();
  pipeline::testing::Outcomes outcomes;
  for (int i = 0; i < 200; ++i) {
    if (i % 50 == 25) cluster_.SetLeader("cows", 0, i % 100 == 25 ? 2 : 1);
    writer->Append(Topic::kCows, {{"key", std::to_string(i), {}}}, outcomes.Next());
    std::this_thread::sleep_for(milliseconds(1));
  }
  std::int64_t last = -1;
  for (const auto& batch : outcomes.Wait()) {
    ExpectDurable(batch[0]);
    EXPECT_GT(batch[0].offset, last);
    last = batch[0].offset;
  }
}

TEST_F(KafkaWriterOnMock, AMissingRightIsForTheOperatorToMend) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.Fail(Request::kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto outcome = AppendOne(*writer);
  ExpectFailure(outcome, Kind::kRefused, ErrorCode::kUnavailable, "cows");
  EXPECT_THAT(outcome.error->message(), HasSubstr("no right to write"));
  ExpectDurableSoon(*writer);
}

TEST_F(KafkaWriterOnMock, AnEventThatIsTooLargeIsRefusedAlone) {
  cluster_.MakeTopic("cows");
  auto options = cluster_.Options();
  options.max_message_bytes = 100'000;
  auto writer = Writer(options);
  const auto outcomes =
      Append(*writer,
             {{"a", "1", {}}, {"a", std::string(200'000, 'x'), {{"trace", "1"}}}, {"a", "2", {}}});
  ASSERT_EQ(outcomes.size(), 3u);
  ExpectDurable(outcomes[0]);
  ExpectFailure(outcomes[1], Kind::kRefused, ErrorCode::kInvalidInput, "100000");
  ExpectDurable(outcomes[2]);
}

TEST_F(KafkaWriterOnMock, WhatWasRefusedWithOthersMayComeAgainAndWhatWasRefusedAloneMayNot) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  cluster_.Fail(Request::kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  ExpectFailure(AppendOne(*writer), Kind::kRefused, ErrorCode::kUnavailable, "send again");
  // Nobody tells what the topic takes: from here on each event goes alone. One may go with the old
  // batches still, while the writer asks; behind that one no other does.
  ExpectDurableSoon(*writer);
  ExpectDurable(AppendOne(*writer));
  cluster_.Fail(Request::kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  ExpectFailure(AppendOne(*writer), Kind::kRefused, ErrorCode::kInvalidInput, "max.message.bytes");
}

TEST_F(KafkaWriterOnMock, AProducerThatFailedForGoodIsMadeAnew) {
  cluster_.MakeTopic("cows");
  auto writer = Writer();
  ExpectDurable(AppendOne(*writer));
  cluster_.Fail(Request::kProduce, {RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER});
  const auto outcome = AppendOne(*writer);
  EXPECT_NE(outcome.kind, Kind::kDurable);
  ExpectDurableSoon(*writer);
}

}  // namespace
}  // namespace herdflow::log_kafka::testing
