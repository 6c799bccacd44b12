#include <random>
#include <set>
#include <thread>

#include "event_log_contract.hpp"
#include "raw_kafka.hpp"
#include "stack_fixture.hpp"

namespace herdflow::log_kafka::testing {
namespace {

using Kind = pipeline::AppendOutcome::Kind;
using pipeline::EventBatch;
using pipeline::kAllTopics;
using pipeline::PollLimits;
using pipeline::Topic;
using pipeline::TopicPartition;
using pipeline::testing::EventLogContract;
using pipeline::testing::EventLogUnderTest;
using pipeline::testing::TestConsumer;
using std::chrono::milliseconds;

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract,
                         ::testing::Values(EventLogUnderTest{
                             "kafka", [] { return std::make_unique<KafkaFixture>(); },
                             MissingStack}));

class KafkaLog : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto missing = MissingStack(); !missing.empty()) {
      const char* ci = std::getenv("CI");
      if (ci != nullptr && std::string(ci) == "true") FAIL() << missing;
      GTEST_SKIP() << "SKIPPED: " << missing;
    }
    log_ = std::make_unique<KafkaFixture>();
    admin_ = log_->Admin();
  }

  void MakeTopic(Topic topic, std::int32_t partitions) {
    const auto made = admin_->Create(topic, {.partitions = partitions});
    ASSERT_TRUE(made) << made.error().message();
  }
  /// As a stranger made it, with these settings.
  void MakeForeignTopic(Topic topic,
                        const std::vector<std::pair<const char*, const char*>>& settings) {
    RawKafka(log_->options.brokers).MakeTopic(NameOf(topic), settings);
    MakeTopic(topic, 1);  // It is there, and this waits until the brokers know it.
  }
  static std::vector<pipeline::AppendOutcome> Append(pipeline::EventWriter& writer, Topic topic,
                                                     EventBatch batch) {
    pipeline::testing::Outcomes outcomes;
    writer.Append(topic, std::move(batch), outcomes.Next());
    return outcomes.Wait().at(0);
  }
  void Write(Topic topic, int count) {
    const auto outcomes = Append(*log_->Writer(), topic,
                                 EventBatch(static_cast<std::size_t>(count), {"key", "value", {}}));
    for (const auto& outcome : outcomes) ASSERT_EQ(outcome.kind, Kind::kDurable);
  }
  [[nodiscard]] std::string NameOf(Topic topic) const {
    return log_->options.topic_prefix + std::string(pipeline::Name(topic));
  }
  TestConsumer Consumer() {
    return TestConsumer(log_->Reader("group", {kAllTopics.begin(), kAllTopics.end()}));
  }

  static constexpr PollLimits kQuick{.wait = milliseconds(20)};
  std::unique_ptr<KafkaFixture> log_;
  std::unique_ptr<pipeline::TopicAdmin> admin_;
};

TEST_F(KafkaLog, TheMembersOfAGroupShareItsPartitions) {
  MakeTopic(Topic::kCows, 4);
  auto first = Consumer();
  first.PollUntil([&] { return first.assigned.size() == 4; });
  auto second = std::make_unique<TestConsumer>(Consumer());
  first.PollUntil(
      [&] {
        second->Poll(kQuick);
        return first.assigned.size() == 2 && second->assigned.size() == 2;
      },
      kQuick);
  for (const auto& [partition, given] : second->assigned) {
    EXPECT_EQ(first.assigned.count(partition), 0u);
  }
  second.reset();
  // It said good-bye: nobody waits for its session to time out.
  const auto before = std::chrono::steady_clock::now();
  first.PollUntil([&] { return first.assigned.size() == 4; }, kQuick);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(4));
}

TEST_F(KafkaLog, NobodyGetsARevokedPartitionBeforeItsOwnerPollsOn) {
  MakeTopic(Topic::kCows, 1);
  const auto first = log_->Reader("group", {Topic::kCows});
  const auto second = log_->Reader("group", {Topic::kCows});
  pipeline::EventReader* owner = nullptr;
  const auto poll_until = [](pipeline::EventReader& reader, auto is_it) {
    for (int i = 0; i < 300; ++i) {
      if (is_it(reader.Poll(kQuick).value())) return true;
    }
    return false;
  };
  const auto is_assigned = [](const pipeline::Polled& polled) {
    return std::holds_alternative<pipeline::Assigned>(polled);
  };
  for (int i = 0; i < 300 && owner == nullptr; ++i) {
    for (auto* reader : {first.get(), second.get()}) {
      if (is_assigned(reader->Poll(kQuick).value())) owner = reader;
    }
  }
  ASSERT_NE(owner, nullptr);
  auto* other = owner == first.get() ? second.get() : first.get();
  const auto third = log_->Reader("group", {Topic::kCows});  // Has the group rebalance.
  ASSERT_TRUE(poll_until(*owner, [&](const pipeline::Polled& polled) {
    (void)other->Poll(kQuick);
    (void)third->Poll(kQuick);
    return std::holds_alternative<pipeline::Revoked>(polled);
  }));
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(is_assigned(other->Poll(kQuick).value()));
    EXPECT_FALSE(is_assigned(third->Poll(kQuick).value()));
  }
  bool assigned = false;
  for (int i = 0; i < 300 && !assigned; ++i) {
    for (auto* reader : {owner, other, third.get()}) {
      assigned = assigned || is_assigned(reader->Poll(kQuick).value());
    }
  }
  EXPECT_TRUE(assigned);
}

TEST_F(KafkaLog, WhatWasReportedAsLoadedIsSeenByKafkasTools) {
  MakeTopic(Topic::kCows, 1);
  Write(Topic::kCows, 5);
  {
    auto consumer = Consumer();
    consumer.PollUntilRead(5);
    consumer.reader().ReportLoaded({Topic::kCows, 0}, 5);
  }
  RawKafka raw(log_->options.brokers, log_->options.topic_prefix + "group");
  EXPECT_EQ(raw.Committed(NameOf(Topic::kCows), 0), 5);
}

TEST_F(KafkaLog, ATrimmedLogComesBackToTheOwnerWhoSeesTheNewRange) {
  MakeTopic(Topic::kCows, 1);
  Write(Topic::kCows, 10);
  auto consumer = Consumer();
  consumer.PollUntilRead(10);
  const TopicPartition partition{Topic::kCows, 0};
  RawKafka(log_->options.brokers).Trim(NameOf(Topic::kCows), 0, 7);
  EXPECT_EQ(admin_->List().value().at(0).partitions.at(0).begin, 7);
  ASSERT_TRUE(consumer.reader().Start(partition, 3));
  bool revoked = false;
  for (int i = 0; i < 300 && !revoked; ++i) {
    const auto polled = consumer.reader().Poll(kQuick).value();
    ASSERT_FALSE(std::holds_alternative<pipeline::MessageBatch>(polled));
    revoked = std::holds_alternative<pipeline::Revoked>(polled);
  }
  ASSERT_TRUE(revoked);
  ASSERT_TRUE(std::holds_alternative<pipeline::Assigned>(consumer.reader().Poll(kQuick).value()));
  const auto range = consumer.reader().Range(partition).value();
  EXPECT_EQ(range.begin, 7);
  EXPECT_EQ(range.end, 10);
  ASSERT_TRUE(consumer.reader().Start(partition, 7));
  consumer.PollUntilRead(13);
}

TEST_F(KafkaLog, AWriterGoesOnWhereATopicWasMadeAnew) {
  MakeTopic(Topic::kCows, 2);
  auto writer = log_->Writer();
  const EventBatch batch(50, {"key", "value", {{"trace", "1"}}});
  EXPECT_EQ(Append(*writer, Topic::kCows, batch)[49].offset, 49);
  ASSERT_TRUE(admin_->Delete(Topic::kCows));
  ErrorCode code = ErrorCode::kInternal;
  for (int i = 0; i < 50 && code != ErrorCode::kNotFound; ++i) {
    const auto outcome = Append(*writer, Topic::kCows, batch)[0];
    ASSERT_NE(outcome.kind, Kind::kDurable);
    code = outcome.error->code();
  }
  EXPECT_EQ(code, ErrorCode::kNotFound);
  MakeTopic(Topic::kCows, 5);
  const auto outcome = Append(*writer, Topic::kCows, batch)[49];
  ASSERT_EQ(outcome.kind, Kind::kDurable) << outcome.error->message();
  EXPECT_EQ(outcome.partition, pipeline::PartitionOf("key", 5));
  EXPECT_EQ(outcome.offset, 49);
}

TEST_F(KafkaLog, AWriterSoonUsesPartitionsThatWereAdded) {
  MakeTopic(Topic::kCows, 1);
  auto writer = log_->Writer();
  EXPECT_EQ(Append(*writer, Topic::kCows, {{"key", "", {}}})[0].partition, 0);
  ASSERT_TRUE(admin_->Alter(Topic::kCows, {.partitions = 40}));
  std::int32_t partition = 0;
  for (int i = 0; i < 300 && partition == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    partition = Append(*writer, Topic::kCows, {{"key", "", {}}})[0].partition;
  }
  EXPECT_EQ(partition, pipeline::PartitionOf("key", 40));
}

TEST_F(KafkaLog, AReaderFindsATopicThatIsMadeLater) {
  MakeTopic(Topic::kCows, 1);
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == 1; });
  MakeTopic(Topic::kSensors, 2);
  Write(Topic::kSensors, 3);
  consumer.PollUntilRead(3);
  EXPECT_EQ(consumer.assigned.size(), 3u);
}

TEST_F(KafkaLog, AChangedRetentionLeavesTheOtherSettingsAlone) {
  MakeForeignTopic(Topic::kCows, {{"message.timestamp.type", "LogAppendTime"},
                                  {"cleanup.policy", "compact,delete"},
                                  {"retention.ms", "1000000"}});
  ASSERT_TRUE(admin_->Alter(Topic::kCows, {.retention = {std::chrono::hours(24)}}));
  auto topic = admin_->List().value().at(0);
  EXPECT_EQ(topic.retention, std::chrono::hours(24));
  EXPECT_EQ(topic.timestamp_type, "LogAppendTime");
  EXPECT_EQ(topic.cleanup_policy, "compact,delete");
  pipeline::TopicChange for_ever;
  for_ever.retention.emplace(std::nullopt);
  ASSERT_TRUE(admin_->Alter(Topic::kCows, for_ever));
  topic = admin_->List().value().at(0);
  EXPECT_EQ(topic.retention, std::nullopt);
  EXPECT_EQ(topic.timestamp_type, "LogAppendTime");
}

TEST_F(KafkaLog, WrongPoliciesAreShownAndRepaired) {
  MakeForeignTopic(Topic::kCows, {{"cleanup.policy", "compact"}, {"retention.ms", "1000000"}});
  auto topic = admin_->List().value().at(0);
  EXPECT_EQ(topic.cleanup_policy, "compact");
  EXPECT_EQ(topic.timestamp_type, "CreateTime");
  ASSERT_TRUE(admin_->Alter(Topic::kCows, {.repair_policies = true}));
  topic = admin_->List().value().at(0);
  EXPECT_EQ(topic.cleanup_policy, pipeline::kDeletePolicy);
  EXPECT_EQ(topic.timestamp_type, pipeline::kLogAppendTime);
  EXPECT_EQ(topic.retention, milliseconds(1'000'000));
}

TEST_F(KafkaLog, AReaderIsToldOfWhatEndsTransactionsAndWhatWasAborted) {
  MakeTopic(Topic::kCows, 1);
  const TopicPartition cows{Topic::kCows, 0};
  RawTransactions writer(log_->options.brokers, log_->options.topic_prefix + "writer");
  RawTransactions other(log_->options.brokers, log_->options.topic_prefix + "other");
  writer.Write(NameOf(Topic::kCows), 3);
  writer.Commit();  // 0 to 2, and its end at 3.
  writer.Write(NameOf(Topic::kCows), 4);
  writer.Abort();  // 4 to 7, and 8.
  writer.Write(NameOf(Topic::kCows), 1);
  writer.Commit();  // 9, and 10.
  std::int64_t end = 0;
  std::vector<std::int64_t> offsets;
  std::vector<Instant> times;
  const auto reader = log_->Reader("group", {Topic::kCows});
  const auto poll = [&] {
    const auto polled = reader->Poll(kQuick).value();
    if (std::holds_alternative<pipeline::Assigned>(polled)) {
      ASSERT_TRUE(reader->Start(cows, 0));
    } else if (const auto* batch = std::get_if<pipeline::MessageBatch>(&polled)) {
      for (const auto& message : batch->messages) {
        offsets.push_back(message.offset);
        times.push_back(message.broker_time);
      }
      end = std::max(end, batch->end);
    }
  };
  for (int i = 0; i < 300 && end < 11; ++i) poll();
  EXPECT_EQ(end, 11);
  EXPECT_THAT(offsets, ::testing::ElementsAre(0, 1, 2, 9));
  EXPECT_TRUE(reader->Hides(cows, {3, 9}, times[2]).value());
  EXPECT_TRUE(reader->Hides(cows, {10, 11}, times[3]).value());
  EXPECT_FALSE(reader->Hides(cows, {11, 12}, times[3]).value());
  // What stands behind an open transaction is to come.
  other.Write(NameOf(Topic::kCows), 2);   // 11 and 12
  writer.Write(NameOf(Topic::kCows), 1);  // 13
  writer.Commit();                        // 14
  EXPECT_EQ(admin_->List().value().at(0).partitions.at(0).end, 11);
  EXPECT_EQ(reader->Range(cows).value().end, 11);
  other.Abort();  // 15
  for (int i = 0; i < 300 && end < 16; ++i) poll();
  EXPECT_EQ(end, 16);
  EXPECT_EQ(offsets.back(), 13);
  EXPECT_EQ(admin_->List().value().at(0).partitions.at(0).end, 16);
  EXPECT_EQ(admin_->Read(cows, 14, 10).value().messages.size(), 0u);
  EXPECT_EQ(admin_->Read(cows, 3, 10).value().messages.size(), 2u);
  // Trimmed in the middle of them.
  RawKafka(log_->options.brokers).Trim(NameOf(Topic::kCows), 0, 15);
  EXPECT_TRUE(reader->Hides(cows, {15, 16}, Instant()).value());
}

/// What does not get smaller by compression.
std::string Noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

TEST_F(KafkaLog, BatchesFitATopicThatTakesLittleAndOnlyWhatIsItselfTooLargeIsRefused) {
  MakeForeignTopic(Topic::kCows,
                   {{"message.timestamp.type", "LogAppendTime"}, {"max.message.bytes", "20000"}});
  MakeTopic(Topic::kSensors, 1);
  const auto writer = log_->Writer();
  EXPECT_EQ(Append(*writer, Topic::kSensors, {{"first", "", {}}})[0].kind, Kind::kDurable);
  EventBatch batch;
  for (unsigned i = 0; i < 400; ++i) batch.push_back({"key", Noise(1'000, i), {}});
  batch[200].value = Noise(30'000, 0);
  const auto outcomes = Append(*writer, Topic::kCows, batch);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_EQ(outcomes[i].kind, i == 200 ? Kind::kRefused : Kind::kDurable) << i;
  }
  EXPECT_EQ(outcomes[200].error->code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(outcomes[399].offset, 398);
  EXPECT_EQ(Append(*writer, Topic::kSensors, {{"last", Noise(500'000, 1), {}}})[0].offset, 1);
}

TEST_F(KafkaLog, WhatADeadProcessLeftBehindIsReadBeforeTheGroupHasDecided) {
  MakeTopic(Topic::kCows, 2);
  Write(Topic::kCows, 5);
  // A member that does not answer, as one that was killed: the group waits for its session's end.
  const auto dead = log_->Reader("group", {Topic::kCows});
  for (int i = 0; i < 300; ++i) {
    if (std::holds_alternative<pipeline::Assigned>(dead->Poll(kQuick).value())) break;
  }
  const TopicPartition left_behind{Topic::kCows, pipeline::PartitionOf("key", 2)};
  TestConsumer returning(Must(MakeKafkaEventReader(
      log_->options, log_->options.topic_prefix + "group", {Topic::kCows}, {left_behind})));
  returning.PollUntilRead(5, kQuick);
  EXPECT_EQ(returning.assigned.size(), 1u) << "the group has not decided";
  // It goes on as a member when the group has.
  returning.PollUntil(
      [&] {
        (void)dead->Poll(kQuick);
        return returning.assigned.count(left_behind) == 0;
      },
      kQuick);
  returning.PollUntil(
      [&] {
        (void)dead->Poll(kQuick);
        return !returning.assigned.empty();
      },
      kQuick);
}

TEST_F(KafkaLog, WhatWasClaimedByAnotherIsLeftToTheGroup) {
  MakeTopic(Topic::kCows, 1);
  const auto dead = log_->Reader("group", {Topic::kCows});
  for (int i = 0; i < 300; ++i) {
    if (std::holds_alternative<pipeline::Assigned>(dead->Poll(kQuick).value())) break;
  }
  const TopicPartition cows{Topic::kCows, 0};
  TestConsumer returning(Must(MakeKafkaEventReader(
      log_->options, log_->options.topic_prefix + "group", {Topic::kCows}, {cows})));
  returning.PollUntil([&] { return returning.assigned.size() == 1; }, kQuick);
  ASSERT_TRUE(returning.reader().Pause(cows));
  EXPECT_TRUE(returning.Poll(kQuick));
  EXPECT_TRUE(returning.assigned.empty());
  EXPECT_FALSE(returning.reader().Range(cows));
}

TEST_F(KafkaLog, MoreReplicasThanBrokersAreRefusedWithTheReason) {
  const auto made = admin_->Create(Topic::kCows, {.partitions = 1, .replication = 99});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(made.error().message(), ::testing::HasSubstr("eplication"));
}

TEST_F(KafkaLog, OneMessageOfManyMegabytesIsReadOutsideAGroupToo) {
  MakeTopic(Topic::kCows, 1);
  const std::string large(12 << 20, 'x');
  EXPECT_EQ(Append(*log_->Writer(), Topic::kCows, {{"a", large, {}}})[0].kind, Kind::kDurable);
  const auto read = admin_->Read({Topic::kCows, 0}, 0, 5).value();
  ASSERT_EQ(read.messages.size(), 1u);
  EXPECT_TRUE(read.messages[0].value == large);
}

}  // namespace
}  // namespace herdflow::log_kafka::testing
