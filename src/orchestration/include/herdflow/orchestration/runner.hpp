#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/core/time.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/orchestration/definitions.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "herdflow/pipeline/run_ledger.hpp"

namespace herdflow::orchestration {

/// What runs are done with. All of it outlives who does them.
struct RunnerParts {
  const Definitions& definitions;
  pipeline::CleanseContext& context;
  pipeline::RunLedger& ledger;
  std::string owner;            ///< `<host>:<pid>`.
  std::stop_token stop;         ///< Of the process.
  herd::FarmCalendar calendar;  ///< By whose clock schedules are.
};

/// How many tasks of a process run at once; the others wait.
inline constexpr std::ptrdiff_t kTasksAtOnce = 2;
/// How often a run is begun whose process died, before it is ended.
inline constexpr std::int64_t kMaxAttempts = 5;

/// Does runs of tasks, and tells the ledger how they stand: every second, and when they end.
///
/// Threads: any. While the ledger is away, tasks go on, and what they did is written when it is
/// back.
class TaskRunner {
 public:
  explicit TaskRunner(RunnerParts parts);
  ~TaskRunner() { Finish(); }
  TaskRunner(const TaskRunner&) = delete;
  TaskRunner& operator=(const TaskRunner&) = delete;

  struct Work {
    Definitions::Place place;
    /// As it was taken from the ledger. Without an id it is not there yet: it is written down when
    /// it lasts for a second, or in the second after it ended, so that nobody waits for that.
    pipeline::TaskRun run;
    bool may_retry = false;      ///< Failures that pass are tried again, as its definition says.
    bool is_always_told = true;  ///< false: without an id only if there was something to do.
    pipeline::StepProgress progress;  ///< May be empty.
  };
  struct Outcome {
    pipeline::RunState state = pipeline::RunState::kSucceeded;
    std::int64_t rows = 0;       ///< Read.
    std::optional<Error> error;  ///< Of kFailed.
  };
  /// Do the task on this thread, in turn with others. It ends between two chunks where somebody
  /// cancels it, its time is over, or the process is asked to end: it is given back then, or ended
  /// as interrupted if nobody asked for it.
  Outcome Do(Work work);
  /// Write down what is not yet: no report comes any more. Once; further calls do nothing.
  /// Threads: one. REQUIRES: no Do goes on, and none follows.
  void Finish();

  [[nodiscard]] const RunnerParts& parts() const { return parts_; }

 private:
  struct Active;
  Outcome Try(Active& active);
  void End(Active& active, const Outcome& outcome);
  void TellEnd(Active& active);
  void NoteHealth(const pipeline::TaskRun& run);
  void ReportEverySecond();
  void ReportActive(Active& active);
  void WriteDone();
  void WriteNotifications();
  /// Whether it went well; a failure is logged, of several in a row the first.
  bool Told(const Result<>& result);

  const RunnerParts parts_;
  std::counting_semaphore<kTasksAtOnce> slots_{kTasksAtOnce};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Active>> active_;
  std::deque<pipeline::NewRun> done_;  ///< To be written down.
  std::deque<pipeline::Notification> notifications_;
  std::set<std::string> failing_;  ///< Tasks whose last scheduled run failed.
  std::condition_variable ending_;
  bool is_ending_ = false;
  Retry writing_{"writing down the runs of tasks"};  ///< The reporting thread's.
  std::thread reporting_;
};

/// What is common to the runs of one round of a pipeline, which are done by this process.
struct Round {
  pipeline::RunTrigger trigger = pipeline::RunTrigger::kSchedule;
  std::string_view only_task;  ///< Empty: all.
  bool is_always_told = true;
  pipeline::StepProgress progress;  ///< May be empty. Called from several threads.
};
/// Do the tasks of a pipeline, each after those that it names, side by side where that is allowed;
/// what comes after a failed one is left out. kInterrupted where the process is asked to end.
TaskRunner::Outcome RunRound(TaskRunner& runner, const PipelineDefinition& pipeline,
                             const Round& round);

/// Takes runs from the ledger and does them, on threads of its own, until the process is asked to
/// end. Looks every second, and when it is woken.
class QueueRunner {
 public:
  explicit QueueRunner(TaskRunner& runner) : runner_(runner) {}
  ~QueueRunner() { Join(); }
  QueueRunner(const QueueRunner&) = delete;
  QueueRunner& operator=(const QueueRunner&) = delete;

  void Start();
  /// Wait for the threads, if it was started. REQUIRES: the process is asked to stop.
  void Join();
  /// A run was asked for. Threads: any.
  void Wake();

 private:
  void Work();
  Result<bool> TakeAndDo();
  void WaitForMore();

  TaskRunner& runner_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::int64_t wakes_ = 0;
  std::vector<std::thread> threads_;
};

/// The run of a task that belongs to a slot of its schedule: by its key one run, however many
/// processes ask for it. It asks for what comes after it when it succeeds.
[[nodiscard]] pipeline::TaskRun SlotRun(const PipelineDefinition& pipeline,
                                        const TaskDefinition& task, Instant slot);

}  // namespace herdflow::orchestration
