// Runs of tasks on a real store and a real ledger, with a store in between that fails when told.

#include "herdflow/orchestration/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "herdflow/core/logging.hpp"
#include "herdflow/orchestration/scheduler.hpp"
#include "layer_store_contract/fixture.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;
using pipeline::RunState;
using pipeline::RunTrigger;
using pipeline::TaskRun;
using pipeline::testing::Must;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Fails to begin cleansing as often as it is told, and may hold whoever begins the cow pipeline.
class FailingStore final : public pipeline::ForwardingStore {
 public:
  using ForwardingStore::ForwardingStore;

  Result<std::unique_ptr<pipeline::CleanseTx>> BeginCleanse() override {
    if (failures > 0 && failures-- > 0) return Fail(code, "no room for silver");
    return ForwardingStore::BeginCleanse();
  }
  Result<std::unique_ptr<pipeline::HerdBookTx>> BeginHerdBook() override {
    ++herd_books;
    if (has_no_herd_book) return Fail(code, "no herd book");
    while (is_holding) std::this_thread::sleep_for(1ms);
    return ForwardingStore::BeginHerdBook();
  }
  Result<std::unique_ptr<pipeline::FeedTx>> BeginFeed(
      const pipeline::DerivedTable& table) override {
    ++aggregates;
    HERDFLOW_ASSIGN(auto tx, ForwardingStore::BeginFeed(table));
    if (!is_endless) return tx;
    return std::make_unique<Endless>(std::move(tx));
  }

  std::atomic<int> failures = 0, herd_books = 0, aggregates = 0;
  std::atomic<bool> is_holding = false, has_no_herd_book = false;
  bool is_endless = false;  ///< There is always a day more to aggregate.
  ErrorCode code = ErrorCode::kInvalidInput;

 private:
  class Endless final : public pipeline::ForwardingFeedTx {
   public:
    using ForwardingFeedTx::ForwardingFeedTx;
    Result<std::optional<pipeline::Block>> Next(std::size_t) override {
      if (std::exchange(given_, true)) return std::optional<pipeline::Block>();
      return std::optional(pipeline::Block{});
    }

   private:
    bool given_ = false;
  };
};

/// Hears of no run that was written down before.
class DeafLedger final : public pipeline::RunLedger {
 public:
  explicit DeafLedger(pipeline::RunLedger& ledger) : ledger_(ledger) {}

  Result<std::vector<pipeline::RequestedRun>> Request(
      std::span<const pipeline::NewRun> runs) override {
    if (deaf_requests > 0 && deaf_requests-- > 0) return Fail(ErrorCode::kUnavailable, "away");
    return ledger_.Request(runs);
  }
  Result<std::optional<TaskRun>> Take(const pipeline::RunSeeker& seeker) override {
    return ledger_.Take(seeker);
  }
  Result<pipeline::RunOrders> Report(const pipeline::RunReport&) override {
    return Fail(ErrorCode::kUnavailable, "away");
  }
  Result<std::optional<TaskRun>> Cancel(pipeline::RunId id, Instant now) override {
    return ledger_.Cancel(id, now);
  }
  Result<std::optional<pipeline::RunWithLog>> Read(pipeline::RunId id, std::int64_t after,
                                                   std::size_t limit) override {
    return ledger_.Read(id, after, limit);
  }
  Result<pipeline::LedgerOverview> List() override { return ledger_.List(); }
  Result<> Notify(const pipeline::Notification& notification) override {
    return ledger_.Notify(notification);
  }

  std::atomic<int> deaf_requests = 0;

 private:
  pipeline::RunLedger& ledger_;
};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest()
      : store_(Must(layers_.Open({}))),
        ledger_(layers_.Ledger()),
        failing_(*store_),
        context_{failing_} {}

  RunnerParts Parts() { return Parts(*ledger_); }
  RunnerParts Parts(pipeline::RunLedger& ledger) {
    return {definitions_, context_,          ledger,
            "host:1",     stop_.get_token(), Must(herd::FarmCalendar::Make("UTC"))};
  }
  const PipelineDefinition& Measurements() {
    return *definitions_.Find("measurement_data_pipeline");
  }
  TaskRun Request(const std::string& pipeline, const std::string& task, const std::string& key,
                  RunTrigger trigger = RunTrigger::kApi) {
    TaskRun run;
    run.pipeline = pipeline;
    run.task = task;
    run.key = key;
    run.trigger = trigger;
    run.requested_at = Now();
    return Request(std::move(run));
  }
  TaskRun Request(TaskRun run) {
    const pipeline::NewRun wanted{std::move(run), {}};
    return Must(ledger_->Request({&wanted, 1})).front().run;
  }
  TaskRun Read(pipeline::RunId id) { return Must(ledger_->Read(id, 0, 10)).value().run; }
  /// Wait until the condition holds.
  template <class Condition>
  static void Await(Condition condition) {
    for (int i = 0; i < 1'000 && !condition(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_TRUE(condition());
  }
  std::size_t RunsKnown() { return Must(ledger_->List()).last_runs.size(); }

  store_sqlite::SqliteLayerStoreFixture layers_;
  std::unique_ptr<pipeline::LayerStore> store_;
  std::unique_ptr<pipeline::RunLedger> ledger_;
  FailingStore failing_;
  Definitions definitions_{Settings()};
  pipeline::CleanseContext context_;
  std::stop_source stop_;
};

TEST_F(RunnerTest, ACommandsRoundIsWrittenDownALookInVainIsNot) {
  {
    TaskRunner runner(Parts());
    Round round;
    round.is_always_told = false;
    EXPECT_EQ(RunRound(runner, Measurements(), round).state, RunState::kSucceeded);
  }
  EXPECT_EQ(RunsKnown(), 0U);
  {
    TaskRunner runner(Parts());
    Round round;
    round.trigger = RunTrigger::kCommand;
    RunRound(runner, Measurements(), round);
  }
  const auto runs = Must(ledger_->List()).last_runs;
  ASSERT_THAT(runs, SizeIs(8));
  for (const TaskRun& run : runs) {
    EXPECT_EQ(run.state, RunState::kSucceeded);
    EXPECT_EQ(run.trigger, RunTrigger::kCommand);
    EXPECT_EQ(run.attempt, 1);
    EXPECT_TRUE(run.finished_at);
  }
}

TEST_F(RunnerTest, WhatComesAfterAFailedTaskIsLeftOutAndItIsTold) {
  failing_.failures = 1;
  {
    TaskRunner runner(Parts());
    Round round;
    round.is_always_told = false;
    const auto outcome = RunRound(runner, Measurements(), round);
    EXPECT_EQ(outcome.state, RunState::kFailed);
    EXPECT_EQ(failing_.aggregates, 0);
    EXPECT_EQ(RunRound(runner, Measurements(), round).state, RunState::kSucceeded);
    EXPECT_GT(failing_.aggregates, 0);
  }
  const auto overview = Must(ledger_->List());
  EXPECT_EQ(overview.last_failure.value().error, "no room for silver");
  ASSERT_THAT(overview.notifications, SizeIs(2));
  EXPECT_EQ(overview.notifications[0].event, pipeline::Notification::Event::kRecovered);
  EXPECT_EQ(overview.notifications[1].event, pipeline::Notification::Event::kFailed);
  EXPECT_EQ(overview.notifications[1].task, "cleanse_measurements");
}

TEST_F(RunnerTest, AFailureThatPassesIsTriedAgainAndLogged) {
  failing_.failures = 6;  // What a step itself tries.
  failing_.code = ErrorCode::kUnavailable;
  const auto cleanse = Request(SlotRun(Measurements(), Measurements().tasks.front(), Now()));
  {
    TaskRunner runner(Parts());
    QueueRunner queue(runner);
    queue.Start();
    Await([&] { return IsOver(Read(cleanse.id).state); });
    stop_.request_stop();
  }
  EXPECT_EQ(Read(cleanse.id).state, RunState::kSucceeded);
  const auto read = Must(ledger_->Read(cleanse.id, 0, 100)).value();
  std::string log;
  for (const auto& line : read.log) {
    log += line.entry.text + "\n";
  }
  EXPECT_THAT(log, HasSubstr("no room for silver"));
  EXPECT_THAT(log, HasSubstr("retry 1 of 5"));
}

TEST_F(RunnerTest, WhatIsAskedForIsDoneAndEndsInTheLedger) {
  TaskRunner runner(Parts());
  QueueRunner queue(runner);
  queue.Start();
  const auto run = Request("cow_data_pipeline", "cleanse_cows", "api:a");
  queue.Wake();
  Await([&] { return IsOver(Read(run.id).state); });
  EXPECT_EQ(Read(run.id).state, RunState::kSucceeded);
  EXPECT_EQ(Read(run.id).owner, "host:1");
  failing_.failures = 1;
  const auto failed = Request("measurement_data_pipeline", "cleanse_measurements", "api:b");
  queue.Wake();
  Await([&] { return IsOver(Read(failed.id).state); });
  EXPECT_EQ(Read(failed.id).error, "no room for silver");
  EXPECT_EQ(failing_.aggregates, 0);  // Nobody asked for what comes after.
  stop_.request_stop();
}

TEST_F(RunnerTest, OfASlotWhatComesAfterIsAskedForByWhoeverDidTheTask) {
  TaskRunner runner(Parts());
  QueueRunner queue(runner);
  queue.Start();
  Request(SlotRun(Measurements(), Measurements().tasks.front(), Now()));
  Await([&] {
    const auto runs = Must(ledger_->List()).last_runs;
    return runs.size() == 8 && std::all_of(runs.begin(), runs.end(), [](const TaskRun& run) {
             return run.state == RunState::kSucceeded;
           });
  });
  stop_.request_stop();
}

TEST_F(RunnerTest, ACancelledRunEndsBetweenChunks) {
  TaskRunner runner(Parts());
  QueueRunner queue(runner);
  failing_.is_holding = true;
  const auto run = Request("cow_data_pipeline", "cleanse_cows", "api:a");
  queue.Start();
  Await([&] { return failing_.herd_books > 0; });
  EXPECT_EQ(Must(ledger_->Cancel(run.id, Now()))->state, RunState::kRunning);
  std::this_thread::sleep_for(2s);  // A report tells it.
  failing_.is_holding = false;
  Await([&] { return IsOver(Read(run.id).state); });
  EXPECT_EQ(Read(run.id).state, RunState::kCancelled);
  stop_.request_stop();
}

TEST_F(RunnerTest, AnEndingProcessGivesBackWhatWasAskedFor) {
  failing_.is_holding = true;
  const auto run = Request("cow_data_pipeline", "cleanse_cows", "api:a");
  {
    TaskRunner runner(Parts());
    QueueRunner queue(runner);
    queue.Start();
    Await([&] { return failing_.herd_books > 0; });
    stop_.request_stop();
    failing_.is_holding = false;
  }
  EXPECT_EQ(Read(run.id).state, RunState::kQueued);
  EXPECT_EQ(Read(run.id).attempt, 1);
}

TEST_F(RunnerTest, AnEndingProcessSaysOnceWhatItCouldNotTell) {
  DeafLedger deaf(*ledger_);
  const auto run = Request("cow_data_pipeline", "cleanse_cows", "api:a");
  TaskRunner runner(Parts(deaf));
  TaskRunner::Work work;
  work.place = definitions_.Find(run.pipeline, run.task);
  work.run = Must(ledger_->Take({"host:1", kMaxAttempts, Now(), Retry::Clock::now()})).value();
  stop_.request_stop();
  std::vector<std::string> lines;
  const LogListener listener([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  EXPECT_EQ(runner.Do(work).state, RunState::kInterrupted);
  EXPECT_THAT(lines, ElementsAre(HasSubstr("cleanse_cows: telling how run 1 ended: stopped; it had "
                                           "failed before: away")));
}

TEST_F(RunnerTest, ATimeOutEndsTheRunAsFailedAfterTheChunkThatItIsIn) {
  PipelineDefinition& measurements = definitions_.pipelines.back();
  for (auto& each : measurements.tasks) each.time_out = 0s;
  failing_.is_endless = true;
  TaskRunner runner(Parts());
  Round round;
  round.only_task = "daily_aggregation";
  const auto outcome = RunRound(runner, measurements, round);
  EXPECT_EQ(failing_.aggregates, 1);
  EXPECT_EQ(outcome.state, RunState::kFailed);
  EXPECT_THAT(outcome.error.value().message(), HasSubstr("longer than 0 s"));
}

TEST_F(RunnerTest, ARunThatWasDoneTooLateHasFailed) {
  for (auto& each : definitions_.pipelines[0].tasks) each.time_out = 0s;
  TaskRunner runner(Parts());
  EXPECT_EQ(RunRound(runner, definitions_.pipelines[0], {}).state, RunState::kFailed);
}

TEST_F(RunnerTest, ALongRunIsSeenWhileItGoesOn) {
  failing_.is_holding = true;
  TaskRunner runner(Parts());
  Round round;
  round.is_always_told = false;
  std::thread running([&] { RunRound(runner, definitions_.pipelines[0], round); });
  Await([&] { return RunsKnown() == 1; });
  const auto run = Must(ledger_->List()).last_runs.front();
  EXPECT_EQ(run.state, RunState::kRunning);
  EXPECT_EQ(run.owner, "host:1");
  failing_.is_holding = false;
  running.join();
  EXPECT_EQ(Read(run.id).state, RunState::kSucceeded);
}

TEST_F(RunnerTest, WhatEndedIsWrittenDownInOneCallAndNotDroppedBeforeItIs) {
  DeafLedger deaf(*ledger_);
  deaf.deaf_requests = 1;
  failing_.failures = 1;
  failing_.code = ErrorCode::kUnavailable;  // A step tries again, and logs that, and its end.
  {
    TaskRunner runner(Parts(deaf));
    Round round;
    round.trigger = RunTrigger::kCommand;
    round.only_task = "cleanse_measurements";
    EXPECT_EQ(RunRound(runner, Measurements(), round).state, RunState::kSucceeded);
    Await([&] { return RunsKnown() == 1; });
  }
  const auto run = Must(ledger_->List()).last_runs.front();
  EXPECT_EQ(run.state, RunState::kSucceeded);
  EXPECT_THAT(Must(ledger_->Read(run.id, 0, 10))->log, SizeIs(2));
}

TEST_F(RunnerTest, WhatEndedIsWrittenDownOnceTheRunnerHasFinished) {
  TaskRunner runner(Parts());
  RunRound(runner, definitions_.pipelines[0], {});
  runner.Finish();
  EXPECT_EQ(RunsKnown(), 1U);
  runner.Finish();
}

TEST_F(RunnerTest, APipelineThatFailsStarvesNoOtherAndSaysSoOnce) {
  failing_.has_no_herd_book = true;
  std::vector<std::string> lines;
  TaskRunner runner(Parts());
  QueueRunner queue(runner);
  News news;
  std::thread scheduling([&] {
    const LogListener listener([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    Scheduler(runner, queue, news).Run();
  });
  for (int rounds = 1; rounds <= 20; ++rounds) {
    news.Announce();
    Await([&] { return failing_.aggregates >= 5 * rounds; });
  }
  failing_.has_no_herd_book = false;
  stop_.request_stop();
  scheduling.join();
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) {
                            return line.find("no herd book; trying again") != std::string::npos;
                          }),
            3);  // One of each pipeline that needs it.
}

TEST_F(RunnerTest, TwoSchedulersMakeOneRunOfASlot) {
  Settings settings;
  settings.farm_data = Every{std::chrono::hours(24)};
  settings.cow_data = settings.sensor_data = settings.measurement_data = settings.farm_data;
  definitions_ = Definitions(settings);
  {
    TaskRunner one(Parts()), two(Parts());
    QueueRunner first(one), second(two);
    first.Start();
    second.Start();
    News news;
    std::thread a([&] { Scheduler(one, first, news).Run(); });
    std::thread b([&] { Scheduler(two, second, news).Run(); });
    Await([&] { return RunsKnown() == 11; });
    std::this_thread::sleep_for(1'500ms);
    stop_.request_stop();
    a.join();
    b.join();
  }
  EXPECT_EQ(layers_.Query("SELECT COUNT(*) FROM {ops}task_runs", 1).at(0).at(0), "11");
}

}  // namespace
}  // namespace herdflow::orchestration
