#pragma once

// How they are read, by whom, and from where.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(EventLogContract, AReaderSeesWhatIsAppendedWhileItWaits) {
  MakeTopics();
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == kAllPartitions; });
  EXPECT_FALSE(consumer.Poll({.wait = std::chrono::milliseconds(20)}));
  std::jthread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    Append(*log_->Writer(), Topic::kCows, Numbered(5));
  });
  consumer.PollUntilRead(5);
}

TEST_P(EventLogContract, TheReaderTellsWhereAPartitionBeginsAndEnds) {
  MakeTopics();
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == kAllPartitions; });
  const auto outcomes = Append(*log_->Writer(), Topic::kCows, Numbered(100));
  std::map<std::int32_t, std::int64_t> ends;
  for (const auto& outcome : outcomes) ends[outcome.partition] = outcome.offset + 1;
  for (const auto& [partition, given] : consumer.assigned) {
    EXPECT_FALSE(given.stream_id.empty());
    const auto range = consumer.reader().Range(partition);
    ASSERT_TRUE(range) << range.error().message();
    EXPECT_EQ(range->begin, 0);
    EXPECT_EQ(range->end, partition.topic == Topic::kCows ? ends[partition.partition] : 0);
  }
}

TEST_P(EventLogContract, APausedPartitionGivesNothingUntilItIsStarted) {
  MakeTopics();
  auto writer = log_->Writer();
  const TopicPartition partition{Topic::kCows, PartitionOf("a", kContractPartitions)};
  auto consumer = Consumer();
  Append(*writer, Topic::kCows, {{"a", "0", {}}});
  consumer.PollUntilRead(1);
  ASSERT_TRUE(consumer.reader().Pause(partition));
  Append(*writer, Topic::kCows, {{"a", "1", {}}, {"a", "2", {}}});
  Append(*writer, Topic::kSensors, {{"s", "other", {}}});
  consumer.PollUntilRead(2);
  for (int i = 0; i < 3; ++i) consumer.Poll({.wait = std::chrono::milliseconds(20)});
  EXPECT_EQ(consumer.read[partition].size(), 1u);
  ASSERT_TRUE(consumer.reader().Start(partition, 1));
  consumer.PollUntilRead(4);
  EXPECT_EQ(consumer.read[partition].back().value, "2");
  EXPECT_FALSE(consumer.reader().Pause({Topic::kCows, 99}));
}

TEST_P(EventLogContract, WhatWasReportedAsLoadedChangesNothingThatIsRead) {
  MakeTopics();
  Append(*log_->Writer(), Topic::kCows, {{"a", "0", {}}, {"a", "1", {}}});
  const TopicPartition partition{Topic::kCows, PartitionOf("a", kContractPartitions)};
  {
    auto consumer = Consumer();
    consumer.PollUntilRead(2);
    consumer.reader().ReportLoaded(partition, 2);
  }
  auto consumer = Consumer();
  consumer.PollUntilRead(2);
}

TEST_P(EventLogContract, ReadingStartsWhereItIsToldAndGoesBackWhenToldAgain) {
  MakeTopics();
  EventBatch batch;
  for (int i = 0; i < 10; ++i) batch.push_back({"a", std::to_string(i), {}});
  Append(*log_->Writer(), Topic::kCows, std::move(batch));
  const TopicPartition partition{Topic::kCows, PartitionOf("a", kContractPartitions)};
  auto consumer = Consumer("test", 7);
  consumer.PollUntilRead(3);
  ASSERT_EQ(Count(consumer.read), 3u);
  EXPECT_EQ(consumer.read[partition][0].value, "7");
  consumer.read.clear();
  ASSERT_TRUE(consumer.reader().Start(partition, 2));
  consumer.PollUntilRead(8);
  ASSERT_EQ(Count(consumer.read), 8u);
  EXPECT_EQ(consumer.read[partition][0].value, "2");
  consumer.read.clear();
  ASSERT_TRUE(consumer.reader().Start(partition, 10));
  EXPECT_FALSE(consumer.Poll({.wait = std::chrono::milliseconds(50)}));
}

TEST_P(EventLogContract, APartitionThatIsNotAssignedCannotBeStarted) {
  MakeTopics();
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.assigned.size() == kAllPartitions; });
  const auto started = consumer.reader().Start({Topic::kCows, 99}, 0);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::kInvalidInput);
  EXPECT_FALSE(consumer.reader().Start({Topic::kCows, 0}, -1));
}

TEST_P(EventLogContract, BatchesKeepToTheirLimits) {
  MakeTopics();
  Append(*log_->Writer(), Topic::kCows, Numbered(200, std::string(100, 'x')));
  auto by_number = Consumer("by-number");
  by_number.PollUntilRead(200, {.max_messages = 7});
  EXPECT_LE(by_number.largest_batch, 7u);
  auto by_size = Consumer("by-size");
  by_size.PollUntilRead(200, {.max_bytes = 1'000});
  EXPECT_LE(by_size.largest_batch, 9u);
}

TEST_P(EventLogContract, NoPartitionStarves) {
  MakeTopics();
  auto writer = log_->Writer();
  Append(*writer, Topic::kMeasurements, Numbered(2'000));
  Append(*writer, Topic::kCows, Numbered(2'000));
  auto consumer = Consumer();
  consumer.PollUntil([&] { return consumer.read.size() == 6; }, {.max_messages = 10});
  EXPECT_LT(Count(consumer.read), 4'000u);
}

TEST_P(EventLogContract, AGroupReadsEachPartitionOnceAndTheOtherTakesOver) {
  MakeTopics();
  auto first = std::make_unique<TestConsumer>(Consumer());
  first->PollUntil([&] { return first->assigned.size() == kAllPartitions; });
  auto second = Consumer();
  const PollLimits quick{.wait = std::chrono::milliseconds(30)};
  for (int i = 0; i < 10; ++i) {
    second.Poll(quick);
    first->Poll(quick);
    for (const auto& [partition, given] : second.assigned) {
      EXPECT_EQ(first->assigned.count(partition), 0u);
    }
  }
  first.reset();
  second.PollUntil([&] { return second.assigned.size() == kAllPartitions; });
  Append(*log_->Writer(), Topic::kCows, Numbered(5));
  second.PollUntilRead(5);
}

TEST_P(EventLogContract, AnotherGroupReadsEverythingForItself) {
  MakeTopics();
  Append(*log_->Writer(), Topic::kCows, Numbered(5));
  auto one = Consumer("one");
  auto two = Consumer("two");
  one.PollUntilRead(5);
  two.PollUntilRead(5);
}

TEST_P(EventLogContract, AReaderOfSomeTopicsGetsNoOthers) {
  MakeTopics();
  auto writer = log_->Writer();
  Append(*writer, Topic::kCows, Numbered(5));
  Append(*writer, Topic::kSensors, Numbered(5));
  TestConsumer consumer(log_->Reader("test", {Topic::kSensors}));
  consumer.PollUntilRead(5);
  EXPECT_EQ(consumer.assigned.size(), 3u);
  for (const auto& [partition, given] : consumer.assigned) {
    EXPECT_EQ(partition.topic, Topic::kSensors);
  }
}

}  // namespace herdflow::pipeline::testing
