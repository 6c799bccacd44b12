#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "herdflow/core/retry.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/orchestration/runner.hpp"

namespace herdflow::orchestration {

/// What the loader tells the scheduler: when to look. Threads: any announce, one waits and looks.
class News {
 public:
  using Clock = std::chrono::steady_clock;
  /// Of looks that follow one another. A look takes all that is there, however much: closer ones
  /// would only take it in smaller pieces, each with transactions of its own.
  static constexpr std::chrono::milliseconds kApart{40};

  News() : News(Clock::now) {}
  /// `now` is asked instead of the clock, by who waits.
  explicit News(std::function<Clock::time_point()> now) : now_(std::move(now)) {}

  void Announce();
  /// Wait until it is time to look. What is announced while this waits is so at once; what was
  /// while the caller looked waits for the next look, kApart after that one began. Without news
  /// it is time after a second: another process may have loaded. Returns at once if stopped.
  void Wait(const std::stop_token& stop);

 private:
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t count_ = 0;
  std::int64_t seen_ = 0;
  Clock::time_point began_;  ///< The last look.
};

/// When the newest slot of a schedule was due, at `now`; nothing of `when new`.
[[nodiscard]] std::optional<Instant> NewestSlot(const Schedule& schedule, Instant now,
                                                const herd::FarmCalendar& calendar);

/// The built-in scheduler: begins the rounds of the pipelines by their schedules.
///
/// Of `when new` it looks itself, at news and at least every second, and does what there is to
/// do at once: the store's leases keep several processes apart. Of the other schedules it asks for
/// the runs of a slot by keys that all processes share, and whoever takes them does them; a slot
/// that nobody was there for is made up for once. A pipeline's rounds do not overlap.
class Scheduler {
 public:
  /// All outlive the scheduler.
  Scheduler(TaskRunner& runner, QueueRunner& queue, News& news)
      : runner_(runner), queue_(queue), news_(news) {}

  /// Until the process is asked to end.
  void Run();

 private:
  /// A pipeline that runs when something is new: one that fails backs off by itself, beside others.
  struct Turn {
    explicit Turn(const PipelineDefinition& definition)
        : pipeline(definition), retry(definition.id, {.first = std::chrono::seconds(1)}) {}

    const PipelineDefinition& pipeline;
    Retry retry;
    Retry::Clock::time_point not_before;
  };

  void RunWhenNew();
  void TakeTurn(Turn& turn);
  void RunSlots();
  Result<> RequestDueSlots();

  TaskRunner& runner_;
  QueueRunner& queue_;
  News& news_;
  std::map<std::string, Instant> requested_;  ///< The newest slot of each pipeline.
};

}  // namespace herdflow::orchestration
