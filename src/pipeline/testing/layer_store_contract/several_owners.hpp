#pragma once

// Several connections at once, and settings that must agree.

#include <atomic>
#include <thread>

#include "fixture.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, OtherRulesOrAnotherZoneAreRefusedAndSayWhatToDo) {
  const auto other_rules = layers_->Open({.rules_version = "other"});
  ASSERT_EQ(CodeOf(other_rules), ErrorCode::kInvalidInput);
  EXPECT_THAT(other_rules.error().message(), HasSubstr("rules_version"));
  const auto other_zone = layers_->Open({.time_zone = "Europe/Berlin"});
  ASSERT_EQ(CodeOf(other_zone), ErrorCode::kInvalidInput);
  EXPECT_THAT(other_zone.error().message(), HasSubstr("time_zone"));
  Must(layers_->Open({}));
}

TEST_P(LayerStoreContract, WhatOneConnectionCommitsTheOtherSees) {
  const auto other = Must(layers_->Open({}));
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  Load();
  Must(JudgeSensors(*other, Never, Quiet));
  Must(JudgeCows(*store_, Never, Quiet));
  CleanseContext context{*other, calendar_, {}, 25'000};
  EXPECT_EQ(Must(Cleanse(context, Never, Quiet)), 1);
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 1 accepted on 2024-04-07"));
  EXPECT_EQ(CleanseAll(), 0);
}

/// Goes on after a lock that was not free in time, as every process does.
template <class Step>
void UntilAvailable(Step step) {
  while (true) {
    const auto done = step();
    if (done) return;
    ASSERT_EQ(done.error().code(), ErrorCode::kUnavailable) << done.error().message();
  }
}

/// One of two processes that do everything at the same time: each claims every partition, so they
/// fence one another all the time.
inline void LoadAndJudge(const FakeEventLog& log, LayerStore& store, std::atomic<int>& at_end) {
  FakeEventReader reader(log);
  reader.max_batch = 7;
  std::size_t turn = 0;
  reader.pick = [&turn](std::size_t) { return turn++; };
  Loader loader({reader, store, "one of two"});
  CleanseContext context{store, *herd::FarmCalendar::Make("UTC"), {}, 11};
  bool counted = false;
  while (at_end < 2) {
    std::int64_t loaded = 0;
    UntilAvailable([&] {
      auto step = loader.Step(std::chrono::milliseconds(0));
      if (step) loaded = *step;
      return step;
    });
    for (const Pipeline pipeline : kAllPipelines) {
      UntilAvailable([&] { return Run(pipeline, context, Never, Quiet); });
    }
    std::int64_t left = 0;
    for (const auto& [partition, offset] : reader.positions()) left += log.End(partition) - offset;
    if (loaded == 0 && left == 0 && !reader.positions().empty() && !counted) {
      counted = true;
      ++at_end;
    }
  }
}

TEST_P(LayerStoreContract, TwoProcessesAtOnceLoseNothingAndDoubleNothing) {
  for (int i = 0; i < 300; ++i) {
    if (i % 60 == 30) SendCow(fmt::format("C{}", i / 60));
    if (i % 100 == 50) SendSensor(fmt::format("S{}", i / 100), "L", i % 3);
    SendReading(fmt::format("S{}", i % 4), fmt::format("C{}", i % 5),
                fmt::format("2024-04-0{}T05:{:02}:00Z", i % 3 + 1, i % 7), std::to_string(i % 70),
                i % 3);
  }
  const auto other = Must(layers_->Open({}));
  std::atomic<int> at_end = 0;
  std::thread thread([&] { LoadAndJudge(log_, *other, at_end); });
  LoadAndJudge(log_, *store_, at_end);
  thread.join();
  RunAll();
  EXPECT_EQ(Count("{bronze}measurements_rows"), 300);
  for (const auto& partition : Must(layers_->Queries()->ReadStatus()).partitions) {
    EXPECT_EQ(partition.AuditGap(), 0);
  }
  EXPECT_EQ(DumpLayers(*layers_), ReferenceLayers(log_, calendar_).Dump());
}

}  // namespace herdflow::pipeline::testing
