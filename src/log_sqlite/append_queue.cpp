#include "append_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace herdflow::log_sqlite {
namespace {

Error QueueFull(std::size_t events, std::size_t bytes) {
  return {ErrorCode::kUnavailable,
          fmt::format("appending to the log: {} events ({} KiB) wait for the disk already; try "
                      "again in a moment",
                      events, bytes / 1024)};
}

}  // namespace

void AppendQueue::Put(PendingBatch batch) {
  const std::size_t events = batch.events.size();
  bool wake = true;
  std::vector<pipeline::EventBatch> spent;  // Freed without the lock.
  {
    const std::lock_guard lock(mutex_);
    spent.swap(spent_);
    const bool full = held_events_ > 0 && (held_events_ + events > options_.max_queued_events ||
                                           held_bytes_ + batch.bytes > options_.max_queued_bytes);
    if (full) {
      batch.outcomes.resize(events);
      for (auto& outcome : batch.outcomes) outcome.error = QueueFull(held_events_, held_bytes_);
      batch.events.clear();
      refused_.push_back(std::move(batch));
    } else {
      waiting_events_ += events;
      held_events_ += events;
      held_bytes_ += batch.bytes;
      waiting_.push_back(std::move(batch));
      wake = waiting_.size() >= wanted_batches_;
    }
  }
  if (wake) news_.notify_one();
}

void AppendQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  news_.notify_one();
}

bool AppendQueue::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool AppendQueue::Take(std::size_t max_events, std::chrono::milliseconds patience,
                       std::deque<PendingBatch>& into) {
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, patience,
                 [this] { return closed_ || !waiting_.empty() || !refused_.empty(); });
  if (into.empty() && waiting_events_ <= max_events) {
    into.swap(waiting_);
    waiting_events_ = 0;
  }
  for (std::size_t events = 0; !waiting_.empty() && events < max_events;) {
    events += waiting_.front().events.size();
    waiting_events_ -= waiting_.front().events.size();
    into.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return !closed_ || !into.empty() || !refused_.empty();
}

void AppendQueue::Gather(std::size_t batches, std::chrono::microseconds patience) {
  std::unique_lock lock(mutex_);
  wanted_batches_ = batches;
  news_.wait_for(lock, patience,
                 [&] { return closed_ || waiting_.size() >= batches || !refused_.empty(); });
  wanted_batches_ = 1;
}

void AppendQueue::Release(std::size_t events, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  held_events_ -= events;
  held_bytes_ -= bytes;
}

void AppendQueue::Spend(std::vector<pipeline::EventBatch> events) {
  const std::lock_guard lock(mutex_);
  std::move(events.begin(), events.end(), std::back_inserter(spent_));
}

void AppendQueue::FreeSpent() {
  std::vector<pipeline::EventBatch> spent;  // Freed without the lock.
  const std::lock_guard lock(mutex_);
  spent.swap(spent_);
}

std::vector<PendingBatch> AppendQueue::TakeRefused() {
  const std::lock_guard lock(mutex_);
  return std::exchange(refused_, {});
}

}  // namespace herdflow::log_sqlite
