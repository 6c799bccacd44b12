#include "herdflow/orchestration/runner.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "counting_store.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/stop.hpp"

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;
using pipeline::RunState;
using pipeline::RunTrigger;
using pipeline::TaskRun;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kReportEvery{1};
constexpr std::chrono::seconds kLookEvery{1};  ///< Below pipeline::kLongestLook.
constexpr std::size_t kMostLogLines = 2'000;   ///< Of a run: the process's log has them all.
constexpr std::size_t kMostUntold = 1'000;     ///< While the ledger is away.
constexpr int kTriesToTellTheEnd = 20;

bool Contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string SlotKey(const PipelineDefinition& pipeline, std::string_view task, Instant slot) {
  return fmt::format("schedule:{}:{}:{}", pipeline.id, FormatInstant(slot), task);
}

/// What is asked for when a run has ended like this.
std::vector<pipeline::Follower> Followers(const Definitions::Place& place, const TaskRun& run) {
  std::vector<pipeline::Follower> followers;
  if (!run.slot || run.state != RunState::kSucceeded) return followers;
  for (const TaskDefinition& task : place.first->tasks) {
    if (!Contains(task.after, run.task)) continue;
    pipeline::Follower follower{SlotRun(*place.first, task, *run.slot), {}};
    for (const std::string& before : task.after) {
      if (before == run.task) continue;  // It has just succeeded, whatever it was asked for by.
      follower.after.push_back(SlotKey(*place.first, before, *run.slot));
    }
    followers.push_back(std::move(follower));
  }
  return followers;
}

}  // namespace

/// A run that this process does.
struct TaskRunner::Active {
  Active(Work wanted, const std::stop_token& process) : work(std::move(wanted)), stop(process) {}

  [[nodiscard]] bool IsOverdue() const { return Clock::now() >= deadline.load(); }

  /// Ask it to end, for this reason.
  void End(std::atomic<bool>& reason) {
    reason = true;
    stop.Request();
  }

  void Add(LogLevel level, std::string_view text) {
    const std::lock_guard lock(mutex);
    if (lines == kMostLogLines) return;
    ++lines;
    log.push_back({Now(), level, std::string(text)});
  }

  Work work;
  PartialStop stop;  ///< Asked for whichever reason.
  std::atomic<bool> cancel = false, lost = false;
  Clock::time_point started = Clock::now();
  std::atomic<Clock::time_point> deadline = Clock::time_point::max();
  std::atomic<std::int64_t> rows_read = 0;
  std::atomic<std::int64_t> rows_written = 0;

  std::mutex mutex;
  std::vector<pipeline::LogEntry> log;  ///< Not yet told.
  std::size_t lines = 0;

  std::mutex telling;  ///< Held by who tells the ledger; guards work.run and is_over.
  bool is_over = false;
};

TaskRunner::TaskRunner(RunnerParts parts) : parts_(std::move(parts)) {
  reporting_ = std::thread([this] { ReportEverySecond(); });
}

void TaskRunner::Finish() {
  if (!reporting_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  reporting_.join();
  WriteDone();
  WriteNotifications();
}

TaskRunner::Outcome TaskRunner::Do(Work work) {
  const auto active = std::make_shared<Active>(std::move(work), parts_.stop);
  TaskRun& run = active->work.run;
  const auto& [definition, task] = active->work.place;
  if (run.id == pipeline::RunId{}) {
    run.pipeline = definition->id;
    run.task = task->id();
    run.state = RunState::kRunning;
    run.owner = parts_.owner;
    run.requested_at = Now();
    run.started_at = run.heartbeat_at = run.requested_at;
    run.attempt = 1;
  } else {
    active->Add(LogLevel::kInfo, fmt::format("{}: begun by {}, asked for by {}, attempt {}",
                                             run.task, run.owner, Name(run.trigger), run.attempt));
  }
  {
    const std::lock_guard lock(mutex_);
    active_.push_back(active);
  }
  slots_.acquire();  // It has a heartbeat while it waits for its turn.
  active->deadline = Clock::now() + task->time_out;
  Outcome outcome = Try(*active);
  slots_.release();
  End(*active, outcome);
  {
    const std::lock_guard lock(mutex_);
    std::erase(active_, active);
  }
  return outcome;
}

TaskRunner::Outcome TaskRunner::Try(Active& active) {
  const TaskDefinition& task = *active.work.place.second;
  const LogListener listener(
      [&](LogLevel level, std::string_view line) { active.Add(level, line); });
  CountingStore store(parts_.context.store);
  pipeline::CleanseContext context{store, parts_.context.chunk};
  const std::stop_token stop = active.stop.token();
  const std::int64_t before = active.work.run.rows_read;
  std::int64_t done = 0;  // By the tries that failed.
  const auto progress = [&](std::string_view step, std::int64_t rows) {
    active.rows_read = done + rows;
    active.rows_written = store.rows_written();
    if (active.work.progress) active.work.progress(step, before + rows);
    if (active.IsOverdue()) active.stop.Request();  // No report need come for that.
  };
  Outcome outcome;
  for (std::int64_t retry = 0;; done = active.rows_read) {
    const Result<std::int64_t> ran = Run(task.step, context, stop, progress);
    outcome.rows = active.rows_read;
    if (active.cancel) {
      outcome.state = RunState::kCancelled;
    } else if (active.lost || parts_.stop.stop_requested()) {
      outcome.state = RunState::kInterrupted;
    } else if (active.IsOverdue()) {
      outcome.state = RunState::kFailed;
      outcome.error =
          Error(ErrorCode::kUnavailable,
                fmt::format(
                    "running {}: it took longer than {} s; what was committed stays, the next run "
                    "goes on from there",
                    task.id(), task.time_out.count()));
    } else if (!ran) {
      if (active.work.may_retry && IsPassing(ran.error()) && retry < task.retries.count) {
        const auto delay = DelayOf(task.retries, ++retry);
        Log(LogLevel::kWarning, "{}: {}; retry {} of {} in {} s", task.id(), ran.error().message(),
            retry, task.retries.count, delay.count());
        slots_.release();  // What fails keeps no other task waiting.
        SleepFor(delay, stop);
        slots_.acquire();
        continue;
      }
      outcome.state = RunState::kFailed;
      outcome.error = ran.error();
    }
    return outcome;
  }
}

void TaskRunner::End(Active& active, const Outcome& outcome) {
  const std::lock_guard telling(active.telling);
  active.is_over = true;
  TaskRun& run = active.work.run;
  if (active.lost) return;  // Somebody else goes on with it.
  // Whoever asked for it wants it done, by the next process.
  const bool wanted = run.trigger == RunTrigger::kApi || run.slot;
  run.state = outcome.state == RunState::kInterrupted && wanted ? RunState::kQueued : outcome.state;
  run.finished_at = run.heartbeat_at = Now();
  run.rows_read += active.rows_read;
  run.rows_written += active.rows_written;
  if (outcome.error) run.error = outcome.error->message();
  NoteHealth(run);
  if (run.id != pipeline::RunId{}) {
    TellEnd(active);
    return;
  }
  const bool did_something = outcome.rows > 0 || outcome.state == RunState::kFailed;
  if (!did_something && !active.work.is_always_told) return;
  const std::lock_guard lock(mutex_);
  if (done_.size() == kMostUntold) done_.pop_front();
  done_.push_back({run, std::move(active.log)});
}

/// The end of a run is what others wait for: it is told at once, and again while the ledger is
/// away.
void TaskRunner::TellEnd(Active& active) {
  const TaskRun& run = active.work.run;
  active.Add(run.error.empty() ? LogLevel::kInfo : LogLevel::kError,
             run.error.empty() ? fmt::format("{}: {}, {} rows read, {} written", run.task,
                                             Name(run.state), run.rows_read, run.rows_written)
                               : run.error);
  const pipeline::RunReport report{run.id,
                                   run.owner,
                                   run.attempt,
                                   run.state,
                                   *run.finished_at,
                                   run.rows_read,
                                   run.rows_written,
                                   run.error,
                                   std::move(active.log),
                                   Followers(active.work.place, run)};
  const std::string doing =
      fmt::format("{}: telling how run {} ended", run.task, static_cast<std::int64_t>(run.id));
  Retry retry(doing, {.tries = kTriesToTellTheEnd, .only_passing = true, .ends_at_once = true});
  const auto told = retry.Until(parts_.stop, [&] { return parts_.ledger.Report(report); });
  if (told) return;
  // Its heartbeat is over: somebody will take it for a further attempt, which finds nothing to do,
  // and asks for what comes after it.
  Log(LogLevel::kError, "{}: {}", doing, told.error().message());
}

/// What people want to know of the schedule: that a task fails, and that it does no more.
void TaskRunner::NoteHealth(const TaskRun& run) {
  if (run.trigger != RunTrigger::kSchedule) return;
  const std::lock_guard lock(mutex_);
  using Event = pipeline::Notification::Event;
  if (run.state == RunState::kFailed && failing_.insert(run.task).second) {
    notifications_.push_back({Now(), run.pipeline, run.task, Event::kFailed, run.error, {}});
  } else if (run.state == RunState::kSucceeded && failing_.erase(run.task) != 0) {
    notifications_.push_back(
        {Now(), run.pipeline, run.task, Event::kRecovered, run.task + " succeeds again", {}});
  }
}

bool TaskRunner::Told(const Result<>& result) {
  if (result) {
    writing_.Succeeded();
  } else {
    writing_.Failed(result.error());
  }
  return result.has_value();
}

void TaskRunner::ReportEverySecond() {
  while (true) {
    std::vector<std::shared_ptr<Active>> active;
    {
      std::unique_lock lock(mutex_);
      if (ending_.wait_for(lock, kReportEvery, [&] { return is_ending_; })) return;
      active = active_;
    }
    for (const auto& each : active) {
      if (each->IsOverdue()) each->stop.Request();  // Between two tries nothing else looks.
      ReportActive(*each);
    }
    WriteDone();
    WriteNotifications();
  }
}

void TaskRunner::ReportActive(Active& active) {
  const std::lock_guard telling(active.telling);
  if (active.is_over || active.lost) return;
  TaskRun& run = active.work.run;
  if (run.id == pipeline::RunId{}) {
    if (Clock::now() - active.started < kReportEvery) return;
    run.heartbeat_at = Now();
    const pipeline::NewRun begun{run, {}};
    const auto requested = parts_.ledger.Request({&begun, 1});
    if (Told(requested ? Result<>() : Fail(requested.error()))) run.id = requested->front().run.id;
    return;
  }
  pipeline::RunReport report{run.id,
                             run.owner,
                             run.attempt,
                             RunState::kRunning,
                             Now(),
                             run.rows_read + active.rows_read,
                             run.rows_written + active.rows_written,
                             {},
                             {},
                             {}};
  {
    const std::lock_guard lock(active.mutex);
    report.log = active.log;
  }
  const auto orders = parts_.ledger.Report(report);
  if (!Told(orders ? Result<>() : Fail(orders.error()))) return;
  {
    const std::lock_guard lock(active.mutex);
    active.log.erase(active.log.begin(),
                     active.log.begin() + static_cast<std::ptrdiff_t>(report.log.size()));
  }
  if (orders->cancel) active.End(active.cancel);
  if (orders->lost) active.End(active.lost);
  if (orders->lost) {
    Log(LogLevel::kWarning,
        "{}: run {} was taken from this process, of which nothing was heard for too long", run.task,
        static_cast<std::int64_t>(run.id));
  }
}

void TaskRunner::WriteDone() {
  std::vector<pipeline::NewRun> done;
  {
    const std::lock_guard lock(mutex_);
    done.assign(std::make_move_iterator(done_.begin()), std::make_move_iterator(done_.end()));
    done_.clear();
  }
  if (done.empty()) return;
  const auto requested = parts_.ledger.Request(done);
  if (Told(requested ? Result<>() : Fail(requested.error()))) return;
  const std::lock_guard lock(mutex_);
  done_.insert(done_.begin(), std::make_move_iterator(done.begin()),
               std::make_move_iterator(done.end()));
}

void TaskRunner::WriteNotifications() {
  while (true) {
    pipeline::Notification next;
    {
      const std::lock_guard lock(mutex_);
      if (notifications_.empty()) return;
      next = notifications_.front();
    }
    if (!Told(parts_.ledger.Notify(next))) return;
    const std::lock_guard lock(mutex_);
    notifications_.pop_front();
  }
}

TaskRun SlotRun(const PipelineDefinition& pipeline, const TaskDefinition& task, Instant slot) {
  TaskRun run;
  run.pipeline = pipeline.id;
  run.task = task.id();
  run.key = SlotKey(pipeline, task.id(), slot);
  run.trigger = RunTrigger::kSchedule;
  run.slot = slot;
  run.requested_at = Now();
  return run;
}

void QueueRunner::Start() {
  for (std::ptrdiff_t i = 0; i < kTasksAtOnce; ++i) threads_.emplace_back([this] { Work(); });
}

void QueueRunner::Join() {
  Wake();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void QueueRunner::Wake() {
  {
    const std::lock_guard lock(mutex_);
    ++wakes_;
  }
  woken_.notify_all();
}

void QueueRunner::WaitForMore() {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, runner_.parts().stop, kLookEvery,
                  [this, seen = wakes_] { return wakes_ != seen; });
}

void QueueRunner::Work() {
  const std::stop_token& stop = runner_.parts().stop;
  Retry retry("looking for runs to do", {.first = kLookEvery});
  while (!stop.stop_requested()) {
    const auto did = retry.Until(stop, [this] { return TakeAndDo(); });
    if (did && !*did) WaitForMore();
  }
}

Result<bool> QueueRunner::TakeAndDo() {
  const RunnerParts& parts = runner_.parts();
  HERDFLOW_ASSIGN(auto run, parts.ledger.Take({parts.owner, kMaxAttempts, Now(), Clock::now()}));
  if (!run) return false;
  const auto place = parts.definitions.Find(run->pipeline, run->task);
  if (place.second == nullptr) {
    const auto told =
        parts.ledger.Report({run->id,
                             run->owner,
                             run->attempt,
                             RunState::kFailed,
                             Now(),
                             0,
                             0,
                             fmt::format("there is no task {} of {}", run->task, run->pipeline),
                             {},
                             {}});
    if (!told) return Fail(told.error());
    return true;
  }
  TaskRunner::Work work;
  work.place = place;
  work.run = *run;
  work.may_retry = run->trigger == RunTrigger::kSchedule;
  const auto outcome = runner_.Do(std::move(work));
  if (outcome.state == RunState::kSucceeded && run->slot) Wake();  // For what comes after it.
  return true;
}

}  // namespace herdflow::orchestration
