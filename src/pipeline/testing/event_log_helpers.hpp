#pragma once

// What tests of event logs share: a log of their own, a writer's outcomes, a consumer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::pipeline::testing {

/// An empty log of its own, and the ways to it. Every call opens a new connection.
class EventLogFixture {
 public:
  virtual ~EventLogFixture() = default;
  virtual std::unique_ptr<EventWriter> Writer() = 0;
  virtual std::unique_ptr<EventReader> Reader(const std::string& group,
                                              std::vector<Topic> topics) = 0;
  virtual std::unique_ptr<TopicAdmin> Admin() = 0;
};
struct EventLogUnderTest {
  std::string name;  ///< As ctest shows it.
  std::function<std::unique_ptr<EventLogFixture>()> make;
  /// Why there is none here: a server is missing. Empty, or no function: there is one.
  std::function<std::string()> missing = nullptr;
};
inline void PrintTo(const EventLogUnderTest& log, std::ostream* out) { *out << log.name; }

inline constexpr std::int32_t kContractPartitions = 3;
inline constexpr std::size_t kAllPartitions = kContractPartitions * kAllTopics.size();
inline constexpr std::chrono::seconds kContractPatience{30};

/// Collects outcomes of batches, and waits for them.
class Outcomes {
 public:
  Completion Next() {
    const std::lock_guard lock(state_->mutex);
    return [state = state_, slot = state_->expected++](std::vector<AppendOutcome> outcomes) {
      const std::lock_guard inner(state->mutex);
      EXPECT_EQ(state->batches.count(slot), 0u) << "a completion was called twice";
      state->batches[slot] = std::move(outcomes);
      state->changed.notify_all();
    };
  }

  /// The outcomes of every batch, in the order of the calls of Next.
  std::vector<std::vector<AppendOutcome>> Wait() {
    std::unique_lock lock(state_->mutex);
    EXPECT_TRUE(state_->changed.wait_for(
        lock, kContractPatience, [this] { return state_->batches.size() == state_->expected; }))
        << state_->expected - state_->batches.size() << " completions were never called";
    std::vector<std::vector<AppendOutcome>> all;
    for (auto& [slot, outcomes] : state_->batches) all.push_back(outcomes);
    return all;
  }

  [[nodiscard]] std::size_t arrived() const {
    const std::lock_guard lock(state_->mutex);
    return state_->batches.size();
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::size_t, std::vector<AppendOutcome>> batches;
    std::size_t expected = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

/// A look at one topic tells of it what the list of all of them does: where it ends, above all.
/// Nobody may append meanwhile.
inline void ExpectLooksToTellWhatIsListed(TopicAdmin& admin) {
  const auto listed = admin.List();
  ASSERT_TRUE(listed) << listed.error().message();
  for (const TopicDescription& topic : *listed) {
    const auto looked = admin.Look(topic.topic);
    ASSERT_TRUE(looked) << looked.error().message();
    EXPECT_EQ(looked->topic, topic.topic);
    EXPECT_EQ(looked->stream_id, topic.stream_id);
    ASSERT_EQ(looked->partitions.size(), topic.partitions.size());
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const TopicDescription::Partition& at = looked->partitions[i];
      EXPECT_EQ(at.partition, topic.partitions[i].partition);
      EXPECT_EQ(at.begin, topic.partitions[i].begin);
      EXPECT_EQ(at.end, topic.partitions[i].end);
      EXPECT_EQ(at.away.has_value(), topic.partitions[i].away.has_value());
    }
  }
}

/// A message that does not need its batch.
struct ReadMessage {
  std::int64_t offset = 0;
  Instant broker_time;
  std::string key, value;
  std::vector<std::pair<std::string, std::string>> headers;
};
using ReadPartitions = std::map<TopicPartition, std::vector<ReadMessage>>;

inline void Collect(const MessageBatch& batch, ReadPartitions& into) {
  for (const auto& message : batch.messages) {
    auto& read = into[batch.from].emplace_back();
    read.offset = message.offset;
    read.broker_time = message.broker_time;
    read.key = message.key;
    read.value = message.value;
    for (const auto& header : message.headers) read.headers.emplace_back(header.name, header.value);
  }
}

inline std::size_t Count(const ReadPartitions& read) {
  std::size_t count = 0;
  for (const auto& [partition, messages] : read) count += messages.size();
  return count;
}

/// Reads as a consumer does: starts what is assigned, collects what comes.
class TestConsumer {
 public:
  explicit TestConsumer(std::unique_ptr<EventReader> reader, std::int64_t start = 0)
      : reader_(std::move(reader)), start_(start) {}

  /// One Poll; false where nothing came.
  bool Poll(const PollLimits& limits = {}) {
    auto polled = reader_->Poll(limits);
    if (!polled) {
      ADD_FAILURE() << polled.error().message();
      return false;
    }
    if (std::holds_alternative<Idle>(*polled)) return false;
    if (const auto* given = std::get_if<Assigned>(&*polled)) {
      for (const auto& partition : given->partitions) {
        assigned[partition.partition] = partition;
        EXPECT_TRUE(reader_->Start(partition.partition, StartOf(partition.partition)));
      }
    } else if (const auto* taken = std::get_if<Revoked>(&*polled)) {
      for (const auto& partition : taken->partitions) assigned.erase(partition);
    } else if (auto* told = std::get_if<Damaged>(&*polled)) {
      damaged.push_back(std::move(*told));
    } else {
      const auto& batch = std::get<MessageBatch>(*polled);
      EXPECT_FALSE(batch.messages.empty());
      EXPECT_EQ(batch.stream_id, assigned[batch.from].stream_id);
      largest_batch = std::max(largest_batch, batch.messages.size());
      Collect(batch, read);
    }
    return true;
  }

  /// Poll until `enough`, or fail.
  void PollUntil(const std::function<bool()>& enough, const PollLimits& limits = {}) {
    const auto deadline = std::chrono::steady_clock::now() + kContractPatience;
    while (!enough()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "never came; read " << Count(read);
      Poll(limits);
    }
  }
  void PollUntilRead(std::size_t count, const PollLimits& limits = {}) {
    PollUntil([&] { return Count(read) >= count; }, limits);
    EXPECT_EQ(Count(read), count);
  }

  EventReader& reader() { return *reader_; }

  std::map<TopicPartition, Assigned::Partition> assigned;
  ReadPartitions read;
  std::vector<Damaged> damaged;
  std::size_t largest_batch = 0;

 private:
  /// Never beyond the end: nobody has read there.
  std::int64_t StartOf(TopicPartition partition) {
    if (start_ == 0) return 0;
    const auto range = reader_->Range(partition);
    EXPECT_TRUE(range);
    return range ? std::min(start_, range->end) : 0;
  }

  std::unique_ptr<EventReader> reader_;
  std::int64_t start_;
};

}  // namespace herdflow::pipeline::testing
