#pragma once

// Other rules, another zone, and a rebuild: everything is judged again from bronze.

#include <array>

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, RulesOfANewerHerdflowAreRefused) {
  layers_->Query("UPDATE {ops}settings SET value = '99' WHERE name = 'rules_code'", 0);
  const auto opened = layers_->Open({});
  ASSERT_EQ(CodeOf(opened), ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message(), HasSubstr("newer"));
}

TEST_P(LayerStoreContract, OlderRulesJudgeEverythingAgain) {
  SendHerd();
  SendSensorOfKind("W2", "Pounds", "milk");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("W2", "C1", "2024-04-07T05:00:00Z", "10");
  RunAll();
  const Lines before = DumpLayers(*layers_);
  layers_->Query("UPDATE {silver}measurements_rows SET value = 2000000", 0);
  layers_->Query("UPDATE {gold}sensors_rows SET unit = 'Pounds', kind = NULL WHERE unit = 'lb'", 0);
  layers_->Query("UPDATE {gold}cows_rows SET name = 'as older rules had it'", 0);
  layers_->Query("UPDATE {ops}settings SET value = '0' WHERE name = 'rules_code'", 0);
  store_ = Must(layers_->Open({}));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 4);
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), before);
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  store_ = Must(layers_->Open({}));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
}

TEST_P(LayerStoreContract, AnotherZoneMovesReadingsToItsDays) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T23:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-07T23:00:00Z", "13");
  SendReading("S1", "C1", "2024-04-07T23:30:00Z", "-1");
  SendReading("S1", "C9", "2024-04-07T23:00:00Z", "5");
  RunAll();
  SendFarm("default", R"(,"time_zone":"Europe/Berlin")");
  Judge(Topic::kFarms);
  CleanseAll(1);
  DeriveAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T23:00:00Z 13 accepted on 2024-04-08",
                                    "C9 S1 2024-04-07T23:00:00Z 5 pending on 2024-04-08"));
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-08 S1 count 1 sum 13 min 13 max 13"));
  EXPECT_EQ(Count("{ops}displaced_versions WHERE farm_day <> 19821"), 0);
  EXPECT_EQ(Count("{ops}waiting_versions WHERE farm_day <> 19821"), 0);
  EXPECT_EQ(Count("{silver}quarantine_rows WHERE farm_day <> 19821"), 0);
}

/// What may be damaged, and how.
inline constexpr std::array kDamages{
    "UPDATE {silver}measurements_rows SET value = value + 1",
    "UPDATE {silver}measurements_rows SET state = 2 - state",
    "UPDATE {silver}measurements_rows SET created_at = created_at - 1, updated_at = 7",
    "UPDATE {silver}measurements_rows SET farm_day = farm_day + 3000",
    "UPDATE {silver}measurements_rows SET topic_offset = topic_offset + 1000",
    "DELETE FROM {silver}measurements_rows",
    "UPDATE {silver}quarantine_rows SET code = 'missing', original = '?'",
    "UPDATE {silver}quarantine_rows SET status = 1 - status WHERE status < 2",
    "UPDATE {silver}quarantine_rows SET topic_offset = topic_offset + 1000",
    "UPDATE {silver}quarantine_rows SET cow_id = NULL, farm_day = NULL, timestamp = NULL",
    "DELETE FROM {silver}quarantine_rows",
    "UPDATE {ops}displaced_versions SET topic_offset = topic_offset + 1000",
    "UPDATE {ops}displaced_versions SET timestamp = timestamp + 1",
    "DELETE FROM {ops}displaced_versions",
    "UPDATE {ops}waiting_versions SET timestamp = timestamp + 1",
    "DELETE FROM {ops}waiting_versions",
    "UPDATE {gold}measurements_daily_aggregations_rows SET value_sum = 7",
    "UPDATE {gold}measurements_daily_aggregations_rows SET first_day = first_day + 3000",
    "UPDATE {gold}measurements_weekly_aggregations_rows SET first_day = first_day + 7000",
    "UPDATE {gold}measurements_weekly_aggregations_rows SET first_day = first_day + 1",
    "UPDATE {gold}measurements_monthly_aggregations_rows SET first_day = first_day + 9",
    "UPDATE {gold}measurements_yearly_aggregations_rows SET first_day = first_day - 1",
    "UPDATE {gold}measurements_monthly_aggregations_rows SET records_count = 7",
    "DELETE FROM {gold}measurements_yearly_aggregations_rows",
    "UPDATE {gold}cow_daily_metrics_rows SET farm_day = farm_day + 3000",
    "DELETE FROM {gold}cow_daily_metrics_rows",
    "UPDATE {silver}measurements_rows SET farm = farm + 1000",
    "UPDATE {gold}measurements_daily_aggregations_rows SET farm = farm + 1000",
    "UPDATE {gold}herd_days_rows SET readings = readings + 1",
    "UPDATE {gold}herd_days_rows SET farm_day = farm_day + 3000",
    "DELETE FROM {gold}herd_days_rows",
    "UPDATE {gold}cow_milk_means_rows SET milk_sum = 7",
    "UPDATE {gold}cow_milk_means_rows SET farm_day = farm_day + 3000",
    "DELETE FROM {gold}cow_milk_means_rows",
    "UPDATE {gold}cows_rows SET name = 'another', birthdate = 1",
    "UPDATE {gold}sensors_rows SET unit = 'L', version = version + 1",
    "UPDATE {gold}sensors_rows SET kind = 'feed'",
    "UPDATE {gold}sensors_rows SET sensor_id = sensor_id + 1000",
    "UPDATE {gold}farms_rows SET name = 'another', milk_density = 1000000 WHERE farm <> 1",
    "UPDATE {gold}farms_rows SET time_zone = 'Asia/Tokyo' WHERE farm <> 1",
    "DELETE FROM {gold}farms_rows WHERE farm <> 1",
    "DELETE FROM {gold}cows_rows",
    "DELETE FROM {gold}sensors_rows",
};

TEST_P(LayerStoreContract, ARebuildMakesWhatIsDamagedAsAFreshStoreHasItAndVerifyTellsIt) {
  const std::string at = "2024-04-07T05:00:00Z";
  SendFarm("north", R"(,"time_zone":"Europe/Berlin")");
  SendOf("north", Topic::kCows, R"({"id":"C1","name":"Alma"})");
  SendOf("north", Topic::kSensors, R"({"id":"S1","unit":"kg","kind":"milk"})");
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", at, "12"));
  SendHerd();
  SendCow("C1", "older", 1);
  Send(Topic::kCows, R"({"id":"C3"})");
  Send(Topic::kSensors, R"({"id":"S3","unit":""})");
  for (const char* value : {"12", "13", "-1", "14", "61"}) SendReading("S1", "C1", at, value);
  SendReading("W1", "C2", at, "600", 1);
  SendReading("W1", "C2", "2023-12-31T05:00:00Z", "610", 1);
  SendReading("S9", "C1", at, "5");
  SendReading("S9", "C1", at, "6");
  Send(Topic::kMeasurements, Deletion("S2", "C1", at));
  Send(Topic::kMeasurements, "{", 2);
  RunAll();
  const Lines before = DumpLayers(*layers_);
  for (const char* damage : kDamages) {
    SCOPED_TRACE(damage);
    EXPECT_THAT(Different(), IsEmpty());
    layers_->Query(damage, 0);
    const Lines damaged = DumpLayers(*layers_);
    EXPECT_NE(damaged, before);
    EXPECT_THAT(Different(), Not(IsEmpty()));
    EXPECT_EQ(DumpLayers(*layers_), damaged);
    Must(store_->RequestRebuild(std::nullopt));
    RunAll();
    EXPECT_EQ(DumpLayers(*layers_), before);
  }
}

TEST_P(LayerStoreContract, SumsOfADayThatAreWrongAreToldAndARebuildMendsThem) {
  const std::string at = "2024-04-07T05:00:00Z";
  SendHerd();
  for (const char* cow : {"C1", "C2"}) {
    SendReading("S1", cow, at, "12");
    SendReading("W1", cow, at, "600");
  }
  RunAll();
  const auto sums = [&] {
    return layers_->Query(
        "SELECT derived, value, total, positive FROM {ops}day_sums ORDER BY derived, value", 4);
  };
  const auto right = sums();
  EXPECT_EQ(right,
            (std::vector<Cells>{{"cow_daily_metrics", "last_weight", "1200000000", "2"},
                                {"cow_daily_metrics", "milk_count", "2", "2"},
                                {"cow_daily_metrics", "milk_sum", "24000000", "2"},
                                {"cow_daily_metrics", "weight_count", "2", "2"},
                                {"measurements_daily_aggregations", "records_count", "4", "4"}}));
  EXPECT_THAT(Different(), IsEmpty());
  const Lines before = DumpLayers(*layers_);
  for (const char* damage :
       {"UPDATE {ops}day_sums SET positive = 1", "DELETE FROM {ops}day_sums"}) {
    SCOPED_TRACE(damage);
    layers_->Query(damage, 0);
    EXPECT_EQ(DumpLayers(*layers_), before);
    EXPECT_THAT(Different(), Not(IsEmpty()));
    Must(store_->RequestRebuild(std::nullopt));
    RunAll();
    EXPECT_EQ(sums(), right);
    EXPECT_EQ(DumpLayers(*layers_), before);
    EXPECT_THAT(Different(), IsEmpty());
  }
}

TEST_P(LayerStoreContract, WhoLooksAtSomeDaysHearsOfThoseAlone) {
  SendHerd();
  for (const char* day : {"2024-03-07", "2024-04-07"}) {
    SendReading("S1", "C1", fmt::format("{}T05:00:00Z", day), "10");
  }
  RunAll();
  layers_->Query("UPDATE {gold}cow_daily_metrics_rows SET milk_sum = 1 WHERE farm_day > 19813", 0);
  const auto is_it = ElementsAre("gold_cow_daily_metrics 1: cow C1, 2024-04-07",
                                 "gold_herd_days 1: farm default, 2024-04-07",
                                 "gold_cow_milk_means 1: cow C1, 2024-04-07");
  EXPECT_THAT(Different(), is_it);
  const FarmDay last_of_march = *ParseDate("2024-03-31");
  EXPECT_THAT(Different(DayRange{last_of_march + 1, last_of_march + 30}), is_it);
  EXPECT_THAT(Different(DayRange{FarmDay{0}, last_of_march}), IsEmpty());
}

TEST_P(LayerStoreContract, VerifyNamesTheRows) {
  SendHerd();
  Send(Topic::kCows, "{");
  for (const char* at : {"2024-04-07T05:00:00Z", "2024-04-07T06:00:00Z"}) {
    SendReading("S1", "C1", at, "12");
    SendReading("S2", "C1", at, "-1");
  }
  RunAll();
  layers_->Query("UPDATE {silver}measurements_rows SET value = 5", 0);
  layers_->Query("UPDATE {silver}quarantine_rows SET code = 'missing'", 0);
  layers_->Query("UPDATE {gold}cows_rows SET name = 'another'", 0);
  layers_->Query("DELETE FROM {gold}sensors_rows", 0);
  has_meddled_ = true;
  layers_->Query("UPDATE {gold}cow_daily_metrics_rows SET milk_sum = 7", 0);
  EXPECT_THAT(
      Different(),
      ElementsAre("gold_cows 2: cow C1; cow C2", "gold_sensors 4: sensor S1; sensor S2; sensor W1",
                  "silver_measurements 2: cow C1, sensor S1, 2024-04-07T05:00:00Z; cow C1, "
                  "sensor S1, 2024-04-07T06:00:00Z",
                  "ops_waiting_versions 2: cow C1, sensor S1, 2024-04-07T05:00:00Z; cow "
                  "C1, sensor S1, 2024-04-07T06:00:00Z",
                  "silver_quarantine 3: message cows/0/2; message measurements/0/1; "
                  "message measurements/0/3",
                  "gold_measurements_daily_aggregations 1: cow C1, sensor S1, 2024-04-07",
                  "gold_cow_daily_metrics 1: cow C1, 2024-04-07",
                  "gold_herd_days 1: farm default, 2024-04-07",
                  "gold_cow_milk_means 1: cow C1, 2024-04-07"));
}

TEST_P(LayerStoreContract, VerifyLooksAtWhatWasJudgedAndComputed) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  SendCow("C1", "newer");
  SendSensor("S3");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "12");
  Load();
  EXPECT_THAT(Different(), IsEmpty());
  CleanseAll();
  EXPECT_THAT(Different(), IsEmpty());
  DeriveAll();
  EXPECT_THAT(Different(), IsEmpty());
  has_meddled_ = true;
  layers_->Query("DELETE FROM {gold}measurements_daily_aggregations_rows", 0);
  // With what is made from it: weeks, months, and the herd's day.
  EXPECT_THAT(Different(), SizeIs(4));
  SendReading("S1", "C1", "2024-04-07T07:00:00Z", "12");
  Judge(Topic::kMeasurements);
  EXPECT_THAT(Different(), IsEmpty());
  SendReading("S1", "C9", "2024-04-07T07:00:00Z", "12");
  Judge(Topic::kMeasurements);
  SendCow("C9");
  Judge(Topic::kCows);
  CleanseContext context{*store_};
  EXPECT_EQ(CodeOf(Verify(context, std::nullopt, Never, Quiet)), ErrorCode::kUnavailable);
}

TEST_P(LayerStoreContract, WhatIsRefusedDoesNotDependOnWhetherItsSensorWasKnown) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1000001");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1e300");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "-1");
  RunAll();
  SendHerd();
  RunAll();
  EXPECT_THAT(Quarantined(), SizeIs(3));
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, VerifyOfDaysLeavesOthersAlone) {
  SendHerd();
  for (const char* at : {"2024-04-06T05:00:00Z", "2024-04-08T05:00:00Z"}) {
    SendReading("S1", "C1", at, "12");
  }
  RunAll();
  layers_->Query("UPDATE {silver}measurements_rows SET updated_at = 5", 0);
  const FarmDay day = *ParseDate("2024-04-07");
  EXPECT_THAT(Different(DayRange{day, day}), IsEmpty());
  EXPECT_THAT(Different(DayRange{day + 1, day + 1}),
              ElementsAre("silver_measurements 1: cow C1, sensor S1, 2024-04-08T05:00:00Z"));
}

TEST_P(LayerStoreContract, ARebuildOfDaysLeavesOthersAlone) {
  SendHerd();
  for (const char* at : {"2024-04-06T05:00:00Z", "2024-04-07T05:00:00Z", "2024-04-08T05:00:00Z"}) {
    SendReading("S1", "C1", at, "12");
    SendReading("S2", "C1", at, "-1");
  }
  RunAll();
  layers_->Query("UPDATE {silver}measurements_rows SET value = 1000000", 0);
  layers_->Query("UPDATE {silver}quarantine_rows SET code = 'missing'", 0);
  const FarmDay day = *ParseDate("2024-04-07");
  Must(store_->RequestRebuild(DayRange{day, day}));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-06T05:00:00Z 1 accepted on 2024-04-06",
                                    "C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07",
                                    "C1 S1 2024-04-08T05:00:00Z 1 accepted on 2024-04-08"));
  EXPECT_THAT(Quarantined(),
              ElementsAre("measurements/0/1 missing value open of C1 S2 2024-04-06T05:00:00Z",
                          "measurements/0/3 negative value open of C1 S2 2024-04-07T05:00:00Z",
                          "measurements/0/5 missing value open of C1 S2 2024-04-08T05:00:00Z"));
  EXPECT_THAT(Daily(), ::testing::Contains("daily C1 2024-04-07 S1 count 1 sum 12 min 12 max 12"));
}

TEST_P(LayerStoreContract, DaysThatWereAskedForBeforeAreRebuiltAsWell) {
  SendHerd();
  for (const char* at : {"2024-04-06T05:00:00Z", "2024-04-07T05:00:00Z", "2024-04-09T05:00:00Z"}) {
    SendReading("S1", "C1", at, "12");
  }
  RunAll();
  layers_->Query("UPDATE {silver}measurements_rows SET value = 1000000", 0);
  const auto only = [](const char* day) { return DayRange{*ParseDate(day), *ParseDate(day)}; };
  Must(store_->RequestRebuild(only("2024-04-06")));
  CleanseContext context{*store_, 1};
  CleanseChunks(context, 2);
  Must(store_->RequestRebuild(only("2024-04-07")));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-06T05:00:00Z 12 accepted on 2024-04-06",
                                    "C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07",
                                    "C1 S1 2024-04-09T05:00:00Z 1 accepted on 2024-04-09"));
}

TEST_P(LayerStoreContract, WhoOnlyLooksChangesNoSettings) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  Must(layers_->Open({.default_farm = {}, .rules_code = 99, .use = StoreUse::kLook}));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  Must(layers_->Open({}));
}

TEST_P(LayerStoreContract, ACowThatWasWrittenThroughSurvivesARebuild) {
  {
    const auto tx = Must(store_->BeginHerdBook());
    GoldCow cow;
    cow.cow = Must(tx->RefOfCow(kDefaultFarmRef, "made by HTTP"));
    cow.name = "Berta #1";
    cow.lineage.version = 7;
    Must(tx->Merge(cow));
    Must(tx->Commit());
  }
  SendHerd();
  RunAll();
  const Lines before = CowLines(*layers_);
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_EQ(CowLines(*layers_), before);
}

TEST_P(LayerStoreContract, ARebuildThatWasStoppedGoesOnWhenItIsAskedForAgain) {
  SendHerd();
  for (int hour = 10; hour < 20; ++hour) {
    SendReading("S1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "1");
  }
  RunAll();
  const Lines before = DumpLayers(*layers_);
  Must(store_->RequestRebuild(std::nullopt));
  CleanseContext context{*store_, 1};
  const std::int64_t first = CleanseChunks(context, 5);
  Must(store_->RequestRebuild(std::nullopt));
  const std::int64_t second = Must(Cleanse(context, Never, Quiet));
  Must(store_->RequestRebuild(std::nullopt));
  EXPECT_EQ(first + second, Must(Cleanse(context, Never, Quiet)));
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), before);
}

}  // namespace herdflow::pipeline::testing
