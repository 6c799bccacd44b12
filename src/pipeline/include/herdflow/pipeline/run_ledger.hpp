#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"

namespace herdflow::pipeline {

enum class RunId : std::int64_t {};

/// Who asked for a run.
enum class RunTrigger : std::uint8_t { kSchedule, kApi, kCommand };
inline constexpr std::array kAllRunTriggers{RunTrigger::kSchedule, RunTrigger::kApi,
                                            RunTrigger::kCommand};
/// `schedule`, `api`, `command`.
[[nodiscard]] std::string_view Name(RunTrigger trigger);

enum class RunState : std::uint8_t {
  kQueued,
  kRunning,
  kSucceeded,
  kFailed,
  kCancelled,
  kInterrupted,  ///< Its process ended, and nobody goes on with it.
};
inline constexpr std::array kAllRunStates{RunState::kQueued,    RunState::kRunning,
                                          RunState::kSucceeded, RunState::kFailed,
                                          RunState::kCancelled, RunState::kInterrupted};
/// `queued`, `running`, …
[[nodiscard]] std::string_view Name(RunState state);
/// Whether the run stays as it is.
[[nodiscard]] bool IsOver(RunState state);

/// One run of one task, as the ledger holds it.
struct TaskRun {
  RunId id{};
  std::string pipeline, task;
  std::string key;  ///< Names this very run: the same key gives the same run.
  RunTrigger trigger = RunTrigger::kSchedule;
  /// The slot of a schedule that it belongs to: what comes after it is asked for when it succeeds.
  std::optional<Instant> slot;
  RunState state = RunState::kQueued;
  std::string owner;  ///< `<host>:<pid>` of who does it or did it; empty while it is queued.
  Instant requested_at;
  std::optional<Instant> started_at, finished_at, heartbeat_at;
  std::int64_t attempt = 0;  ///< How often somebody began it.
  std::int64_t beats = 0;    ///< How often its owners told of it: a heartbeat without a clock.
  std::int64_t rows_read = 0, rows_written = 0;
  std::string error;  ///< Empty: none.
  bool cancel_requested = false;
};

/// How long a run was done, or is done as far as its owner told; nothing before it began.
[[nodiscard]] std::optional<std::chrono::microseconds> DurationOf(const TaskRun& run);

struct RequestedRun {
  TaskRun run;
  bool is_new = false;
};

struct LogEntry {
  Instant at;
  LogLevel level = LogLevel::kInfo;
  std::string text;
};

/// A run to be written down.
struct NewRun {
  TaskRun run;
  std::vector<LogEntry> log;  ///< Of one that is over.
};

/// Who looks for runs to do.
struct RunSeeker {
  std::string owner;  ///< `<host>:<pid>`.
  std::int64_t max_attempts = 0;
  Instant now;  ///< For people to read.
  /// By which it sees how long others were silent: wall clocks jump, and differ between machines.
  std::chrono::steady_clock::time_point clock;
};

/// A run that is asked for when another ends, where all of these have succeeded by then, by their
/// keys: of two that end at once the later one asks for it.
struct Follower {
  TaskRun run;
  std::vector<std::string> after;
};

/// How a run stands, told by who does it.
struct RunReport {
  RunId id{};
  std::string owner;
  std::int64_t attempt = 0;
  RunState state = RunState::kRunning;  ///< kQueued: given back, for another to go on with.
  Instant at;
  std::int64_t rows_read = 0, rows_written = 0;
  std::string error;
  std::vector<LogEntry> log;        ///< What is new.
  std::vector<Follower> followers;  ///< Asked for together with this end of it.
};

/// What who does a run has to heed.
struct RunOrders {
  bool cancel = false;  ///< Somebody wants it to end.
  bool lost = false;    ///< It is over, or somebody else goes on with it: nothing was written.
};

struct RunLogLine {
  std::int64_t number = 0;  ///< From 1 on.
  LogEntry entry;
};
struct RunWithLog {
  TaskRun run;
  std::vector<RunLogLine> log;
};

/// Something that people should know of a pipeline.
struct Notification {
  enum class Event : std::uint8_t { kFailed, kRetrying, kRecovered };
  Instant at;
  std::string pipeline, task;  ///< `task` empty: the whole pipeline.
  Event event = Event::kFailed;
  std::string message, url;  ///< `url` empty: none.
};
inline constexpr std::array kAllEvents{Notification::Event::kFailed, Notification::Event::kRetrying,
                                       Notification::Event::kRecovered};
/// `failed`, `retrying`, `recovered`.
[[nodiscard]] std::string_view Name(Notification::Event event);

struct LedgerOverview {
  std::vector<TaskRun> last_runs;  ///< The newest of each task.
  std::optional<TaskRun> last_failure;
  std::vector<Notification> notifications;  ///< The newest 20, newest first.
};

/// A run whose owner was silent for so long is anybody's to go on with: silent while somebody
/// looked, so that a machine that slept for a night takes nothing when it wakes up.
inline constexpr std::chrono::seconds kOwnerSilent{15};
/// What a look adds to that at most. REQUIRES of who seeks runs: looks more often.
inline constexpr std::chrono::seconds kLongestLook{2};
/// How many runs of a task are kept.
inline constexpr std::int64_t kRunsKept = 1'000;

/// Which runs of tasks were asked for, who does them, and what became of them.
///
/// Threads: any. Errors: kUnavailable: nothing happened, do it again; kTimeout: it may have, and
/// doing it again is safe.
class RunLedger {
 public:
  virtual ~RunLedger() = default;

  /// Write runs down, all or none: those that somebody wants (kQueued), or that their owner has
  /// begun or even ended. A key that is known gives the run that has it: unchanged, but one that
  /// did not succeed and is wanted again waits for its next attempt, and one that its owner has
  /// ended since is over. `id` is given here.
  virtual Result<std::vector<RequestedRun>> Request(std::span<const NewRun> runs) = 0;
  /// Become the owner of the oldest run that waits, none of whose task is running: a queued one, or
  /// one whose owner is silent, as a further attempt. A silent owner's run that was a command's, or
  /// was begun `max_attempts` times, is ended as kInterrupted. None: nothing is to do, and nothing
  /// was written.
  virtual Result<std::optional<TaskRun>> Take(const RunSeeker& seeker) = 0;
  /// How a run stands: heartbeat, rows and log lines; or its end and what comes after it, in one
  /// transaction.
  virtual Result<RunOrders> Report(const RunReport& report) = 0;
  /// Want a run to end: at once if it is queued, at its owner's next report if it is running. The
  /// run as it is then; nothing where there is none.
  virtual Result<std::optional<TaskRun>> Cancel(RunId id, Instant now) = 0;
  /// A run and up to `limit` lines of its log after line number `after`; nothing where there is
  /// none.
  virtual Result<std::optional<RunWithLog>> Read(RunId id, std::int64_t after,
                                                 std::size_t limit) = 0;
  virtual Result<LedgerOverview> List() = 0;
  virtual Result<> Notify(const Notification& notification) = 0;
};

}  // namespace herdflow::pipeline
