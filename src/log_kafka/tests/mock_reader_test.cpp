#include <thread>

#include "event_log_helpers.hpp"
#include "mock_cluster.hpp"

namespace herdflow::log_kafka::testing {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::EventBatch;
using pipeline::Idle;
using pipeline::Polled;
using pipeline::Topic;
using pipeline::testing::TestConsumer;
using std::chrono::milliseconds;

class KafkaReaderOnMock : public ::testing::Test {
 protected:
  KafkaReaderOnMock() { cluster_.MakeTopic("cows"); }

  std::unique_ptr<pipeline::EventReader> Reader() {
    KafkaLogOptions options = cluster_.Options();
    // The mock brokers never answer a member that joins again because it saw the topics anew.
    options.metadata_interval = std::chrono::minutes(1);
    auto reader = MakeKafkaEventReader(options, "group", {Topic::kCows});
    EXPECT_TRUE(reader) << reader.error().message();
    return *std::move(reader);
  }
  void Write(int count) {
    auto writer = MakeKafkaEventWriter(cluster_.Options());
    ASSERT_TRUE(writer);
    pipeline::testing::Outcomes outcomes;
    (*writer)->Append(Topic::kCows, EventBatch(static_cast<std::size_t>(count), {"key", "v", {}}),
                      outcomes.Next());
    const auto all = outcomes.Wait();
    for (const auto& outcome : all.at(0)) {
      ASSERT_EQ(outcome.kind, pipeline::AppendOutcome::Kind::kDurable);
    }
  }

  MockCluster cluster_{1};
};

TEST_F(KafkaReaderOnMock, ABrokerThatComesBackIsReadOnWithoutARestart) {
  Write(5);
  TestConsumer consumer(Reader());
  consumer.PollUntilRead(5);
  cluster_.SetUp(false);
  bool told = false;
  const auto until = Clock::now() + milliseconds(1'500);
  while (Clock::now() < until) {
    const auto before = Clock::now();
    const auto polled = consumer.reader().Poll({.wait = milliseconds(50)});
    EXPECT_LT(Clock::now() - before, milliseconds(1'000));
    if (!polled) {
      EXPECT_EQ(polled.error().code(), ErrorCode::kUnavailable) << polled.error().message();
      told = true;
    }
  }
  EXPECT_TRUE(told);
  cluster_.SetUp(true);
  Write(3);
  const auto deadline = Clock::now() + pipeline::testing::kContractPatience;
  while (Count(consumer.read) < 8 && Clock::now() < deadline) {
    const auto polled = consumer.reader().Poll({});
    if (!polled) continue;
    if (const auto* given = std::get_if<pipeline::Assigned>(&*polled)) {
      for (const auto& partition : given->partitions) {
        const auto read = consumer.read[partition.partition].size();
        EXPECT_TRUE(consumer.reader().Start(partition.partition, static_cast<int>(read)));
      }
    } else if (const auto* batch = std::get_if<pipeline::MessageBatch>(&*polled)) {
      Collect(*batch, consumer.read);
    }
  }
  EXPECT_EQ(Count(consumer.read), 8u);
}

TEST_F(KafkaReaderOnMock, ItEndsInTimeThoughNoBrokerIsThere) {
  auto consumer = std::make_unique<TestConsumer>(Reader());
  consumer->PollUntil([&] { return consumer->assigned.size() == 3; });
  consumer->reader().ReportLoaded({Topic::kCows, 0}, 0);
  cluster_.SetUp(false);
  const auto before = Clock::now();
  consumer.reset();
  EXPECT_LT(Clock::now() - before, milliseconds(8'000));
}

TEST_F(KafkaReaderOnMock, WithoutAnyBrokerItIsUnavailable) {
  auto options = cluster_.Options();
  options.brokers = "127.0.0.1:1";
  const auto reader = MakeKafkaEventReader(options, "group", {Topic::kCows}).value();
  ErrorCode code = ErrorCode::kInternal;
  for (int i = 0; i < 100 && code == ErrorCode::kInternal; ++i) {
    const auto polled = reader->Poll({.wait = milliseconds(50)});
    if (!polled) code = polled.error().code();
  }
  EXPECT_EQ(code, ErrorCode::kUnavailable);
  const auto admin = MakeKafkaTopicAdmin(options).value();
  const auto listed = admin->List();
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code(), ErrorCode::kUnavailable) << listed.error().message();
}

TEST_F(KafkaReaderOnMock, ASlowBrokerIsHeardOut) {
  cluster_.SetRoundTrip(milliseconds(1'100));
  auto options = cluster_.Options();
  options.request_timeout = milliseconds(20'000);
  const auto admin = MakeKafkaTopicAdmin(options).value();
  const auto read = admin->Read({Topic::kCows, 99}, 0, 1);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kNotFound) << read.error().message();
}

TEST_F(KafkaReaderOnMock, ARightThatIsMissingIsToldOnce) {
  cluster_.SetTopicError("cows", RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  const auto reader = Reader();
  Result<Polled> polled = Idle{};
  for (int i = 0; i < 100 && polled; ++i) polled = reader->Poll({.wait = milliseconds(50)});
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(polled.error().message(), ::testing::HasSubstr("cows"));
}

TEST_F(KafkaReaderOnMock, AFailedFetchIsTriedAgain) {
  Write(5);
  TestConsumer consumer(Reader());
  cluster_.Fail(Request::kFetch,
                {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
                 RD_KAFKA_RESP_ERR_UNKNOWN});
  consumer.PollUntilRead(5);
}

TEST_F(KafkaReaderOnMock, APartitionWithoutALeaderIsAwayAndTheOthersAreRead) {
  Write(5);
  TestConsumer consumer(Reader());
  const auto away = pipeline::PartitionOf("another key", 3);
  ASSERT_NE(away, pipeline::PartitionOf("key", 3));
  cluster_.SetLeader("cows", away, -1);
  consumer.PollUntilRead(5);
  const auto range = consumer.reader().Range({Topic::kCows, away});
  ASSERT_FALSE(range);
  EXPECT_EQ(range.error().code(), ErrorCode::kUnavailable) << range.error().message();
  EXPECT_EQ(consumer.reader().Range({Topic::kCows, pipeline::PartitionOf("key", 3)}).value().end,
            5);
  cluster_.SetLeader("cows", away, 1);
  EXPECT_TRUE(consumer.reader().Range({Topic::kCows, away}));
}

TEST_F(KafkaReaderOnMock, NoQuestionWaitsWithoutEndForABrokerThatDied) {
  Write(5);
  TestConsumer consumer(Reader());
  consumer.PollUntilRead(5);
  const auto partition = consumer.read.begin()->first;
  cluster_.SetUp(false);
  const auto before = Clock::now();
  EXPECT_FALSE(consumer.reader().Range(partition));
  EXPECT_FALSE(consumer.reader().Hides(partition, {5, 6}, Instant()));
  EXPECT_LT(Clock::now() - before, milliseconds(8'000));
}

TEST_F(KafkaReaderOnMock, AnOffsetThatIsGoneComesBackToTheOwner) {
  Write(5);
  TestConsumer consumer(Reader());
  consumer.PollUntilRead(5);
  const auto partition = consumer.read.begin()->first;
  ASSERT_TRUE(consumer.reader().Start(partition, 1'000));
  consumer.PollUntil([&] { return consumer.assigned.size() == 2; });
  consumer.PollUntilRead(10);  // Started from 0 by this owner; a loader compares first.
}

}  // namespace
}  // namespace herdflow::log_kafka::testing
