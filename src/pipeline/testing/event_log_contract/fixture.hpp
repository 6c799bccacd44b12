#pragma once

// What the contract's tests are written with.

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

}  // namespace herdflow::pipeline::testing
