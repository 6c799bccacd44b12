#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "client.hpp"

namespace herdflow::log_kafka {

/// Wakes the reader when a queue of the driver gets something.
class Bell {
 public:
  void Attach(rd_kafka_queue_t* queue) {
    rd_kafka_queue_cb_event_enable(
        queue, [](rd_kafka_t*, void* bell) { static_cast<Bell*>(bell)->Ring(); }, this);
  }
  static void Detach(rd_kafka_queue_t* queue) {
    rd_kafka_queue_cb_event_enable(queue, nullptr, nullptr);
  }
  void Wait(std::chrono::steady_clock::duration longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [this] { return rung_; });
    rung_ = false;
  }

 private:
  void Ring() {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

/// A partition that the group gave to this reader.
struct PartitionState {
  pipeline::TopicPartition partition;
  std::string kafka_name, stream_id;
  Queue queue;                ///< Its messages alone.
  MessageHandle next;         ///< Taken out of the queue, and too large for the batch then.
  std::int64_t position = 0;  ///< What the owner gets next.
  std::int64_t ended = 0;     ///< Nothing more came before this offset.
  std::int64_t loaded = -1;   ///< Not told to Kafka yet.
  bool known = false;         ///< The owner was given it.
  bool started = false;
};

inline bool HasNews(const PartitionState& state) {
  return state.started && (state.next || rd_kafka_queue_length(state.queue.get()) > 0);
}

/// Whose turn it is. Cows and sensors before measurements, but for one turn in so many: a reading
/// whose cow and sensor are known is judged once, another one twice.
class Turns {
 public:
  /// The next partition with news, or null.
  PartitionState* Choose(std::vector<PartitionState>& partitions) {
    PartitionState* front = nullptr;
    PartitionState* other = nullptr;
    for (std::size_t i = 1; i <= partitions.size(); ++i) {
      auto& state = partitions[(last_chosen_ + i) % partitions.size()];
      if (!HasNews(state)) continue;
      auto*& choice = state.partition.topic == pipeline::Topic::kMeasurements ? other : front;
      if (choice == nullptr) choice = &state;
    }
    const bool take_front = front != nullptr && (other == nullptr || in_front_ < kMostInFront);
    in_front_ = take_front ? in_front_ + 1 : 0;
    auto* chosen = take_front ? front : other;
    if (chosen != nullptr) last_chosen_ = static_cast<std::size_t>(chosen - partitions.data());
    return chosen;
  }

 private:
  static constexpr int kMostInFront = 4;
  std::size_t last_chosen_ = 0;
  int in_front_ = 0;
};

}  // namespace herdflow::log_kafka
