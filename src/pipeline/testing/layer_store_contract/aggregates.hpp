#pragma once

// What is derived from silver.

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fixture.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {

inline const DerivedTable& Days() { return SensorPeriods(herd::PeriodKind::kDay); }

TEST_P(LayerStoreContract, ATableBeginsWithAllThatThereIs) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-08T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_EQ(Count("{ops}dirty_days"), 0) << "nobody has begun, so nothing is noted";
  EXPECT_EQ(Must(Derive(*store_, HerdDays(), Never, Quiet)), 0) << "what it reads is not there yet";
  EXPECT_EQ(Must(Derive(*store_, Days(), Never, Quiet)), 2);
  EXPECT_EQ(Must(Derive(*store_, pipeline::CowDays(), Never, Quiet)), 2);
  EXPECT_EQ(Must(Derive(*store_, HerdDays(), Never, Quiet)), 2);
}

TEST_P(LayerStoreContract, WhatIsJudgedBetweenATablesBeginningAndItsFirstRowsIsNotLost) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  {
    const auto tx = Must(store_->BeginFeed(Days()));
    const auto block = Must(tx->Next(10));
    ASSERT_TRUE(block);
    SendReading("S1", "C1", "2024-04-07T06:00:00Z", "2");
    SendReading("S1", "C1", "2024-04-08T05:00:00Z", "4");
    Judge(Topic::kMeasurements);
    Must(tx->Write(Must(Days().Compute(*tx, *block))));
    Must(tx->Commit());
  }
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 1 sum 1 min 1 max 1"));
  RunAll();
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 2 sum 3 min 1 max 2",
                                   "daily C1 2024-04-08 S1 count 1 sum 4 min 4 max 4"));
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, ATableNewToAFilledStoreIsFilledHoweverOftenItIsKilled) {
  SendHerd();
  for (const char* day : {"2023-12-31", "2024-01-01", "2024-01-02", "2024-02-29", "2024-03-01"}) {
    for (const char* cow : {"C1", "C2"}) {
      SendReading("S1", cow, fmt::format("{}T05:00:00Z", day), "10");
      SendReading("S2", cow, fmt::format("{}T17:00:00Z", day), "11");
    }
    SendReading("W1", "C1", fmt::format("{}T06:00:00Z", day), "600");
    SendReading("S1", "C2", fmt::format("{}T07:00:00Z", day), "-1");
  }
  RunAll();
  const Lines wanted = DumpLayers(*layers_);
  for (const DerivedTable* table : DerivedTables()) {
    const auto& [task, name] = std::pair(table->shape().task, table->shape().table);
    layers_->Query(fmt::format("DELETE FROM {{ops}}feed_places WHERE table_name = '{}'", task), 0);
    layers_->Query(fmt::format("DELETE FROM {{ops}}row_counts WHERE step = '{}'", task), 0);
    layers_->Query(fmt::format("DELETE FROM {{gold}}{}_rows", name), 0);
    // A row or two at a time, and each of them once in vain.
    for (bool killed = true, more = true; more || !killed; killed = !killed) {
      const auto tx = Must(store_->BeginFeed(*table));
      const auto block = Must(tx->Next(1));
      more = block.has_value();
      if (block) Must(tx->Write(Must(table->Compute(*tx, *block))));
      if (!killed) Must(tx->Commit());
    }
    EXPECT_EQ(DumpLayers(*layers_), wanted) << task;
    EXPECT_THAT(Must(layers_->Queries().operations->Audit()).differences, IsEmpty()) << task;
  }
}

TEST_P(LayerStoreContract, WhatIsNotedIsFollowedHoweverFewRowsAtATime) {
  SendHerd();
  RunAll();
  int round = 0;
  for (const std::size_t max : {1U, 2U, 3U, 5U, 40U}) {
    ++round;
    for (const char* day : {"2022-12-30", "2023-01-01", "2023-06-01", "2023-06-02", "2024-01-01",
                            "2024-01-08", "2025-03-01"}) {
      const auto at = [&](int hour) { return fmt::format("{}T0{}:00:00Z", day, hour); };
      SendReading("S1", "C2", at(round), "10");
      SendReading("S2", "C2", at(round), "11");
      if (round % 2 == 0) SendReading("S1", "C1", at(round), "12");
    }
    for (const Topic topic : kAllTopics) Judge(topic);
    for (const DerivedTable* table : DerivedTables()) {
      for (bool more = true; more;) {
        const auto tx = Must(store_->BeginFeed(*table));
        const auto block = Must(tx->Next(max));
        more = block.has_value();
        if (block) Must(tx->Write(Must(table->Compute(*tx, *block))));
        Must(tx->Commit());
      }
    }
    const Lines followed = DumpLayers(*layers_);
    Must(store_->RequestRebuild(std::nullopt));
    RunAll();
    EXPECT_EQ(followed, DumpLayers(*layers_)) << max << " at once";
  }
}

TEST_P(LayerStoreContract, ExactlyTheTouchedDaysAreDirty) {
  SendHerd();
  RunAll();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "2");
  SendReading("S2", "C1", "2024-04-08T05:00:00Z", "3");
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "-1");
  SendReading("unknown", "C2", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  // The refused reading is of interest to the herd alone.
  EXPECT_THAT(NextKeys(Days()), SizeIs(2));
  EXPECT_THAT(NextKeys(Days()), IsEmpty());
  RunAll();

  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");    // The same again.
  SendReading("S2", "C1", "2024-04-08T05:00:00Z", "3.5");  // Another value.
  Judge(Topic::kMeasurements);
  const auto keys = NextKeys(Days());
  ASSERT_THAT(keys, SizeIs(1));
  EXPECT_EQ(FormatDate(keys[0].day), "2024-04-08");
  EXPECT_THAT(NextKeys(Days()), IsEmpty());
}

TEST_P(LayerStoreContract, EveryTableSeesEveryNoteOnceAndNoneStarvesAnother) {
  SendHerd();
  RunAll();
  const auto note = [&](std::string_view cow, int day) {
    SendReading("S1", cow, fmt::format("2024-03-{}T05:00:00Z", day), "1");
    SendReading("S1", cow, fmt::format("2024-03-{}T05:00:00Z", day),
                std::to_string(Count("{bronze}measurements_rows") % 50 + 1));
    for (const Topic topic : kAllTopics) Judge(topic);
  };
  std::map<const DerivedTable*, std::multiset<DerivedKey>> seen;
  const auto see = [&](const DerivedTable& table) {
    for (const DerivedKey& key : NextKeys(table, 1)) seen[&table].insert(key);
  };
  for (const int day : {10, 11, 12, 13}) note("C1", day);
  see(Days());  // In the midst of its notes when others come,
  see(Days());
  note("C1", 14);
  note("C2", 10);
  see(pipeline::CowDays());
  see(Days());
  note("C2", 11);
  for (int i = 0; i < 30; ++i) {
    for (const DerivedTable* table : DerivedTables()) see(*table);
  }
  for (const DerivedTable* table : {&Days(), &pipeline::CowDays()}) {
    EXPECT_EQ(seen[table].size(), 7u) << table->shape().task;
    EXPECT_EQ(std::set(seen[table].begin(), seen[table].end()).size(), 7u) << table->shape().task;
  }
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, ADayThatChangesWhileATableGoesThroughTheNotesIsSeenAgain) {
  SendHerd();
  RunAll();
  for (const int day : {10, 11}) SendReading("S1", "C1", fmt::format("2024-03-{}", day), "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_THAT(NextKeys(Days(), 1), SizeIs(1));
  SendReading("S1", "C1", "2024-03-10", "2");
  SendReading("S1", "C1", "2024-03-11", "2");
  Judge(Topic::kMeasurements);
  std::multiset<std::string> seen;
  for (int i = 0; i < 5; ++i) {
    for (const DerivedKey& key : NextKeys(Days(), 1)) seen.insert(FormatDate(key.day));
  }
  EXPECT_THAT(seen, ElementsAre("2024-03-10", "2024-03-11"));
}

TEST_P(LayerStoreContract, NotesStayUntilTheLastTableHasSeenThem) {
  SendHerd();
  RunAll();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  for (const DerivedTable* table : DerivedTables()) {
    EXPECT_EQ(Count("{ops}dirty_days"), 1) << table->shape().task;
    EXPECT_EQ(Must(Derive(*store_, *table, Never, Quiet)), 1) << table->shape().task;
  }
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, NotesGoAlsoWhereTablesEndAtOnce) {
  SendHerd();
  RunAll();
  for (int round = 1; round <= 10; ++round) {
    SendReading("S1", "C1", "2024-04-07T05:00:00Z", std::to_string(round));
    for (const Topic topic : kAllTopics) Judge(topic);
    // Those that read no other; then those that read them.
    const auto derive_at_once = [&](const std::vector<const DerivedTable*>& tables) {
      std::vector<std::thread> threads;
      for (const DerivedTable* table : tables) {
        threads.emplace_back(
            [&, table] { EXPECT_EQ(Must(Derive(*store_, *table, Never, Quiet)), 1); });
      }
      for (std::thread& thread : threads) thread.join();
    };
    derive_at_once({&Days(), &pipeline::CowDays()});
    derive_at_once({&SensorPeriods(herd::PeriodKind::kWeek),
                    &SensorPeriods(herd::PeriodKind::kMonth), &HerdDays(), &CowMilkMeans()});
    derive_at_once({&SensorPeriods(herd::PeriodKind::kYear)});
    ASSERT_EQ(Count("{ops}dirty_days"), 0) << round;
  }
}

TEST_P(LayerStoreContract, TwoAtOneTableComputeEveryBlockOnce) {
  SendHerd();
  for (int day = 10; day < 30; ++day) {
    SendReading("S1", "C1", fmt::format("2024-03-{}", day), "1");
  }
  for (const Topic topic : kAllTopics) Judge(topic);
  std::atomic<std::int64_t> rows = 0;
  const auto derive = [&] { rows += Must(Derive(*store_, Days(), Never, Quiet)); };
  std::thread other(derive);
  derive();
  other.join();
  EXPECT_EQ(rows, 20);
  EXPECT_THAT(Daily(), SizeIs(20));
}

TEST_P(LayerStoreContract, ABlockThatIsNotCommittedIsDoneAgain) {
  SendHerd();
  RunAll();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_THAT(Must(Must(store_->BeginFeed(Days()))->Next(10))->keys, SizeIs(1));
  EXPECT_THAT(NextKeys(Days()), SizeIs(1));
}

TEST_P(LayerStoreContract, AHerdsDayCountsWhatCameAndWhatWasRefused) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "10");
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "20");
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  SendReading("W1", "C1", "2024-04-07T09:00:00Z", "610");
  SendReading("S2", "C1", "2024-04-07T05:00:00Z", "-1");
  for (int i = 0; i < 2; ++i) SendReading("S2", "C1", "2024-04-05T05:00:00Z", "-1");
  RunAll();
  EXPECT_THAT(HerdDayLines(*layers_),
              ElementsAre("herd 2024-04-05 milk 0 of 0 weight 0 of 0 readings 0 refused 1",
                          "herd 2024-04-07 milk 30 of 2 weight 610 of 1 readings 4 refused 1"));
  SendReading("S2", "C1", "2024-04-05T05:00:00Z", "5");
  RunAll();
  EXPECT_THAT(HerdDayLines(*layers_),
              ElementsAre("herd 2024-04-05 milk 5 of 1 weight 0 of 0 readings 1 refused 0",
                          "herd 2024-04-07 milk 30 of 2 weight 610 of 1 readings 4 refused 1"));
}

TEST_P(LayerStoreContract, AMeanGoesOnFromTheDayBefore) {
  SendHerd();
  for (const int day : {3, 4, 5, 7}) {
    SendReading("S1", "C1", fmt::format("2024-04-{:02}T05:00:00Z", day), "10");
  }
  RunAll();
  EXPECT_THAT(MilkMeanLines(*layers_),
              ElementsAre("C1 2024-04-03 milk 10 of 1 days", "C1 2024-04-04 milk 20 of 2 days",
                          "C1 2024-04-05 milk 30 of 3 days", "C1 2024-04-07 milk 10 of 1 days"));
  SendReading("S1", "C1", "2024-04-04T05:00:00Z", "14");
  SendReading("S1", "C1", "2024-04-06T05:00:00Z", "1");
  RunAll();
  EXPECT_THAT(MilkMeanLines(*layers_),
              ElementsAre("C1 2024-04-03 milk 10 of 1 days", "C1 2024-04-04 milk 24 of 2 days",
                          "C1 2024-04-05 milk 34 of 3 days", "C1 2024-04-06 milk 35 of 4 days",
                          "C1 2024-04-07 milk 45 of 5 days"));
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-04T05:00:00Z"));
  RunAll();
  EXPECT_THAT(MilkMeanLines(*layers_),
              ElementsAre("C1 2024-04-03 milk 10 of 1 days", "C1 2024-04-05 milk 10 of 1 days",
                          "C1 2024-04-06 milk 11 of 2 days", "C1 2024-04-07 milk 21 of 3 days"));
}

TEST_P(LayerStoreContract, ChainsOfManyDaysAreFollowedInPiecesAndAsTheyAreFilled) {
  SendHerd();
  RunAll();
  const FarmDay start = *ParseDate("2022-01-01");
  const auto derive_but_means = [&] {
    for (const Topic topic : kAllTopics) Judge(topic);
    for (const DerivedTable* table : DerivedTables()) {
      if (table != &CowMilkMeans()) Must(Derive(*store_, *table, Never, Quiet));
    }
  };
  const auto follow = [&] {
    int blocks = 0;
    while (true) {
      const auto tx = Must(store_->BeginFeed(CowMilkMeans()));
      const auto block = Must(tx->Next(1));
      if (block) Must(tx->Write(Must(CowMilkMeans().Compute(*tx, *block))));
      Must(tx->Commit());
      if (!block) return blocks;
      ++blocks;
    }
  };
  // 40 days, a gap of 160, single days far from each other, 40 days.
  std::vector<int> days;
  for (int day = 0; day < 40; ++day) days.insert(days.end(), {day, 200 + 70 * 4 + day});
  for (int far = 0; far < 4; ++far) days.push_back(200 + 70 * far);
  for (const int day : days) {
    const std::string at = FormatDate(start + day) + "T05:00:00Z";
    SendReading("S1", "C1", at, "10");
    if (day % 7 != 3) SendReading("S2", "C1", at, "11");
    if (day > 20 && day % 5 != 4) SendReading("S1", "C2", at, "12");
  }
  derive_but_means();
  EXPECT_EQ(follow(), 84 + 51) << "a block a day of each cow";
  const auto filled = [&] {
    const Lines followed = MilkMeanLines(*layers_);
    layers_->Query("DELETE FROM {ops}feed_places WHERE table_name = 'cow_milk_means'", 0);
    layers_->Query("DELETE FROM {ops}row_counts WHERE step = 'cow_milk_means'", 0);
    layers_->Query("DELETE FROM {gold}cow_milk_means_rows", 0);
    RunAll();
    EXPECT_EQ(followed, MilkMeanLines(*layers_));
    return followed;
  };
  EXPECT_THAT(filled(), SizeIs(84 + 51));
  SendReading("S1", "C2", FormatDate(start + 202) + "T05:00:00Z", "3");
  SendReading("S1", "C1", FormatDate(start + 519) + "T06:00:00Z", "3");
  Send(Topic::kMeasurements, Deletion("S1", "C1", FormatDate(start + 518) + "T05:00:00Z"));
  derive_but_means();
  EXPECT_EQ(follow(), 3);
  EXPECT_THAT(filled(), SizeIs(84 + 51 + 1));
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
  EXPECT_EQ(RunAll(), 7) << "one row of each table";
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
