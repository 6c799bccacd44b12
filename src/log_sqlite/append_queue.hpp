#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::log_sqlite {

/// One call of Append on its way into the log.
struct PendingBatch {
  pipeline::Topic topic;
  pipeline::EventBatch events;
  pipeline::Completion done;
  std::size_t bytes = 0;
  std::vector<pipeline::AppendOutcome> outcomes = {};  ///< One an event.
  std::size_t decided = 0;                             ///< So many events have their outcome.
};

/// What waits for the writer's thread: bounded, first in first out. Threads: any put, one takes.
class AppendQueue {
 public:
  explicit AppendQueue(const SqliteLogOptions& options) : options_(options) {}

  /// Take the batch in, or note that it is refused: the writer's thread tells it (TakeRefused).
  void Put(PendingBatch batch);
  /// Nothing will be put any more.
  void Close();
  [[nodiscard]] bool closed();

  /// Wait up to `patience` for batches, and move those of about `max_events` events to `into`.
  /// False: closed and empty.
  bool Take(std::size_t max_events, std::chrono::milliseconds patience,
            std::deque<PendingBatch>& into);
  /// Give those whose batches were just answered a moment to send the next ones: until so many
  /// wait, at most for `patience`.
  void Gather(std::size_t batches, std::chrono::microseconds patience);
  /// Taken batches of so many events and bytes are dealt with: their place is free.
  void Release(std::size_t events, std::size_t bytes);
  /// Whoever puts the next batch frees the memory of these events, so that the writer's thread does
  /// not; it does itself (FreeSpent) where nobody comes.
  void Spend(std::vector<pipeline::EventBatch> events);
  void FreeSpent();
  [[nodiscard]] std::vector<PendingBatch> TakeRefused();

 private:
  const SqliteLogOptions options_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<PendingBatch> waiting_;
  std::vector<PendingBatch> refused_;
  std::vector<pipeline::EventBatch> spent_;
  std::size_t waiting_events_ = 0;
  std::size_t held_events_ = 0;  ///< Waiting or taken.
  std::size_t held_bytes_ = 0;
  std::size_t wanted_batches_ = 1;  ///< So many are worth waking the writer's thread.
  bool closed_ = false;
};

}  // namespace herdflow::log_sqlite
