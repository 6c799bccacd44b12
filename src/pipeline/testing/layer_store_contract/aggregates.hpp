#pragma once

// Dirty days, and gold's aggregates.

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fixture.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, ExactlyTheTouchedDaysAreDirty) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "2");
  SendReading("S2", "C1", "2024-04-08T05:00:00Z", "3");
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "-1");
  SendReading("unknown", "C2", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  for (const AggregateTask task : kAllAggregateTasks) EXPECT_THAT(NextDirty(task), SizeIs(2));
  for (const AggregateTask task : kAllAggregateTasks) EXPECT_THAT(NextDirty(task), IsEmpty());

  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");    // The same again.
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "-1");   // Refused.
  SendReading("S2", "C1", "2024-04-08T05:00:00Z", "3.5");  // Another value.
  Judge(Topic::kMeasurements);
  const auto days = NextDirty(AggregateTask::kDaily);
  ASSERT_THAT(days, SizeIs(1));
  EXPECT_EQ(FormatDate(days[0].day), "2024-04-08");
}

TEST_P(LayerStoreContract, EveryTaskSeesEveryNoteOnceAndNoneStarvesAnother) {
  SendHerd();
  const auto note = [&](std::string_view cow, int day) {
    SendReading("S1", cow, fmt::format("2024-03-{}T05:00:00Z", day), "1");
    SendReading("S1", cow, fmt::format("2024-03-{}T05:00:00Z", day),
                std::to_string(Count("{bronze}measurements_rows") % 50 + 1));
    for (const Topic topic : kAllTopics) Judge(topic);
  };
  std::map<AggregateTask, std::multiset<DirtyDay>> seen;
  const auto see = [&](AggregateTask task, std::size_t max) {
    for (const DirtyDay& day : NextDirty(task, max)) seen[task].insert(day);
  };
  for (const int day : {10, 11, 12, 13}) note("C1", day);
  see(AggregateTask::kDaily, 2);  // In the midst of its notes when others come,
  note("C1", 14);
  note("C2", 10);
  see(AggregateTask::kWeekly, 1);
  see(AggregateTask::kDaily, 1);
  note("C2", 11);
  for (int i = 0; i < 20; ++i) {
    for (const AggregateTask task : kAllAggregateTasks) see(task, 3);
  }
  for (const AggregateTask task : kAllAggregateTasks) {
    EXPECT_EQ(seen[task].size(), 7u) << Name(task);
    EXPECT_EQ(std::set(seen[task].begin(), seen[task].end()).size(), 7u) << Name(task);
  }
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, ADayThatChangesWhileATaskGoesThroughTheNotesIsSeenAgain) {
  SendHerd();
  for (const int day : {10, 11}) SendReading("S1", "C1", fmt::format("2024-03-{}", day), "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_THAT(NextDirty(AggregateTask::kDaily, 1), SizeIs(1));
  SendReading("S1", "C1", "2024-03-10", "2");
  SendReading("S1", "C1", "2024-03-11", "2");
  Judge(Topic::kMeasurements);
  std::multiset<std::string> seen;
  for (int i = 0; i < 5; ++i) {
    for (const DirtyDay& day : NextDirty(AggregateTask::kDaily, 1)) {
      seen.insert(FormatDate(day.day));
    }
  }
  EXPECT_THAT(seen, ElementsAre("2024-03-10", "2024-03-11"));
}

TEST_P(LayerStoreContract, NotesStayUntilTheLastTaskHasSeenThem) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  for (const AggregateTask task : kAllAggregateTasks) {
    EXPECT_EQ(Count("{ops}dirty_days"), 1) << Name(task);
    EXPECT_EQ(Must(Aggregate(*store_, task, Never, Quiet)), 1);
  }
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, NotesGoAlsoWhereAllTasksEndAtOnce) {
  SendHerd();
  for (int round = 1; round <= 10; ++round) {
    SendReading("S1", "C1", "2024-04-07T05:00:00Z", std::to_string(round));
    for (const Topic topic : kAllTopics) Judge(topic);
    std::vector<std::thread> tasks;
    for (const AggregateTask task : kAllAggregateTasks) {
      tasks.emplace_back([&, task] { EXPECT_EQ(Must(Aggregate(*store_, task, Never, Quiet)), 1); });
    }
    for (std::thread& task : tasks) task.join();
    ASSERT_EQ(Count("{ops}dirty_days"), 0) << round;
  }
}

TEST_P(LayerStoreContract, AnUncommittedAggregateIsDoneAgain) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_THAT(Must(Must(store_->BeginAggregate(AggregateTask::kDaily))->NextDirty(10)), SizeIs(1));
  EXPECT_THAT(NextDirty(AggregateTask::kDaily), SizeIs(1));
}

TEST_P(LayerStoreContract, WeeksAreThoseOfIso8601AndMonthsAndYearsTheCalendars) {
  SendHerd();
  SendReading("S1", "C1", "2019-12-30T12:00:00Z", "8");  // 2020-W01,
  SendReading("S1", "C1", "2020-12-31T12:00:00Z", "1");  // 2020-W53, with
  SendReading("S1", "C1", "2021-01-03T12:00:00Z", "2");  // the Sunday,
  SendReading("S1", "C1", "2021-01-04T12:00:00Z", "4");  // 2021-W01.
  RunAll();
  EXPECT_THAT(AggregateLines(*layers_, "weekly"),
              ElementsAre("weekly C1 2019-12-30 S1 count 1 sum 8 min 8 max 8",
                          "weekly C1 2020-12-28 S1 count 2 sum 3 min 1 max 2",
                          "weekly C1 2021-01-04 S1 count 1 sum 4 min 4 max 4"));
  EXPECT_THAT(AggregateLines(*layers_, "monthly"),
              ElementsAre("monthly C1 2019-12-01 S1 count 1 sum 8 min 8 max 8",
                          "monthly C1 2020-12-01 S1 count 1 sum 1 min 1 max 1",
                          "monthly C1 2021-01-01 S1 count 2 sum 6 min 2 max 4"));
  EXPECT_THAT(AggregateLines(*layers_, "yearly"),
              ElementsAre("yearly C1 2019-01-01 S1 count 1 sum 8 min 8 max 8",
                          "yearly C1 2020-01-01 S1 count 1 sum 1 min 1 max 1",
                          "yearly C1 2021-01-01 S1 count 2 sum 6 min 2 max 4"));
  // The views name them as a person does.
  EXPECT_EQ(layers_->Query("SELECT year, month, week, records_count"
                           " FROM {gold}measurements_weekly_aggregations ORDER BY year, week",
                           4),
            (std::vector<Cells>{
                {"2020", "1", "1", "1"}, {"2020", "12", "53", "2"}, {"2021", "1", "1", "1"}}));
}

TEST_P(LayerStoreContract, OnlyDirtyKeysAreComputedAnew) {
  SendHerd();
  for (const char* cow : {"C1", "C2"}) {
    for (const char* sensor : {"S1", "S2"}) {
      SendReading(sensor, cow, "2024-04-07T05:00:00Z", "1");
      SendReading(sensor, cow, "2023-06-07T05:00:00Z", "1");
    }
  }
  RunAll();
  const std::vector<std::string> tables{"daily", "weekly", "monthly", "yearly"};
  for (const auto& table : tables) {
    layers_->Query("UPDATE {gold}measurements_" + table + "_aggregations_rows SET value_sum = 77",
                   0);
  }
  layers_->Query("UPDATE {gold}cow_daily_metrics_rows SET milk_sum = 77", 0);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "2");
  EXPECT_EQ(RunAll(), 5) << "one day, once a task";
  for (const auto& table : tables) {
    EXPECT_EQ(Count("{gold}measurements_" + table + "_aggregations_rows WHERE value_sum = 77"), 7)
        << table;
  }
  EXPECT_EQ(Count("{gold}cow_daily_metrics_rows WHERE milk_sum = 77"), 3);
  EXPECT_EQ(Count("{gold}cow_daily_metrics_rows WHERE milk_sum = 3000000"), 1);
}

TEST_P(LayerStoreContract, RowsVanishWithTheirLastReading) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  SendReading("W1", "C1", "2024-04-07T06:00:00Z", "620");
  RunAll();
  Send(Topic::kMeasurements, Deletion("W1", "C1", "2024-04-07T06:00:00Z"));
  RunAll();
  EXPECT_THAT(AggregateLines(*layers_, "yearly"),
              ElementsAre("yearly C1 2024-01-01 W1 count 1 sum 600 min 600 max 600"));
  Send(Topic::kMeasurements, Deletion("W1", "C1", "2024-04-07T05:00:00Z"));
  RunAll();
  for (const char* kind : {"daily", "weekly", "monthly", "yearly"}) {
    EXPECT_THAT(AggregateLines(*layers_, kind), IsEmpty());
  }
  EXPECT_THAT(CowDayLines(*layers_), IsEmpty());
}

TEST_P(LayerStoreContract, ACowsDayHoldsItsMilkAndItsNewestWeight) {
  SendHerd();
  SendSensor("P1", "steps");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "10.25");
  SendReading("S2", "C1", "2024-04-07T17:00:00Z", "12.5");
  SendReading("W2", "C1", "2024-04-07T08:00:00Z", "620");
  SendReading("W1", "C1", "2024-04-07T07:00:00Z", "600");
  SendReading("P1", "C1", "2024-04-07T07:00:00Z", "9000");  // No part of a cow's day.
  SendReading("P1", "C2", "2024-04-07T07:00:00Z", "9000");
  RunAll();
  EXPECT_THAT(CowDayLines(*layers_),
              ElementsAre("C1 2024-04-07 milk 22.75/2 weight 1220/2 last 620 at "
                          "2024-04-07T08:00:00Z"));
}

TEST_P(LayerStoreContract, OfEquallyNewWeightsTheBytewiseSmallestSensorCounts) {
  // The larger id gets the smaller integer.
  for (const char* sensor : {"b", "a", "B"}) SendSensor(sensor, "kg");
  SendCow("C1");
  SendReading("b", "C1", "2024-04-07T08:00:00Z", "601");
  SendReading("a", "C1", "2024-04-07T08:00:00Z", "602");
  SendReading("B", "C1", "2024-04-07T08:00:00Z", "603");
  RunAll();
  EXPECT_THAT(CowDayLines(*layers_),
              ElementsAre("C1 2024-04-07 milk 0/0 weight 1806/3 last 603 at 2024-04-07T08:00:00Z"));
}

TEST_P(LayerStoreContract, SumsAreExactHoweverLarge) {
  SendCow("C1");
  SendSensor("P1", "steps");
  for (int i = 0; i < 9; ++i) {
    SendReading("P1", "C1", fmt::format("2024-04-07T0{}:00:00Z", i), "999999.999999");
  }
  RunAll();
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 P1 count 9 sum 8999999.999991 min "
                                   "999999.999999 max 999999.999999"));
}

TEST_P(LayerStoreContract, ThousandsOfRowsInOneChunkAreAsTheDataContractSays) {
  const auto time_of = [](int i) {
    return FormatInstant(Instant(std::chrono::sys_days(std::chrono::year(2023) / 11 / 20)) +
                         std::chrono::minutes(97 * (i % 1'900)));
  };
  const auto send = [&](int from, int to, auto json) {
    for (int i = from; i < to; ++i) {
      Send(Topic::kMeasurements,
           json(fmt::format("S{}", i % 5), fmt::format("C{}", i % 7), time_of(i), i), i % 3);
    }
  };
  const auto reading = [](const auto& sensor, const auto& cow, const auto& at, int i) {
    return Reading(sensor, cow, at, std::to_string(i % 67));  // Some are too much.
  };
  for (int i = 0; i < 5; ++i) SendCow(fmt::format("C{}", i));
  for (int i = 0; i < 3; ++i) SendSensor(fmt::format("S{}", i), i == 1 ? "kg" : "L");
  send(0, 4'000, reading);
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), ReferenceLayers(log_, {}).Dump());

  // What waits becomes known, most is corrected, some is taken back.
  for (int i = 5; i < 7; ++i) SendCow(fmt::format("C{}", i));
  for (int i = 3; i < 5; ++i) SendSensor(fmt::format("S{}", i), i == 3 ? "kg" : "steps");
  send(1, 2'900, reading);
  send(700, 1'700, [](const auto& sensor, const auto& cow, const auto& at, int) {
    return Deletion(sensor, cow, at);
  });
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), ReferenceLayers(log_, {}).Dump());
}

}  // namespace herdflow::pipeline::testing
