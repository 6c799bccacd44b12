#pragma once

// Topics and their partitions, and reading outside a group.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(EventLogContract, TopicsAreMadeOnceAndListedInOrder) {
  auto admin = log_->Admin();
  EXPECT_TRUE(admin->List().value().empty());
  ASSERT_TRUE(admin->Create(Topic::kMeasurements, {.partitions = 2}));
  ASSERT_TRUE(admin->Create(Topic::kCows, {.partitions = 1}));
  const auto made = admin->List().value();
  ASSERT_TRUE(admin->Create(Topic::kMeasurements, {.partitions = 5}));
  const auto listed = log_->Admin()->List().value();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].topic, Topic::kCows);
  EXPECT_EQ(listed[0].partitions.size(), 1u);
  EXPECT_EQ(listed[1].topic, Topic::kMeasurements);
  EXPECT_EQ(listed[1].partitions.size(), 2u);
  EXPECT_EQ(listed[1].stream_id, made[1].stream_id);
  EXPECT_NE(listed[0].stream_id, listed[1].stream_id);
  for (const auto& topic : listed) {
    EXPECT_EQ(topic.replication, 1);
    EXPECT_FALSE(topic.retention);
    EXPECT_EQ(topic.timestamp_type, kLogAppendTime);
    EXPECT_EQ(topic.cleanup_policy, kDeletePolicy);
  }
  const auto wrong = admin->Create(Topic::kSensors, {.partitions = 0});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInvalidInput);
}

TEST_P(EventLogContract, ALookAtOneTopicTellsWhereItEnds) {
  auto admin = log_->Admin();
  ASSERT_TRUE(admin->Create(Topic::kCows, {.partitions = kContractPartitions}));
  ASSERT_TRUE(admin->Create(Topic::kMeasurements, {.partitions = 1}));
  Append(*log_->Writer(), Topic::kCows, Numbered(20));
  std::int64_t events = 0;
  const auto cows = admin->Look(Topic::kCows).value();
  for (const auto& at : cows.partitions) {
    EXPECT_FALSE(at.away);
    events += at.end - at.begin;
  }
  EXPECT_EQ(events, 20);
  ExpectLooksToTellWhatIsListed(*admin);
  const auto missing = admin->Look(Topic::kSensors);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

TEST_P(EventLogContract, PartitionsAreAddedAndFoundByAReaderThatRuns) {
  auto admin = log_->Admin();
  ASSERT_TRUE(admin->Create(Topic::kCows, {.partitions = 2}));
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == 2; });
  ASSERT_TRUE(admin->Alter(Topic::kCows, {.partitions = 4}));
  EXPECT_EQ(admin->List().value().at(0).partitions.size(), 4u);
  consumer.PollUntil([&] { return consumer.assigned.size() == 4; });
  const auto fewer = admin->Alter(Topic::kCows, {.partitions = 3});
  ASSERT_FALSE(fewer);
  EXPECT_EQ(fewer.error().code(), ErrorCode::kInvalidInput);
  const auto missing = admin->Alter(Topic::kSensors, {.partitions = 3});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

TEST_P(EventLogContract, ADeletedTopicIsGoneAndOneMadeAnewIsEmpty) {
  MakeTopics();
  auto admin = log_->Admin();
  Append(*log_->Writer(), Topic::kCows, Numbered(30));
  Append(*log_->Writer(), Topic::kSensors, Numbered(5));
  ASSERT_TRUE(admin->Delete(Topic::kCows));
  const auto missing = admin->Delete(Topic::kCows);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  ASSERT_EQ(admin->List().value().size(), kAllTopics.size() - 1);
  ASSERT_TRUE(admin->Create(Topic::kCows, {.partitions = kContractPartitions}));
  const auto listed = admin->List().value();
  ASSERT_EQ(listed.size(), kAllTopics.size());
  for (const auto& partition : listed[0].partitions) EXPECT_EQ(partition.end, 0);
  Append(*log_->Writer(), Topic::kCows, {{"a", "new", {}}});
  auto consumer = Consumer();
  consumer.PollUntilRead(6);
}

TEST_P(EventLogContract, AnyoneMayReadOnePartitionOutsideAGroup) {
  MakeTopics();
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == kAllPartitions; });
  EventBatch batch;
  for (int i = 0; i < 10; ++i) batch.push_back({"a", std::to_string(i), {}});
  Append(*log_->Writer(), Topic::kCows, std::move(batch));
  const TopicPartition partition{Topic::kCows, PartitionOf("a", kContractPartitions)};
  auto admin = log_->Admin();
  const auto read = admin->Read(partition, 4, 3).value();
  EXPECT_EQ(read.from, partition);
  EXPECT_EQ(read.stream_id, consumer.assigned[partition].stream_id);
  ASSERT_EQ(read.messages.size(), 3u);
  EXPECT_EQ(read.messages[0].offset, 4);
  EXPECT_EQ(read.messages[2].value, "6");
  EXPECT_TRUE(admin->Read(partition, 10, 3).value().messages.empty());
  const auto missing = admin->Read({Topic::kCows, 99}, 0, 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
}

}  // namespace herdflow::pipeline::testing
