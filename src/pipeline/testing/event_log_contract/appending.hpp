#pragma once

// What becomes of events that are appended.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

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

}  // namespace herdflow::pipeline::testing
