#include "herdflow/orchestration/scheduler.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/stop.hpp"

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;
using pipeline::RunState;
using pipeline::RunTrigger;

bool IsWhenNew(const PipelineDefinition& pipeline) {
  return std::holds_alternative<WhenNew>(pipeline.schedule);
}

/// When a clock on the farm's wall shows this time. A day on which the clock changes is counted
/// from the side where it does not: it changes before three at night.
Instant TimeOn(FarmDay day, DailyAt at, const herd::FarmCalendar& calendar) {
  const auto time = std::chrono::hours(at.hour) + std::chrono::minutes(at.minute);
  if (at.hour < 3) return calendar.StartOf(day) + time;
  return calendar.StartOf(day + 1) - (24h - time);
}

}  // namespace

void News::Announce() {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  changed_.notify_all();
}

void News::Wait(const std::stop_token& stop) {
  constexpr auto kLookAnyway = 1s;
  std::unique_lock lock(mutex_);
  const bool is_idle = count_ == seen_;
  const Clock::time_point earliest = is_idle ? now_() : began_ + kApart;
  changed_.wait_for(lock, stop, kLookAnyway, [this] { return count_ != seen_; });
  while (now_() < earliest && !stop.stop_requested()) {
    changed_.wait_for(lock, stop, earliest - now_(), [] { return false; });
  }
  seen_ = count_;
  began_ = now_();
}

std::optional<Instant> NewestSlot(const Schedule& schedule, Instant now,
                                  const herd::FarmCalendar& calendar) {
  if (const auto* every = std::get_if<Every>(&schedule)) {
    const std::int64_t period = std::chrono::microseconds(every->period).count();
    return FromMicros(ToMicros(now) / period * period);
  }
  if (const auto* at = std::get_if<DailyAt>(&schedule)) {
    const FarmDay today = calendar.DayOf(now);
    const Instant of_today = TimeOn(today, *at, calendar);
    return of_today <= now ? of_today : TimeOn(today - 1, *at, calendar);
  }
  return std::nullopt;
}

void Scheduler::Run() {
  const auto& pipelines = runner_.parts().definitions.pipelines;
  std::thread slots;
  if (!std::all_of(pipelines.begin(), pipelines.end(), IsWhenNew)) {
    slots = std::thread([this] { RunSlots(); });
  }
  if (std::any_of(pipelines.begin(), pipelines.end(), IsWhenNew)) RunWhenNew();
  if (slots.joinable()) slots.join();
}

void Scheduler::RunWhenNew() {
  const RunnerParts& parts = runner_.parts();
  std::vector<Turn> turns;
  for (const PipelineDefinition& each : parts.definitions.pipelines) {
    if (IsWhenNew(each)) turns.emplace_back(each);
  }
  while (!parts.stop.stop_requested()) {
    for (Turn& turn : turns) TakeTurn(turn);
    news_.Wait(parts.stop);
  }
}

void Scheduler::TakeTurn(Turn& turn) {
  if (Retry::Clock::now() < turn.not_before) return;
  Round round;
  round.is_always_told = false;  // A look in vain is no run.
  const auto outcome = RunRound(runner_, turn.pipeline, round);
  if (outcome.rows > 0) Log(LogLevel::kInfo, "{}: {} rows", turn.pipeline.id, outcome.rows);
  if (outcome.state == RunState::kFailed) {
    turn.not_before = Retry::Clock::now() + turn.retry.Failed(*outcome.error);
  } else if (outcome.state == RunState::kSucceeded) {
    turn.retry.Succeeded();
  }
}

void Scheduler::RunSlots() {
  const RunnerParts& parts = runner_.parts();
  Retry retry("asking for the runs of a schedule", {.first = 1s});
  while (!parts.stop.stop_requested()) {
    if (retry.Until(parts.stop, [this] { return RequestDueSlots(); })) SleepFor(1s, parts.stop);
  }
}

Result<> Scheduler::RequestDueSlots() {
  const RunnerParts& parts = runner_.parts();
  const herd::FarmCalendar calendar = parts.calendar;
  for (const PipelineDefinition& each : parts.definitions.pipelines) {
    const Instant now = Now();
    const auto slot = NewestSlot(each.schedule, now, calendar);
    if (!slot) continue;
    auto& requested = requested_[each.id];
    if (*slot == requested) continue;
    HERDFLOW_ASSIGN(const auto overview, parts.ledger.List());
    const bool goes_on = std::any_of(
        overview.last_runs.begin(), overview.last_runs.end(), [&](const pipeline::TaskRun& run) {
          return run.pipeline == each.id && run.trigger == RunTrigger::kSchedule &&
                 !IsOver(run.state);
        });
    if (goes_on) continue;  // The slot waits; of several the newest is done.
    std::vector<pipeline::NewRun> runs;
    for (const TaskDefinition& task : each.tasks) {
      if (!task.after.empty()) continue;  // Asked for by whoever does the one before.
      runs.push_back({SlotRun(each, task, *slot), {}});
    }
    const auto asked = parts.ledger.Request(runs);
    if (!asked) return Fail(asked.error());
    requested = *slot;
    queue_.Wake();
  }
  return {};
}

}  // namespace herdflow::orchestration
