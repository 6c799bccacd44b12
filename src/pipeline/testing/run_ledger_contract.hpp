#pragma once

// What every run ledger promises: the suite that each implementation of
// herdflow/pipeline/run_ledger.hpp runs unchanged, in the databases of the layer store's fixture.
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, RunLedgerContract, testing::Values(MakeSqliteFixture));

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "herdflow/pipeline/run_ledger.hpp"
#include "layer_store_contract/fixture.hpp"

namespace herdflow::pipeline::testing {

class RunLedgerContract : public ::testing::TestWithParam<MakeLayerStoreFixture> {
 protected:
  void SetUp() override {
    layers_ = GetParam()();
    if (layers_ == nullptr) SkipWithoutServer();
    if (IsSkipped() || HasFatalFailure()) return;
    store_ = Must(layers_->Open({}));
    ledger_ = layers_->Ledger();
  }

  static TaskRun Wish(const std::string& key, const std::string& task = "cleanse_cows",
                      RunTrigger trigger = RunTrigger::kApi) {
    TaskRun run;
    run.pipeline = "cow_data_pipeline";
    run.task = task;
    run.key = key;
    run.trigger = trigger;
    run.requested_at = At(0);
    return run;
  }
  static Instant At(int seconds) {
    return FromMicros(1'700'000'000'000'000) + std::chrono::seconds(seconds);
  }
  RequestedRun Request(const TaskRun& run, const std::vector<LogEntry>& log = {}) {
    const NewRun wanted{run, log};
    return Must(ledger_->Request({&wanted, 1})).front();
  }
  static RunSeeker Seeker(int second, const std::string& owner = "host:1") {
    return {owner, 3, At(second),
            std::chrono::steady_clock::time_point(std::chrono::seconds(second + 1'000))};
  }
  std::optional<TaskRun> Take(int second, const std::string& owner = "host:1") {
    return Must(ledger_->Take(Seeker(second, owner)));
  }
  /// Look every second, and find nothing.
  void LookInVain(int from, int to, const std::string& owner = "host:1") {
    for (int second = from; second < to; ++second) EXPECT_FALSE(Take(second, owner)) << second;
  }
  static RunReport ReportOf(const TaskRun& run, int second, RunState state = RunState::kRunning) {
    RunReport report;
    report.id = run.id;
    report.owner = run.owner;
    report.attempt = run.attempt;
    report.state = state;
    report.at = At(second);
    return report;
  }
  TaskRun Read(RunId id) { return Must(ledger_->Read(id, 0, 10)).value().run; }

  std::unique_ptr<LayerStoreFixture> layers_;
  std::unique_ptr<LayerStore> store_;
  std::unique_ptr<RunLedger> ledger_;
};

TEST_P(RunLedgerContract, TheSameKeyGivesTheSameRun) {
  const auto first = Request(Wish("a"));
  EXPECT_TRUE(first.is_new);
  const auto again = Request(Wish("a", "cleanse_sensors"));
  EXPECT_FALSE(again.is_new);
  EXPECT_EQ(again.run.id, first.run.id);
  EXPECT_EQ(again.run.task, "cleanse_cows");
  EXPECT_NE(Request(Wish("b")).run.id, first.run.id);
}

TEST_P(RunLedgerContract, WhatDidNotSucceedIsTriedAgainByTheSameKey) {
  const auto first = Request(Wish("a"));
  for (const RunState end : {RunState::kFailed, RunState::kCancelled, RunState::kInterrupted}) {
    const TaskRun run = Take(1).value();
    RunReport report = ReportOf(run, 2, end);
    report.error = "no space";
    Must(ledger_->Report(report));
    EXPECT_FALSE(Take(3).has_value());
    const auto again = Request(Wish("a"));
    EXPECT_FALSE(again.is_new);
    EXPECT_EQ(again.run.id, first.run.id);
    EXPECT_EQ(again.run.state, RunState::kQueued);
    EXPECT_EQ(Read(first.run.id).error, "");
  }
  const TaskRun run = Take(4).value();
  EXPECT_EQ(run.attempt, 4);
  Must(ledger_->Report(ReportOf(run, 5, RunState::kSucceeded)));
  EXPECT_EQ(Request(Wish("a")).run.state, RunState::kSucceeded);
  EXPECT_FALSE(Take(6).has_value());
}

TEST_P(RunLedgerContract, TheSameKeyFromSeveralAtOnceIsOneRun) {
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto ledger = layers_->Ledger();
      for (int n = 0; n < 5; ++n) {
        const NewRun wanted{Wish("key " + std::to_string(n)), {}};
        made += Must(ledger->Request({&wanted, 1})).front().is_new ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 5);
}

TEST_P(RunLedgerContract, ARunIsTakenOnceAndOldestFirst) {
  const auto first = Request(Wish("a")).run;
  const auto second = Request(Wish("b", "cleanse_sensors")).run;
  const auto taken = Take(1).value();
  EXPECT_EQ(taken.id, first.id);
  EXPECT_EQ(taken.state, RunState::kRunning);
  EXPECT_EQ(taken.owner, "host:1");
  EXPECT_EQ(taken.attempt, 1);
  EXPECT_EQ(taken.started_at, At(1));
  EXPECT_EQ(Take(1, "host:2").value().id, second.id);
  EXPECT_FALSE(Take(1));
}

TEST_P(RunLedgerContract, SeveralThatTakeAtOnceTakeDifferentRuns) {
  for (int i = 0; i < 8; ++i) Request(Wish(std::to_string(i), "task " + std::to_string(i)));
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const auto ledger = layers_->Ledger();
      while (Must(ledger->Take(Seeker(1, "host:" + std::to_string(i))))) ++taken;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 8);
}

TEST_P(RunLedgerContract, TwoRunsOfATaskFollowOneAnother) {
  Request(Wish("a"));
  const auto second = Request(Wish("b")).run;
  const auto first = Take(1).value();
  EXPECT_FALSE(Take(2));
  Must(ledger_->Report(ReportOf(first, 3, RunState::kSucceeded)));
  EXPECT_EQ(Take(4).value().id, second.id);
}

TEST_P(RunLedgerContract, ARunWhoseOwnerIsSilentGoesOnAsAFurtherAttempt) {
  Request(Wish("a"));
  const auto first = Take(0).value();
  Must(ledger_->Report(ReportOf(first, 10)));
  LookInVain(11, 26, "host:2");
  const auto second = Take(26, "host:2").value();
  EXPECT_EQ(second.id, first.id);
  EXPECT_EQ(second.attempt, 2);
  EXPECT_EQ(second.started_at, At(0));
  // Who wakes up again is told, and changes nothing.
  EXPECT_TRUE(Must(ledger_->Report(ReportOf(first, 27, RunState::kSucceeded))).lost);
  EXPECT_EQ(Read(first.id).state, RunState::kRunning);
  EXPECT_FALSE(Must(ledger_->Report(ReportOf(second, 28, RunState::kSucceeded))).lost);
  EXPECT_EQ(Read(first.id).state, RunState::kSucceeded);
}

TEST_P(RunLedgerContract, AHeartbeatIsASignOfLifeWhateverTheClocksSay) {
  Request(Wish("a"));
  const auto run = Take(0).value();
  for (int second = 1; second < 40; ++second) {
    EXPECT_FALSE(Take(second, "host:2"));
    RunReport report = ReportOf(run, second);
    report.at = At(-86'400);
    EXPECT_FALSE(Must(ledger_->Report(report)).lost);
  }
}

TEST_P(RunLedgerContract, WhoSleptItselfHasNotSeenThatOthersWereSilent) {
  Request(Wish("a"));
  const auto run = Take(0).value();
  LookInVain(1, 10);
  for (const int woken : {50'000, 50'001, 100'000}) {
    EXPECT_FALSE(Take(woken, "host:1"));
    EXPECT_FALSE(Take(woken, "host:2"));
  }
  EXPECT_FALSE(Must(ledger_->Report(ReportOf(run, 100'001))).lost);
}

TEST_P(RunLedgerContract, NobodyGoesOnWithACommandOrAfterTooManyAttempts) {
  TaskRun command = Wish("command", "cleanse_cows", RunTrigger::kCommand);
  command.state = RunState::kRunning;
  command.owner = "host:1";
  command.attempt = 1;
  command.started_at = command.heartbeat_at = At(0);
  const auto of_command = Request(command).run;
  const auto of_api = Request(Wish("a", "cleanse_sensors")).run;
  int begun = 0;
  for (int second = 0; second < 60; ++second) begun += Take(second) ? 1 : 0;
  EXPECT_EQ(begun, 3);
  for (const RunId id : {of_command.id, of_api.id}) {
    EXPECT_EQ(Read(id).state, RunState::kInterrupted);
    EXPECT_THAT(Read(id).error, HasSubstr("host:1"));
  }
}

TEST_P(RunLedgerContract, AReportCarriesRowsAndLogAndTheEnd) {
  Request(Wish("a"));
  const auto run = Take(0).value();
  RunReport report = ReportOf(run, 1);
  report.rows_read = 7;
  report.log = {{At(1), LogLevel::kInfo, "begun"}, {At(1), LogLevel::kWarning, "é"}};
  EXPECT_FALSE(Must(ledger_->Report(report)).cancel);
  report = ReportOf(run, 2, RunState::kFailed);
  report.rows_read = 9;
  report.rows_written = 4;
  report.error = "no room";
  report.log = {{At(2), LogLevel::kError, "no room"}};
  Must(ledger_->Report(report));
  const auto whole = Must(ledger_->Read(run.id, 0, 10)).value();
  EXPECT_EQ(whole.run.state, RunState::kFailed);
  EXPECT_EQ(whole.run.finished_at, At(2));
  EXPECT_EQ(whole.run.rows_read, 9);
  EXPECT_EQ(whole.run.rows_written, 4);
  EXPECT_EQ(whole.run.error, "no room");
  ASSERT_THAT(whole.log, SizeIs(3));
  EXPECT_EQ(whole.log[1].number, 2);
  EXPECT_EQ(whole.log[1].entry.text, "é");
  EXPECT_EQ(whole.log[1].entry.level, LogLevel::kWarning);
  EXPECT_EQ(whole.log[2].entry.at, At(2));
  EXPECT_THAT(Must(ledger_->Read(run.id, 2, 10)).value().log, SizeIs(1));
  EXPECT_THAT(Must(ledger_->Read(run.id, 0, 2)).value().log, SizeIs(2));
  EXPECT_TRUE(Must(ledger_->Report(report)).lost);
  EXPECT_FALSE(Must(ledger_->Read(RunId{9'999}, 0, 1)));
}

TEST_P(RunLedgerContract, AnEndAndWhatComesAfterItAreOne) {
  TaskRun wish = Wish("a", "cleanse_cows", RunTrigger::kSchedule);
  wish.slot = At(-60);
  Request(wish);
  const auto run = Take(0).value();
  EXPECT_EQ(run.slot, At(-60));
  TaskRun follower = Wish("a then", "cleanse_sensors", RunTrigger::kSchedule);
  follower.slot = run.slot;
  RunReport report = ReportOf(run, 1, RunState::kSucceeded);
  report.followers = {{follower, {}}};
  report.log = {{At(1), LogLevel::kInfo, std::string("done")}};
  EXPECT_FALSE(Must(ledger_->Report(report)).lost);
  const auto next = Take(2).value();
  EXPECT_EQ(next.task, "cleanse_sensors");
  EXPECT_EQ(next.slot, At(-60));
  // Told once more, as after an answer that was lost.
  EXPECT_TRUE(Must(ledger_->Report(report)).lost);
  Must(ledger_->Report(ReportOf(next, 3, RunState::kSucceeded)));
  EXPECT_FALSE(Take(4));
}

TEST_P(RunLedgerContract, WhatComesAfterTwoIsAskedForByTheLaterOne) {
  Request(Wish("a", "cleanse_cows"));
  Request(Wish("b", "cleanse_sensors"));
  const auto a = Take(0).value();
  const auto b = Take(0).value();
  const TaskRun follower = Wish("then", "cleanse_farms");
  RunReport report = ReportOf(a, 1, RunState::kSucceeded);
  report.followers = {{follower, {"b"}}};
  EXPECT_FALSE(Must(ledger_->Report(report)).lost);
  EXPECT_FALSE(Take(2));
  report = ReportOf(b, 3, RunState::kSucceeded);
  report.followers = {{follower, {"a"}}};
  EXPECT_FALSE(Must(ledger_->Report(report)).lost);
  EXPECT_EQ(Take(4).value().task, "cleanse_farms");
}

TEST_P(RunLedgerContract, WhoLostARunAsksForNothingAfterIt) {
  Request(Wish("a"));
  const auto first = Take(0).value();
  LookInVain(1, 16, "host:2");
  ASSERT_TRUE(Take(16, "host:2"));
  RunReport report = ReportOf(first, 17, RunState::kSucceeded);
  report.followers = {{Wish("a then", "cleanse_sensors"), {}}};
  EXPECT_TRUE(Must(ledger_->Report(report)).lost);
  EXPECT_FALSE(Take(18));
}

TEST_P(RunLedgerContract, ARunThatIsOverIsWrittenDownWithItsLogOnce) {
  TaskRun run = Wish("new", "cleanse_cows", RunTrigger::kSchedule);
  run.state = RunState::kRunning;
  run.owner = "host:1";
  run.attempt = 1;
  // Its owner has not heard that it was written down while it ran.
  const auto begun = Request(run).run;
  run.state = RunState::kFailed;
  run.finished_at = At(5);
  run.error = "no room";
  const std::vector<LogEntry> log = {{At(5), LogLevel::kError, "no room"}};
  for (int i = 0; i < 2; ++i) {
    const auto ended = Request(run, log);
    EXPECT_FALSE(ended.is_new);
    EXPECT_EQ(ended.run.id, begun.id);
  }
  const auto read = Must(ledger_->Read(begun.id, 0, 10)).value();
  EXPECT_EQ(read.run.state, RunState::kFailed);
  EXPECT_EQ(read.run.error, "no room");
  EXPECT_THAT(read.log, SizeIs(1));
  run.key = "short";
  const auto whole = Must(ledger_->Read(Request(run, log).run.id, 0, 10)).value();
  EXPECT_EQ(whole.run.state, RunState::kFailed);
  EXPECT_THAT(whole.log, SizeIs(1));
}

TEST_P(RunLedgerContract, ARunThatIsGivenBackIsTakenAgain) {
  Request(Wish("a"));
  const auto run = Take(0).value();
  Must(ledger_->Report(ReportOf(run, 1, RunState::kQueued)));
  EXPECT_EQ(Read(run.id).state, RunState::kQueued);
  EXPECT_EQ(Read(run.id).owner, "");
  EXPECT_EQ(Take(1, "host:2").value().attempt, 2);
}

TEST_P(RunLedgerContract, CancellingEndsAQueuedRunAndTellsTheOwnerOfARunningOne) {
  const auto queued = Request(Wish("a")).run;
  EXPECT_EQ(Must(ledger_->Cancel(queued.id, At(1)))->state, RunState::kCancelled);
  EXPECT_FALSE(Take(2));
  Request(Wish("b"));
  const auto running = Take(3).value();
  EXPECT_EQ(Must(ledger_->Cancel(running.id, At(4)))->state, RunState::kRunning);
  EXPECT_TRUE(Must(ledger_->Report(ReportOf(running, 5))).cancel);
  Must(ledger_->Report(ReportOf(running, 6, RunState::kCancelled)));
  const auto again = Must(ledger_->Cancel(running.id, At(7))).value();
  EXPECT_EQ(again.state, RunState::kCancelled);
  EXPECT_EQ(again.finished_at, At(6));
  EXPECT_FALSE(Must(ledger_->Cancel(RunId{9'999}, At(8))));
}

TEST_P(RunLedgerContract, ALookInVainWritesNothing) {
  Request(Wish("a"));
  const auto run = Take(0).value();
  Must(ledger_->Report(ReportOf(run, 1, RunState::kSucceeded)));
  const auto rows = [&] {
    return layers_->Query("SELECT id, state, owner, heartbeat_at, attempt FROM {ops}task_runs", 5);
  };
  const auto before = rows();
  for (int second = 2; second < 5; ++second) EXPECT_FALSE(Take(second));
  EXPECT_EQ(rows(), before);
}

TEST_P(RunLedgerContract, ListsTheLastRunOfEachTaskTheLastFailureAndNotifications) {
  EXPECT_THAT(Must(ledger_->List()).last_runs, IsEmpty());
  Request(Wish("a"));
  const auto first = Take(0).value();
  RunReport failed = ReportOf(first, 1, RunState::kFailed);
  failed.error = "why";
  Must(ledger_->Report(failed));
  const auto last = Request(Wish("b")).run;
  const auto other = Request(Wish("c", "cleanse_sensors")).run;
  for (int i = 0; i < 25; ++i) {
    Notification note;
    note.at = At(i);
    note.pipeline = "cow_data_pipeline";
    if (i % 2 == 0) note.task = "cleanse_cows";
    note.event = Notification::Event::kRecovered;
    note.message = std::to_string(i);
    Must(ledger_->Notify(note));
  }
  const auto overview = Must(ledger_->List());
  ASSERT_THAT(overview.last_runs, SizeIs(2));
  EXPECT_EQ(overview.last_runs[0].id, last.id);
  EXPECT_EQ(overview.last_runs[1].id, other.id);
  EXPECT_EQ(overview.last_failure.value().error, "why");
  ASSERT_THAT(overview.notifications, SizeIs(20));
  EXPECT_EQ(overview.notifications.front().message, "24");
  EXPECT_EQ(overview.notifications.front().task, "cleanse_cows");
  EXPECT_EQ(overview.notifications[1].task, "");
  EXPECT_EQ(overview.notifications[1].event, Notification::Event::kRecovered);
}

TEST_P(RunLedgerContract, OldRunsGoAndTheLastThousandStay) {
  std::vector<NewRun> runs;
  for (int i = 0; i < 1'200; ++i) {
    TaskRun& run = runs.emplace_back().run;
    run = Wish("over " + std::to_string(i));
    run.state = RunState::kSucceeded;
    run.finished_at = At(i);
  }
  const auto open = Request(Wish("open", "cleanse_cows")).run;
  Must(ledger_->Request(runs));
  const auto kept = Number(layers_->Query("SELECT COUNT(*) FROM {ops}task_runs", 1).at(0).at(0));
  EXPECT_GE(kept, kRunsKept);
  EXPECT_LE(kept, kRunsKept + 40);
  EXPECT_EQ(Read(open.id).state, RunState::kQueued);
}

}  // namespace herdflow::pipeline::testing
