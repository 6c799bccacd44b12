#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "herdflow/core/text.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "herdflow/store_sql/store.hpp"
#include "owners_watch.hpp"
#include "row_writer.hpp"
#include "scope.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::Notification;
using pipeline::RunId;
using pipeline::RunState;
using pipeline::TaskRun;

/// Whoever writes to the ledger excludes all others: a run is read, changed and written whole.
constexpr std::string_view kLedgerStep = "run_ledger";
constexpr std::int64_t kNotificationsKept = 1'000;
constexpr std::int64_t kNotificationsShown = 20;
/// Old rows go when every so manieth one is written: a prime, so that every task has its turn.
constexpr std::int64_t kPruneEvery = 31;
constexpr std::size_t kMaxTextBytes = 8'192;

/// The value of this name, or the first.
template <class All>
auto Named(const All& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](auto value) { return Name(value) == name; });
  return found == all.end() ? all.front() : *found;
}

LogLevel LevelNamed(std::string_view name) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kWarning, LogLevel::kError}) {
    if (Name(level) == name) return level;
  }
  return LogLevel::kInfo;
}

std::optional<std::int64_t> Micros(std::optional<Instant> at) {
  return at ? std::optional(ToMicros(*at)) : std::nullopt;
}

std::optional<Instant> InstantAt(const Statement& row, int column) {
  const auto micros = row.MaybeInt(column);
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

Value TextOrNull(std::string_view text) { return text.empty() ? Value() : Value(text); }

TaskRun ReadRun(const Statement& row) {
  static constexpr Columns kOf(sql::kReadTaskRun);
  static_assert(SameColumns(sql::kReadTaskRun, sql::kFindTaskRun));
  static_assert(SameColumns(sql::kReadTaskRun, sql::kReadOpenTaskRuns));
  static_assert(SameColumns(sql::kReadTaskRun, sql::kReadLastTaskRuns));
  static_assert(SameColumns(sql::kReadTaskRun, sql::kReadLastFailedTaskRun));
  TaskRun run;
  run.id = RunId{row.Int(kOf["id"])};
  run.pipeline = row.Bytes(kOf["pipeline"]);
  run.task = row.Bytes(kOf["task"]);
  run.key = row.Bytes(kOf["idempotency_key"]);
  run.trigger = Named(pipeline::kAllRunTriggers, row.Bytes(kOf["trigger_kind"]));
  run.state = Named(pipeline::kAllRunStates, row.Bytes(kOf["state"]));
  run.owner = row.Bytes(kOf["owner"]);
  run.requested_at = FromMicros(row.Int(kOf["requested_at"]));
  run.started_at = InstantAt(row, kOf["started_at"]);
  run.finished_at = InstantAt(row, kOf["finished_at"]);
  run.heartbeat_at = InstantAt(row, kOf["heartbeat_at"]);
  run.attempt = row.Int(kOf["attempt"]);
  run.rows_read = row.Int(kOf["rows_read"]);
  run.rows_written = row.Int(kOf["rows_written"]);
  run.error = row.Bytes(kOf["error"]);
  run.cancel_requested = row.Int(kOf["cancel_requested"]) != 0;
  run.slot = InstantAt(row, kOf["slot"]);
  run.beats = row.Int(kOf["beats"]);
  return run;
}

/// Every run that a bound statement gives.
Result<std::vector<TaskRun>> ReadRuns(Statement& read) {
  std::vector<TaskRun> runs;
  while (true) {
    HERDFLOW_ASSIGN(const bool there, read.Step());
    if (!there) return runs;
    runs.push_back(ReadRun(read));
  }
}

Result<std::optional<TaskRun>> ReadOne(Statement& read) {
  HERDFLOW_ASSIGN(auto runs, ReadRuns(read));
  return runs.empty() ? std::nullopt : std::optional(std::move(runs.front()));
}

/// Those of the open runs that may be begun, oldest first.
std::vector<TaskRun> Takeable(const std::vector<TaskRun>& open, const OwnersWatch& watch) {
  std::set<std::string_view> busy;
  for (const TaskRun& run : open) {
    if (run.state == RunState::kRunning && !watch.IsSilent(run)) busy.insert(run.task);
  }
  std::vector<TaskRun> takeable;
  for (const TaskRun& run : open) {
    if (run.state != RunState::kQueued && !watch.IsSilent(run)) continue;
    if (!busy.contains(run.task)) takeable.push_back(run);
  }
  return takeable;
}

class SqlRunLedger final : public pipeline::RunLedger {
 public:
  SqlRunLedger(std::shared_ptr<WriteSessions> writers, std::shared_ptr<ReadSessions> readers)
      : writers_(std::move(writers)), readers_(std::move(readers)) {}

  Result<std::vector<pipeline::RequestedRun>> Request(
      std::span<const pipeline::NewRun> runs) override {
    HERDFLOW_ASSIGN(const auto scope, Begin());
    std::vector<pipeline::RequestedRun> requested;
    for (const pipeline::NewRun& each : runs) {
      HERDFLOW_ASSIGN(auto run, WriteDown(*scope, each.run, each.log));
      requested.push_back(std::move(run));
    }
    HERDFLOW_CHECK(scope->Commit());
    return requested;
  }

  Result<std::optional<TaskRun>> Take(const pipeline::RunSeeker& seeker) override {
    {
      HERDFLOW_ASSIGN(const auto snapshot, readers_->BeginRead());
      HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadOpenTaskRuns));
      HERDFLOW_ASSIGN(const auto open, ReadRuns(*read));
      watch_.Look(open, seeker.clock);
      if (Takeable(open, watch_).empty()) return std::optional<TaskRun>();
    }
    HERDFLOW_ASSIGN(const auto scope, Begin());
    HERDFLOW_ASSIGN(Statement * read, scope->Get(sql::kReadOpenTaskRuns));
    HERDFLOW_ASSIGN(const auto open, ReadRuns(*read));
    std::optional<TaskRun> taken;
    for (TaskRun& run : Takeable(open, watch_)) {
      if (EndWithoutOwner(run, seeker)) {
        HERDFLOW_CHECK(Update(*scope, run));
        continue;
      }
      run.state = RunState::kRunning;
      run.owner = seeker.owner;
      run.heartbeat_at = seeker.now;
      if (!run.started_at) run.started_at = seeker.now;
      ++run.attempt;
      HERDFLOW_CHECK(Update(*scope, run));
      taken = std::move(run);
      break;
    }
    HERDFLOW_CHECK(scope->Commit());
    return taken;
  }

  Result<pipeline::RunOrders> Report(const pipeline::RunReport& report) override {
    HERDFLOW_ASSIGN(const auto scope, Begin());
    HERDFLOW_ASSIGN(auto run, Find(*scope, report.id));
    if (!run || run->state != RunState::kRunning || run->owner != report.owner ||
        run->attempt != report.attempt) {
      return pipeline::RunOrders{false, true};
    }
    run->state = report.state;
    run->rows_read = report.rows_read;
    run->rows_written = report.rows_written;
    run->error = report.error;
    run->heartbeat_at = report.at;
    ++run->beats;
    if (IsOver(report.state)) run->finished_at = report.at;
    if (report.state == RunState::kQueued) {
      run->owner.clear();
      run->heartbeat_at.reset();
    }
    HERDFLOW_CHECK(Update(*scope, *run));
    HERDFLOW_CHECK(AppendLog(*scope, report.id, report.log));
    for (const pipeline::Follower& follower : report.followers) {
      HERDFLOW_ASSIGN(const bool ready, HaveSucceeded(*scope, follower.after));
      if (ready) HERDFLOW_CHECK(WriteDown(*scope, follower.run, {}));
    }
    HERDFLOW_CHECK(scope->Commit());
    return pipeline::RunOrders{run->cancel_requested, false};
  }

  Result<std::optional<TaskRun>> Cancel(RunId id, Instant now) override {
    HERDFLOW_ASSIGN(const auto scope, Begin());
    HERDFLOW_ASSIGN(auto run, Find(*scope, id));
    if (!run || IsOver(run->state) || run->cancel_requested) return run;
    run->cancel_requested = true;
    if (run->state == RunState::kQueued) {
      run->state = RunState::kCancelled;
      run->finished_at = now;
    }
    HERDFLOW_CHECK(Update(*scope, *run));
    HERDFLOW_CHECK(scope->Commit());
    return run;
  }

  Result<std::optional<pipeline::RunWithLog>> Read(RunId id, std::int64_t after,
                                                   std::size_t limit) override {
    HERDFLOW_ASSIGN(const auto snapshot, readers_->BeginRead());
    HERDFLOW_ASSIGN(Statement * find, snapshot->session().Get(sql::kReadTaskRun));
    HERDFLOW_ASSIGN(auto run, ReadOne(find->Bind(1, id)));
    if (!run) return std::optional<pipeline::RunWithLog>();
    pipeline::RunWithLog with_log{*std::move(run), {}};
    static constexpr Columns kOf(sql::kReadTaskRunLog);
    HERDFLOW_ASSIGN(Statement * read, snapshot->session().Get(sql::kReadTaskRunLog));
    read->Bind(1, id).Bind(2, after).Bind(3, limit);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return std::optional(std::move(with_log));
      with_log.log.push_back(
          {read->Int(kOf["number"]),
           {FromMicros(read->Int(kOf["logged_at"])), LevelNamed(read->Bytes(kOf["level"])),
            std::string(read->Bytes(kOf["text"]))}});
    }
  }

  Result<pipeline::LedgerOverview> List() override {
    HERDFLOW_ASSIGN(const auto snapshot, readers_->BeginRead());
    Session& session = snapshot->session();
    pipeline::LedgerOverview overview;
    HERDFLOW_ASSIGN(Statement * last, session.Get(sql::kReadLastTaskRuns));
    HERDFLOW_ASSIGN(overview.last_runs, ReadRuns(*last));
    HERDFLOW_ASSIGN(Statement * failed, session.Get(sql::kReadLastFailedTaskRun));
    HERDFLOW_ASSIGN(overview.last_failure, ReadOne(*failed));
    static constexpr Columns kOf(sql::kReadNotifications);
    HERDFLOW_ASSIGN(Statement * read, session.Get(sql::kReadNotifications));
    read->Bind(1, kNotificationsShown);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return overview;
      Notification notification;
      notification.at = FromMicros(read->Int(kOf["noted_at"]));
      notification.pipeline = read->Bytes(kOf["pipeline"]);
      notification.task = read->Bytes(kOf["task"]);
      notification.event = Named(pipeline::kAllEvents, read->Bytes(kOf["event"]));
      notification.message = read->Bytes(kOf["message"]);
      notification.url = read->Bytes(kOf["url"]);
      overview.notifications.push_back(std::move(notification));
    }
  }

  Result<> Notify(const Notification& notification) override {
    HERDFLOW_ASSIGN(const auto scope, Begin());
    HERDFLOW_ASSIGN(Statement * insert, scope->Get(sql::kInsertNotification));
    HERDFLOW_CHECK(insert->Bind(1, ToMicros(notification.at))
                       .Bind(2, std::string_view(notification.pipeline))
                       .Bind(3, TextOrNull(notification.task))
                       .Bind(4, Name(notification.event))
                       .Bind(5, CutUtf8(notification.message, kMaxTextBytes))
                       .Bind(6, TextOrNull(notification.url))
                       .Run());
    const std::int64_t id = scope->session().last_insert_id();
    if (id % kPruneEvery == 0) {
      HERDFLOW_ASSIGN(Statement * prune, scope->Get(sql::kDeleteOldNotifications));
      HERDFLOW_CHECK(prune->Bind(1, id - kNotificationsKept).Run());
    }
    return scope->Commit();
  }

 private:
  Result<std::unique_ptr<WriteScope>> Begin() { return WriteScope::Begin(*writers_, kLedgerStep); }

  static Result<pipeline::RequestedRun> WriteDown(WriteScope& scope, const TaskRun& run,
                                                  const std::vector<pipeline::LogEntry>& log) {
    HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindTaskRun));
    HERDFLOW_ASSIGN(auto known, ReadOne(find->Bind(1, std::string_view(run.key))));
    if (!known) {
      pipeline::RequestedRun requested{run, true};
      HERDFLOW_ASSIGN(requested.run.id, Insert(scope, run));
      HERDFLOW_CHECK(AppendLog(scope, requested.run.id, log));
      return requested;
    }
    if (WantsAnotherTry(run, *known)) {
      GiveBack(*known);
      HERDFLOW_CHECK(Update(scope, *known));
    } else if (IsEndOf(run, *known)) {
      TaskRun ended = run;
      ended.id = known->id;
      ended.beats = known->beats + 1;
      ended.cancel_requested = known->cancel_requested;
      known = std::move(ended);
      HERDFLOW_CHECK(Update(scope, *known));
      HERDFLOW_CHECK(AppendLog(scope, known->id, log));
    }
    return pipeline::RequestedRun{*std::move(known), false};
  }

  /// Whether a run's owner ended it without having heard that it was written down before.
  static bool IsEndOf(const TaskRun& run, const TaskRun& known) {
    return IsOver(run.state) && known.state == RunState::kRunning && run.owner == known.owner &&
           run.attempt == known.attempt;
  }
  /// Whether a run that did not end well is asked for again.
  static bool WantsAnotherTry(const TaskRun& wish, const TaskRun& known) {
    return wish.state == RunState::kQueued && IsOver(known.state) &&
           known.state != RunState::kSucceeded && wish.pipeline == known.pipeline &&
           wish.task == known.task;
  }
  /// For anybody to take, as if nothing had become of it yet.
  static void GiveBack(TaskRun& run) {
    run.state = RunState::kQueued;
    run.owner.clear();
    run.error.clear();
    run.finished_at.reset();
    run.heartbeat_at.reset();
    run.cancel_requested = false;
  }

  /// Whether nobody goes on with a run whose owner is silent.
  static bool EndWithoutOwner(TaskRun& run, const pipeline::RunSeeker& seeker) {
    if (run.state != RunState::kRunning) return false;
    if (run.cancel_requested) {
      run.state = RunState::kCancelled;
    } else if (run.trigger == pipeline::RunTrigger::kCommand ||
               run.attempt >= seeker.max_attempts) {
      run.state = RunState::kInterrupted;
      run.error = fmt::format(
          "the process {} ended before the run did (attempt {}); what was committed stays",
          run.owner, run.attempt);
    } else {
      return false;
    }
    run.finished_at = seeker.now;
    return true;
  }

  static Result<std::optional<TaskRun>> Find(WriteScope& scope, RunId id) {
    HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadTaskRun));
    return ReadOne(read->Bind(1, id));
  }

  /// What changes while a run goes its way: parameters 1 to 11 of both statements.
  static Statement& BindProgress(Statement& statement, const TaskRun& run) {
    return statement.Bind(1, Name(run.state))
        .Bind(2, TextOrNull(run.owner))
        .Bind(3, Micros(run.started_at))
        .Bind(4, Micros(run.finished_at))
        .Bind(5, Micros(run.heartbeat_at))
        .Bind(6, run.attempt)
        .Bind(7, run.rows_read)
        .Bind(8, run.rows_written)
        .Bind(9, TextOrNull(CutUtf8(run.error, kMaxTextBytes)))
        .Bind(10, run.cancel_requested ? 1 : 0)
        .Bind(11, run.beats);
  }

  static Result<RunId> Insert(WriteScope& scope, const TaskRun& run) {
    HERDFLOW_ASSIGN(Statement * insert, scope.Get(sql::kInsertTaskRun));
    HERDFLOW_CHECK(BindProgress(*insert, run)
                       .Bind(12, std::string_view(run.pipeline))
                       .Bind(13, std::string_view(run.task))
                       .Bind(14, std::string_view(run.key))
                       .Bind(15, Name(run.trigger))
                       .Bind(16, Micros(run.slot))
                       .Bind(17, ToMicros(run.requested_at))
                       .Run());
    const RunId id{scope.session().last_insert_id()};
    if (static_cast<std::int64_t>(id) % kPruneEvery == 0) {
      HERDFLOW_CHECK(Prune(scope, run.pipeline, run.task));
    }
    return id;
  }

  static Result<> Update(WriteScope& scope, const TaskRun& run) {
    HERDFLOW_ASSIGN(Statement * update, scope.Get(sql::kUpdateTaskRun));
    return BindProgress(*update, run).Bind(12, run.id).Run();
  }

  static Result<bool> HaveSucceeded(WriteScope& scope, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) {
      HERDFLOW_ASSIGN(Statement * find, scope.Get(sql::kFindTaskRun));
      HERDFLOW_ASSIGN(const auto run, ReadOne(find->Bind(1, std::string_view(key))));
      if (!run || run->state != RunState::kSucceeded) return false;
    }
    return true;
  }

  static Result<> AppendLog(WriteScope& scope, RunId id,
                            const std::vector<pipeline::LogEntry>& log) {
    if (log.empty()) return {};
    HERDFLOW_ASSIGN(Statement * read, scope.Get(sql::kReadLastTaskRunLog));
    HERDFLOW_ASSIGN(const auto last, FirstInt(read->Bind(1, id)));
    std::int64_t number = last.value_or(0);
    RowWriter<5> writer(scope.session(), sql::kInsertTaskRunLog);
    for (const pipeline::LogEntry& entry : log) {
      HERDFLOW_CHECK(writer.Add({id, ++number, ToMicros(entry.at), Name(entry.level),
                                 CutUtf8(entry.text, kMaxTextBytes)}));
    }
    return writer.Finish();
  }

  static Result<> Prune(WriteScope& scope, std::string_view pipeline, std::string_view task) {
    HERDFLOW_ASSIGN(Statement * oldest, scope.Get(sql::kReadOldestKeptTaskRun));
    oldest->Bind(1, pipeline).Bind(2, task).Bind(3, pipeline::kRunsKept);
    HERDFLOW_ASSIGN(const auto last_to_go, FirstInt(*oldest));
    if (!last_to_go) return {};
    for (const Sql* remove : {&sql::kDeleteOldTaskRunLogs, &sql::kDeleteOldTaskRuns}) {
      HERDFLOW_ASSIGN(Statement * prune, scope.Get(*remove));
      HERDFLOW_CHECK(prune->Bind(1, pipeline).Bind(2, task).Bind(3, *last_to_go).Run());
    }
    return {};
  }

  std::shared_ptr<WriteSessions> writers_;
  std::shared_ptr<ReadSessions> readers_;
  OwnersWatch watch_;
};

}  // namespace

std::unique_ptr<pipeline::RunLedger> MakeSqlRunLedger(std::shared_ptr<WriteSessions> writers,
                                                      std::shared_ptr<ReadSessions> readers) {
  return std::make_unique<SqlRunLedger>(std::move(writers), std::move(readers));
}

}  // namespace herdflow::store_sql
