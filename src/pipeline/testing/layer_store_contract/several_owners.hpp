#pragma once

// Several connections at once, and settings that must agree.

#include <chrono>
#include <thread>

#include "fixture.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, WhatOneConnectionCommitsTheOtherSees) {
  const auto other = Must(layers_->Open({}));
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  Load();
  Must(JudgeSensors(*other, Never, Quiet));
  Must(JudgeCows(*store_, Never, Quiet));
  CleanseContext context{*other, 25'000};
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

/// One of two processes that do everything at the same time, until the store holds `messages`: each
/// claims every partition, so they fence one another all the time.
inline void LoadAndJudge(const FakeEventLog& log, LayerStore& store, OperationsQueries& queries,
                         std::int64_t messages) {
  FakeEventReader reader(log);
  reader.max_batch = 7;
  std::size_t turn = 0;
  reader.pick = [&turn](std::size_t) { return turn++; };
  Loader loader({reader, store, "one of two"});
  CleanseContext context{store, 11};
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  const auto loaded = [&queries] {
    std::int64_t sum = 0;
    for (const PartitionProgress& at : Must(queries.ReadProgress())) sum += at.next_offset;
    return sum;
  };
  while (loaded() < messages) {
    ASSERT_LT(std::chrono::steady_clock::now(), end) << "the log is not loaded to its end";
    UntilAvailable([&] { return loader.Step(std::chrono::milliseconds(0)); });
    for (const Pipeline pipeline : kAllPipelines) {
      UntilAvailable([&] { return Run(pipeline, context, Never, Quiet); });
    }
  }
}

TEST_P(LayerStoreContract, TwoProcessesAtOnceLoseNothingAndDoubleNothing) {
  for (int i = 0; i < 300; ++i) {
    if (i % 60 == 30) SendCow(fmt::format("C{}", i / 60));
    if (i % 60 == 40) {
      SendOf("north", Topic::kCows, fmt::format(R"({{"id":"C{}","name":"Alma"}})", i / 60));
    }
    if (i % 100 == 50) {
      SendSensor(fmt::format("S{}", i / 100), "L", i % 3);
      SendOf("north", Topic::kSensors, fmt::format(R"({{"id":"S{}","unit":"kg"}})", i / 100));
      SendFarm("north", fmt::format(R"(,"kilogram_min":{},"time_zone":"Asia/Tokyo")", i / 10));
    }
    const std::string reading =
        Reading(fmt::format("S{}", i % 4), fmt::format("C{}", i % 5),
                fmt::format("2024-04-0{}T05:{:02}:00Z", i % 3 + 1, i % 7), std::to_string(i % 70));
    if (i % 2 == 0) {
      Send(Topic::kMeasurements, reading, i % 3);
    } else {
      SendOf("north", Topic::kMeasurements, reading);
    }
  }
  constexpr std::int64_t kMessages = 300 + 5 + 3 + 5 + 3 + 3;
  const auto other = Must(layers_->Open({}));
  const auto queries = layers_->Queries();
  std::thread thread([&] { LoadAndJudge(log_, *other, *queries.operations, kMessages); });
  LoadAndJudge(log_, *store_, *queries.operations, kMessages);
  thread.join();
  RunAll();
  EXPECT_EQ(Count("{bronze}measurements_rows"), 300);
  for (const auto& partition : Must(layers_->Queries().operations->ReadStatus()).partitions) {
    EXPECT_EQ(partition.AuditGap(), 0);
  }
  EXPECT_EQ(DumpLayers(*layers_), ReferenceLayers(log_, {}).Dump());
}

}  // namespace herdflow::pipeline::testing
