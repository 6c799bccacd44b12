#pragma once

// What every event log promises: the suite that each implementation of the ports in
// herdflow/pipeline/event_log.hpp runs unchanged. A test program includes it in one file and writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogContract, testing::Values(EventLogUnderTest{"sqlite",
//   MakeSqliteFixture}));

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "event_log_helpers.hpp"

namespace herdflow::pipeline::testing {

class EventLogContract : public ::testing::TestWithParam<EventLogUnderTest> {
 protected:
  /// A skip that nobody sees is no pass: in CI it fails.
  void SetUp() override {
    const std::string missing = GetParam().missing ? GetParam().missing() : "";
    if (missing.empty()) {
      log_ = GetParam().make();
      return;
    }
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string(ci) == "true") FAIL() << missing;
    GTEST_SKIP() << "SKIPPED: " << missing;
  }

  void MakeTopics() {
    auto admin = log_->Admin();
    for (const Topic topic : kAllTopics) {
      const auto made = admin->Create(topic, {.partitions = kContractPartitions});
      ASSERT_TRUE(made) << made.error().message();
    }
  }

  /// Append and wait; each event must be durable.
  std::vector<AppendOutcome> Append(EventWriter& writer, Topic topic, EventBatch batch) {
    Outcomes outcomes;
    writer.Append(topic, std::move(batch), outcomes.Next());
    auto all = outcomes.Wait();
    if (all.size() != 1) return {};
    for (const auto& outcome : all[0]) {
      EXPECT_EQ(outcome.kind, AppendOutcome::Kind::kDurable)
          << (outcome.error ? outcome.error->message() : "");
    }
    return all[0];
  }

  static EventBatch Numbered(int count, const std::string& value = "v") {
    EventBatch batch;
    for (int i = 0; i < count; ++i) {
      batch.push_back({"key" + std::to_string(i % 17), value + std::to_string(i), {}});
    }
    return batch;
  }

  TestConsumer Consumer(const std::string& group = "test", std::int64_t start = 0) {
    return TestConsumer(log_->Reader(group, {kAllTopics.begin(), kAllTopics.end()}), start);
  }

  std::unique_ptr<EventLogFixture> log_;
};

TEST_P(EventLogContract, EveryEventHasItsOutcomeAndIsReadWhereItSaid) {
  MakeTopics();
  const auto batch = Numbered(100);
  const auto outcomes = Append(*log_->Writer(), Topic::kCows, batch);
  ASSERT_EQ(outcomes.size(), 100u);
  auto consumer = Consumer();
  consumer.PollUntilRead(100);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(outcomes[i].partition, PartitionOf(batch[i].key, kContractPartitions));
    const auto& partition = consumer.read[{Topic::kCows, outcomes[i].partition}];
    const auto offset = static_cast<std::size_t>(outcomes[i].offset);
    ASSERT_LT(offset, partition.size());
    EXPECT_EQ(partition[offset].offset, outcomes[i].offset);
    EXPECT_EQ(partition[offset].key, batch[i].key);
    EXPECT_EQ(partition[offset].value, batch[i].value);
    EXPECT_EQ(partition[offset].broker_time, outcomes[i].broker_time);
  }
}

TEST_P(EventLogContract, OffsetsHaveNoGap) {
  MakeTopics();
  auto writer = log_->Writer();
  for (int i = 0; i < 20; ++i) Append(*writer, Topic::kMeasurements, Numbered(50));
  auto consumer = Consumer();
  consumer.PollUntilRead(1'000);
  EXPECT_EQ(consumer.read.size(), static_cast<std::size_t>(kContractPartitions));
  for (const auto& [partition, messages] : consumer.read) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      EXPECT_EQ(messages[i].offset, static_cast<std::int64_t>(i));
    }
  }
}

TEST_P(EventLogContract, OneKeyKeepsItsOrderOverManyBatches) {
  MakeTopics();
  auto writer = log_->Writer();
  Outcomes outcomes;
  for (int i = 0; i < 300; ++i) {
    EventBatch batch{{"a", std::to_string(2 * i), {}}, {"a", std::to_string(2 * i + 1), {}}};
    writer->Append(Topic::kSensors, std::move(batch), outcomes.Next());
  }
  outcomes.Wait();
  auto consumer = Consumer();
  consumer.PollUntilRead(600);
  ASSERT_EQ(consumer.read.size(), 1u);
  const auto& messages = consumer.read.begin()->second;
  for (std::size_t i = 0; i < messages.size(); ++i) EXPECT_EQ(messages[i].value, std::to_string(i));
}

TEST_P(EventLogContract, AnUnknownTopicIsRefused) {
  log_->Admin();
  auto writer = log_->Writer();
  Outcomes outcomes;
  writer->Append(Topic::kCows, Numbered(2), outcomes.Next());
  const auto all = outcomes.Wait();
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].size(), 2u);
  for (const auto& outcome : all[0]) {
    EXPECT_EQ(outcome.kind, AppendOutcome::Kind::kRefused);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->code(), ErrorCode::kNotFound);
    EXPECT_THAT(outcome.error->message(), ::testing::HasSubstr("cows"));
  }
}

TEST_P(EventLogContract, AnEmptyBatchCompletesToo) {
  MakeTopics();
  EXPECT_TRUE(Append(*log_->Writer(), Topic::kCows, {}).empty());
}

TEST_P(EventLogContract, AnyBytesComeBackAsTheyWere) {
  MakeTopics();
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) all_bytes += static_cast<char>(i);
  const std::string nuls("\0x\0", 3);
  EventBatch batch{
      {"k", all_bytes, {}},
      {"k", "", {}},
      {"k", nuls, {{"trace", nuls}, {"", ""}, {"trace", all_bytes}}},
      {"k", "\xff\xfe", {{"name in \u00fcmlauts", "v"}}},
  };
  auto writer = log_->Writer();
  Append(*writer, Topic::kCows, batch);
  Append(*writer, Topic::kSensors, {{"", "empty key", {}}, {all_bytes, "binary key", {}}});
  auto consumer = Consumer();
  consumer.PollUntilRead(6);
  const auto& messages = consumer.read[{Topic::kCows, PartitionOf("k", kContractPartitions)}];
  ASSERT_EQ(messages.size(), batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(messages[i].value, batch[i].value);
    ASSERT_EQ(messages[i].headers.size(), batch[i].headers.size());
    for (std::size_t h = 0; h < batch[i].headers.size(); ++h) {
      EXPECT_EQ(messages[i].headers[h].first, batch[i].headers[h].name);
      EXPECT_EQ(messages[i].headers[h].second, batch[i].headers[h].value);
    }
  }
  std::set<std::string> keys;
  for (const auto& [partition, read] : consumer.read) {
    for (const auto& message : read) keys.insert(message.key);
  }
  EXPECT_EQ(keys, (std::set<std::string>{"", "k", all_bytes}));
}

TEST_P(EventLogContract, AValueOfTenMegabytesPasses) {
  MakeTopics();
  std::string large(10 << 20, 'x');
  large[large.size() / 2] = '\0';
  Append(*log_->Writer(), Topic::kCows, {{"a", "small", {}}, {"a", large, {}}, {"a", "end", {}}});
  auto consumer = Consumer();
  consumer.PollUntilRead(3, {.max_bytes = 1'000});
  ASSERT_EQ(Count(consumer.read), 3u);
  const auto& messages = consumer.read.begin()->second;
  EXPECT_TRUE(messages[1].value == large);
  EXPECT_EQ(messages[2].value, "end");
}

TEST_P(EventLogContract, WhatWasAcknowledgedIsThereAfterReopening) {
  MakeTopics();
  Append(*log_->Writer(), Topic::kMeasurements, Numbered(10));
  Append(*log_->Writer(), Topic::kMeasurements, Numbered(10));
  std::int64_t events = 0;
  const auto topics = log_->Admin()->List().value();
  for (const auto& topic : topics) {
    for (const auto& partition : topic.partitions) events += partition.end - partition.begin;
  }
  EXPECT_EQ(events, 20);
}

TEST_P(EventLogContract, ManyThreadsAppendAtOnce) {
  MakeTopics();
  auto writer = log_->Writer();
  Outcomes outcomes;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          EventBatch batch{{"thread" + std::to_string(t), std::to_string(i), {}}};
          writer->Append(Topic::kMeasurements, std::move(batch), outcomes.Next());
        }
      });
    }
  }
  std::set<std::pair<std::int32_t, std::int64_t>> places;
  for (const auto& batch : outcomes.Wait()) {
    ASSERT_EQ(batch.size(), 1u);
    EXPECT_EQ(batch[0].kind, AppendOutcome::Kind::kDurable);
    places.emplace(batch[0].partition, batch[0].offset);
  }
  EXPECT_EQ(places.size(), 800u);
  auto consumer = Consumer();
  consumer.PollUntilRead(800);
  std::map<std::string, int> next;
  for (const auto& [partition, messages] : consumer.read) {
    for (const auto& message : messages) {
      EXPECT_EQ(message.value, std::to_string(next[message.key]++)) << message.key;
    }
  }
}

TEST_P(EventLogContract, DestructionDrainsWhatWasAccepted) {
  MakeTopics();
  Outcomes outcomes;
  {
    auto writer = log_->Writer();
    for (int i = 0; i < 50; ++i) writer->Append(Topic::kCows, Numbered(500), outcomes.Next());
  }
  EXPECT_EQ(outcomes.arrived(), 50u);
  for (const auto& batch : outcomes.Wait()) {
    ASSERT_EQ(batch.size(), 500u);
    for (const auto& outcome : batch) ASSERT_EQ(outcome.kind, AppendOutcome::Kind::kDurable);
  }
  auto consumer = Consumer();
  consumer.PollUntilRead(25'000);
}

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
