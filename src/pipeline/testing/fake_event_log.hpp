#pragma once

// An event log in memory, for tests of what reads and writes one: partitions, offsets and broker
// times are what the test says.

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::pipeline::testing {

/// Threads: readers may share a log that nobody appends to meanwhile.
class FakeEventLog : public EventWriter, public TopicAdmin {
 public:
  struct Stored {
    std::int64_t offset = 0;
    Instant broker_time;
    std::string key, value;
    std::vector<Header> headers;
  };

  explicit FakeEventLog(std::int32_t partitions = 3, std::string incarnation = "1")
      : incarnation_(std::move(incarnation)) {
    for (const Topic topic : kAllTopics) {
      for (std::int32_t i = 0; i < partitions; ++i) partitions_[{topic, i}];
    }
  }

  /// Appends where and when the test says. Returns the offset.
  std::int64_t Put(TopicPartition to, Instant broker_time, std::string key, std::string value,
                   std::vector<Header> headers = {}) {
    Partition& partition = partitions_.at(to);
    partition.messages.push_back(
        {partition.end, broker_time, std::move(key), std::move(value), std::move(headers)});
    return partition.end++;
  }
  /// Offsets that the log has lost.
  void PutHole(TopicPartition to, std::int64_t offsets) { partitions_.at(to).end += offsets; }
  /// Offsets that hold no message for a reader, as the ends of transactions do.
  void PutHidden(TopicPartition to, std::int64_t offsets) {
    Partition& partition = partitions_.at(to);
    partition.hidden.push_back({partition.end, partition.end + offsets});
    partition.end += offsets;
  }
  /// Whether nobody gets to read something in there.
  [[nodiscard]] bool Hides(TopicPartition of, OffsetRange range) const {
    const auto& hidden = partitions_.at(of).hidden;
    return std::any_of(hidden.begin(), hidden.end(), [&](const OffsetRange& each) {
      return each.begin < range.end && range.begin < each.end;
    });
  }
  /// Drops the messages before `offset`, as retention does.
  void TrimTo(TopicPartition to, std::int64_t offset) {
    Partition& partition = partitions_.at(to);
    std::erase_if(partition.messages, [&](const Stored& m) { return m.offset < offset; });
    partition.begin = offset;
  }
  /// Drops the messages from `offset` on, as an older copy of the log lacks them.
  void CutFrom(TopicPartition to, std::int64_t offset) {
    Partition& partition = partitions_.at(to);
    std::erase_if(partition.messages, [&](const Stored& m) { return m.offset >= offset; });
    partition.end = offset;
  }

  [[nodiscard]] std::string StreamId(Topic topic) const {
    return "fake." + std::string(Name(topic)) + "." + incarnation_;
  }
  [[nodiscard]] const std::deque<Stored>& Messages(TopicPartition of) const {
    return partitions_.at(of).messages;
  }
  [[nodiscard]] std::int64_t End(TopicPartition of) const { return partitions_.at(of).end; }
  [[nodiscard]] OffsetRange Range(TopicPartition of) const {
    return {partitions_.at(of).begin, partitions_.at(of).end};
  }
  [[nodiscard]] std::vector<TopicPartition> Partitions() const {
    std::vector<TopicPartition> all;
    for (const auto& [partition, messages] : partitions_) all.push_back(partition);
    return all;
  }
  [[nodiscard]] Assigned::Partition Assignment(TopicPartition of) const {
    return {of, StreamId(of.topic)};
  }

  // EventWriter: durable at once, at `clock`, which the test moves.
  void Append(Topic topic, EventBatch batch, Completion done) override {
    std::vector<AppendOutcome> outcomes;
    for (Event& event : batch) {
      const TopicPartition to{topic, PartitionOf(event.key, PartitionCount(topic))};
      AppendOutcome outcome;
      outcome.kind = refuse_with ? AppendOutcome::Kind::kRefused : AppendOutcome::Kind::kDurable;
      outcome.error = refuse_with;
      outcome.partition = to.partition;
      outcome.broker_time = clock;
      if (!refuse_with) {
        outcome.offset =
            Put(to, clock, std::move(event.key), std::move(event.value), std::move(event.headers));
      }
      outcomes.push_back(std::move(outcome));
    }
    done(std::move(outcomes));
  }

  // TopicAdmin.
  Result<std::vector<TopicDescription>> List() override {
    std::vector<TopicDescription> all;
    for (const auto& [at, partition] : partitions_) {
      if (all.empty() || all.back().topic != at.topic) {
        all.emplace_back();
        all.back().topic = at.topic;
        all.back().stream_id = StreamId(at.topic);
        all.back().timestamp_type = kLogAppendTime;
        all.back().cleanup_policy = kDeletePolicy;
      }
      all.back().partitions.push_back({Range(at), at.partition});
      const auto gone = away.find(at);
      if (gone != away.end()) all.back().partitions.back() = {{}, at.partition, gone->second};
    }
    return all;
  }
  Result<std::vector<TopicDescription>> Describe() override {
    HERDFLOW_ASSIGN(auto all, List());
    for (auto& topic : all) {
      for (auto& at : topic.partitions) at = {{}, at.partition};
    }
    return all;
  }
  Result<TopicDescription> Look(Topic topic) override {
    HERDFLOW_ASSIGN(const auto all, List());
    for (const TopicDescription& each : all) {
      if (each.topic == topic) return each;
    }
    return Fail(ErrorCode::kNotFound, "there is no topic {}", Name(topic));
  }
  Result<> Create(Topic, const TopicSettings&) override { return {}; }
  Result<> Alter(Topic, const TopicChange&) override { return {}; }
  Result<> Delete(Topic) override { return {}; }
  Result<MessageBatch> Read(TopicPartition from, std::int64_t offset, std::size_t count) override {
    return Batch(from, offset, count);
  }

  /// Up to `count` messages from `offset` on. The views live as long as the log.
  [[nodiscard]] MessageBatch Batch(TopicPartition from, std::int64_t offset,
                                   std::size_t count) const {
    const Partition& partition = partitions_.at(from);
    MessageBatch batch{from, StreamId(from.topic), {}, nullptr};
    // What is hidden at the end is told, what is lost there is not.
    if (!partition.hidden.empty() && partition.hidden.back().end == partition.end) {
      batch.end = partition.end;
    }
    for (const Stored& m : partition.messages) {
      if (batch.messages.size() == count) {
        batch.end = 0;
        break;
      }
      if (m.offset < offset) continue;
      batch.messages.push_back({m.offset, m.broker_time, m.key, m.value, m.headers});
    }
    return batch;
  }

  Instant clock{std::chrono::sys_days(std::chrono::year(2024) / 4 / 10)};
  std::optional<Error> refuse_with;
  std::map<TopicPartition, Error> away;  ///< Partitions that no broker has now.

 private:
  struct Partition {
    std::deque<Stored> messages;
    std::vector<OffsetRange> hidden;
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  [[nodiscard]] std::int32_t PartitionCount(Topic topic) const {
    return static_cast<std::int32_t>(
        std::count_if(partitions_.begin(), partitions_.end(),
                      [&](const auto& entry) { return entry.first.topic == topic; }));
  }

  std::string incarnation_;
  std::map<TopicPartition, Partition> partitions_;
};

/// A reader that has every partition from its first Poll on, and gives batches as the test says.
class FakeEventReader : public EventReader {
 public:
  explicit FakeEventReader(const FakeEventLog& log) : log_(log) {}

  Result<Polled> Poll(const PollLimits& limits) override {
    if (!next_.empty()) {
      Polled polled = std::move(next_.front());
      next_.pop_front();
      return polled;
    }
    if (!assigned_) {
      assigned_ = true;
      Assigned all;
      for (const TopicPartition partition : log_.Partitions()) {
        all.partitions.push_back(log_.Assignment(partition));
      }
      return Polled(std::move(all));
    }
    std::vector<TopicPartition> unread;
    for (const auto& [partition, offset] : positions_) {
      if (log_.away.contains(partition)) continue;
      const MessageBatch next = log_.Batch(partition, offset, 1);
      if (!next.messages.empty() || next.end > offset) unread.push_back(partition);
    }
    if (unread.empty()) return Polled(Idle{});
    const TopicPartition from = unread[pick(unread.size()) % unread.size()];
    MessageBatch batch =
        log_.Batch(from, positions_[from], std::min(max_batch, limits.max_messages));
    positions_[from] =
        std::max(batch.end, batch.messages.empty() ? 0 : batch.messages.back().offset + 1);
    return Polled(std::move(batch));
  }

  Result<> Start(TopicPartition partition, std::int64_t offset) override {
    positions_[partition] = offset;
    return {};
  }
  Result<> Pause(TopicPartition partition) override {
    positions_.erase(partition);
    return {};
  }
  Result<OffsetRange> Range(TopicPartition partition) override {
    const auto gone = log_.away.find(partition);
    if (gone != log_.away.end()) return Fail(gone->second);
    return log_.Range(partition);
  }
  Result<bool> Hides(TopicPartition partition, OffsetRange left_out, Instant) override {
    return log_.Hides(partition, left_out);
  }
  void ReportLoaded(TopicPartition partition, std::int64_t next_offset) override {
    reported[partition] = next_offset;
  }

  /// What the next Poll gives, before anything else.
  void GiveNext(Polled polled) { next_.push_back(std::move(polled)); }
  /// Reads this partition no further, as after a revocation.
  void Forget(TopicPartition partition) { positions_.erase(partition); }

  [[nodiscard]] const std::map<TopicPartition, std::int64_t>& positions() const {
    return positions_;
  }

  std::size_t max_batch = 10'000;
  std::map<TopicPartition, std::int64_t> reported;
  /// Which of so many partitions with unread messages is next.
  std::function<std::size_t(std::size_t)> pick = [](std::size_t) { return 0; };

 private:
  const FakeEventLog& log_;
  bool assigned_ = false;
  std::map<TopicPartition, std::int64_t> positions_;
  std::deque<Polled> next_;
};

}  // namespace herdflow::pipeline::testing
