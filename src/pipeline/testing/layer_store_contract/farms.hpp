#pragma once

// Farms: what is of one is in no answer, total or judgement of another's.

#include "fixture.hpp"
#include "herdflow/pipeline/gold_rows.hpp"

namespace herdflow::pipeline::testing {

inline constexpr const char* kCow = R"({"id":"C1","name":"Alma #3"})";
inline constexpr const char* kSensor = R"({"id":"S1","unit":"L"})";
inline const std::string kAt = "2024-04-07T23:00:00Z";

TEST_P(LayerStoreContract, TwoFarmsWithTheSameIdsAreTwoHerds) {
  SendFarm("north");
  for (const char* farm : {"default", "north"}) {
    const bool north = std::string_view(farm) == "north";
    SendOf(farm, Topic::kCows, north ? R"({"id":"C1","name":"Berta"})" : kCow);
    SendOf(farm, Topic::kSensors, north ? R"({"id":"S1","unit":"kg"})" : kSensor);
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, north ? "600" : "12"));
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, "-1"));
  }
  SendOf("north", Topic::kMeasurements, Reading("S1", "C2", "2024-04-09T05:00:00Z", "601"));
  RunAll();
  EXPECT_THAT(Silver(),
              ElementsAre("C1 S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-07",
                          "north/C1 north/S1 2024-04-07T23:00:00Z 600 accepted on 2024-04-07",
                          "north/C2 north/S1 2024-04-09T05:00:00Z 601 pending on 2024-04-09"));
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 12/1 weight 0/0 last - at -",
                                     "north/C1 2024-04-07 milk 0/0 weight 600/1 last 600 at "
                                     "2024-04-07T23:00:00Z"));
  const auto queries = layers_->Queries();
  EXPECT_EQ(Must(queries.herd->FindCow("default", "C1"))->name, "Alma #3");
  EXPECT_EQ(Must(queries.herd->FindCow("north", "C1"))->name, "Berta");
  EXPECT_EQ(Must(queries.herd->FindCow("north", "C1"))->latest_sensor_data->average_value, 600);
  EXPECT_FALSE(Must(queries.herd->FindCow("south", "C1")));
  const FarmDay day = *ParseDate("2024-04-08");
  const auto report = Must(queries.report->ReadReportData("north", day));
  ASSERT_THAT(report.cows, SizeIs(1));
  EXPECT_EQ(report.cows[0].cow_id, "C1");
  EXPECT_EQ(report.cows[0].cow_name, "Berta");
  EXPECT_EQ(FormatDate(report.data->last), "2024-04-07");
  EXPECT_THAT(Must(queries.report->ReadReportData("south", day)).cows, IsEmpty());
  EXPECT_FALSE(Must(queries.report->ReadDataRange("south")));
  EXPECT_EQ(FormatDate(Must(queries.report->ReadDataRange("default"))->first), "2024-04-07");
}

TEST_P(LayerStoreContract, TheStatusOfAFarmCountsWhatIsItsOwn) {
  SendFarm("north");
  for (const char* farm : {"default", "north", "south"}) {
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, kSensor);
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  }
  SendOf("north", Topic::kMeasurements, Reading("S1", "C2", kAt, "12"));
  SendOf("north", Topic::kMeasurements, Reading("S1", "C2", kAt, "-1"));
  Send(Topic::kMeasurements, "{");
  RunAll();
  using Counts = std::map<std::string, std::int64_t>;
  const auto queries = layers_->Queries();
  const FarmStatus north = Must(queries.operations->ReadFarmStatus("north"));
  EXPECT_EQ(north.cows, 1);
  EXPECT_EQ(north.sensors, 1);
  EXPECT_EQ(north.silver_by_state, (Counts{{"accepted", 1}, {"pending", 1}}));
  EXPECT_EQ(north.quarantine_by_code, (Counts{{"negative", 1}}));
  EXPECT_EQ(FormatDate(north.data->first), "2024-04-07");
  const FarmStatus south = Must(queries.operations->ReadFarmStatus("south"));
  EXPECT_EQ(south.cows, 0);
  EXPECT_EQ(south.quarantine_by_code, (Counts{{"unknown_farm", 3}}));
  EXPECT_FALSE(south.data);
  EXPECT_THAT(Must(queries.operations->ReadFarmStatus("nobody's")).silver_by_state, IsEmpty());
}

TEST_P(LayerStoreContract, AFarmsCanonicalMessageIsKeptAsItsFieldsAndMadeAgain) {
  const std::string payload = R"({"farm":"north",)" + Reading("S1", "C1", kAt, "12").substr(1);
  log_.Put(kReadings, log_.clock, "north/S1_C1", payload);
  log_.Put(kReadings, log_.clock, "S1_C1", payload);
  Load();
  std::vector<ReadBack> read;
  const auto tx = Must(store_->BeginCleanse());
  Must(tx->ReadBronze(9, [&](const UnjudgedMeasurement& message) {
    read.push_back(ReadBackOf(message));
    EXPECT_EQ(Must(tx->judging().IdOf(*message.farm)), "north");
    EXPECT_EQ(Must(tx->IdOf(*message.cow)), "north/C1");
    EXPECT_EQ(Must(tx->IdOf(*message.sensor)), "north/S1");
  }));
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_TRUE(read[0].canonical);
  EXPECT_FALSE(read[1].canonical) << "its key names no farm";
  for (const ReadBack& message : read) EXPECT_EQ(message.payload, payload);
}

TEST_P(LayerStoreContract, BronzeShowsTheFarmWhetherOrNotItsIdsAreGood) {
  SendOf("north", Topic::kMeasurements, Reading("S1", "", kAt, "12"));
  SendOf("north", Topic::kMeasurements, Reading("", "", kAt, "12"));
  SendOf("No farm", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  SendReading("S1", "C1", kAt, "12");
  SendReading("", "", kAt, "12");
  SendOf("north", Topic::kCows, kCow);
  SendOf("No farm", Topic::kSensors, kSensor);
  Load();
  EXPECT_EQ(
      layers_->Query("SELECT farm, sensor_id FROM {bronze}measurements ORDER BY topic_offset", 2),
      (std::vector<Cells>{
          {"north", "S1"}, {"north", ""}, {"No farm", "S1"}, {"default", "S1"}, {"-", ""}}));
  EXPECT_EQ(layers_->Query("SELECT farm FROM {bronze}cows", 1), (std::vector<Cells>{{"north"}}));
  EXPECT_EQ(layers_->Query("SELECT farm FROM {bronze}sensors", 1),
            (std::vector<Cells>{{"No farm"}}));
}

TEST_P(LayerStoreContract, WhatCameBeforeItsFarmIsJudgedWhenTheFarmComes) {
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "-1"));
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kCows, R"({"id":"C2"})");
  SendOf("north", Topic::kSensors, kSensor);
  SendOf("No farm", Topic::kSensors, kSensor);
  RunAll();
  EXPECT_THAT(Quarantined(),
              ElementsAre("cows/0/0 unknown_farm farm open of north/C1 - -",
                          "cows/0/1 unknown_farm farm open of north/C2 - -",
                          "measurements/0/0 unknown_farm farm open of north/C1 north/S1 -",
                          "measurements/0/1 unknown_farm farm open of north/C1 north/S1 -",
                          "sensors/0/0 unknown_farm farm open of - north/S1 -",
                          "sensors/0/1 bad_characters farm open of - - -"));
  EXPECT_THAT(Silver(), IsEmpty());
  SendFarm("north", R"(,"time_zone":"Europe/Berlin")");
  RunAll();
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-08"));
  EXPECT_THAT(CowLines(*layers_), ElementsAre("north/C1 Alma #3 born -"));
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/1 missing name open of north/C2 - -",
                                         "measurements/0/1 negative value open of north/C1 "
                                         "north/S1 2024-04-07T23:00:00Z",
                                         "sensors/0/1 bad_characters farm open of - - -"));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, WhatWaitedForItsFarmIsGivenPieceByPieceBeforeWhatIsNew) {
  for (const char* cow : {"C1", "C2", "C3"}) {
    SendOf("north", Topic::kCows, fmt::format(R"({{"id":"{}","name":"Alma"}})", cow));
  }
  RunAll();
  SendFarm("north");
  SendOf("north", Topic::kCows, R"({"id":"C4","name":"Alma"})");
  Judge(Topic::kFarms);
  const auto take = [&](bool commit) {
    const auto tx = Must(store_->BeginHerdBook());
    std::vector<std::int64_t> offsets;
    for (const auto& record : Must(tx->ReadBronze(Topic::kCows, 2))) {
      offsets.push_back(record.lineage.offset);
    }
    if (commit) Must(tx->Commit());
    return offsets;
  };
  EXPECT_THAT(take(false), ElementsAre(0, 1));
  EXPECT_THAT(take(true), ElementsAre(0, 1));
  EXPECT_THAT(take(true), ElementsAre(2));
  EXPECT_THAT(take(true), ElementsAre(3));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 1)
      << "the farm's pass";
}

TEST_P(LayerStoreContract, WhatIsDismissedStaysSoWhileItIsRefused) {
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kCows, R"({"id":"C2"})");
  SendOf("north", Topic::kSensors, kSensor);
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "-1"));
  RunAll();
  layers_->Query("UPDATE {silver}quarantine_rows SET status = 2", 0);
  has_meddled_ = true;
  SendFarm("north");
  RunAll();
  EXPECT_THAT(CowLines(*layers_), ElementsAre("north/C1 Alma #3 born -"));
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/1 missing name dismissed of north/C2 - -",
                                         "measurements/0/1 negative value dismissed of north/C1 "
                                         "north/S1 2024-04-07T23:00:00Z"));
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, ARefusedMessageThatBronzeHasNotKeepsOutNoOtherFarm) {
  for (const char* farm : {"a", "b"}) {
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, kSensor);
  }
  RunAll();
  layers_->Query("DELETE FROM {bronze}cows_rows WHERE topic_offset = 0", 0);
  layers_->Query("DELETE FROM {bronze}sensors_rows", 0);
  has_meddled_ = true;
  SendFarm("a");
  SendFarm("b");
  RunAll();
  EXPECT_THAT(CowLines(*layers_), ElementsAre("b/C1 Alma #3 born -"));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_THAT(Quarantined(), IsEmpty());
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, TheNewestVersionOfAFarmWinsAndSupersedesRefusedOnes) {
  Send(Topic::kFarms, R"({"id":"north"})");
  Send(Topic::kFarms, R"({"id":"north","name":"newest","time_zone":"Asia/Tokyo"})", 2);
  Send(Topic::kFarms, R"({"id":"north","name":"newer"})", 1);
  Send(Topic::kFarms, R"({"id":"north","name":"old, and judged last"})", 2);
  layers_->Query("DELETE FROM {ops}watermarks", 0);
  Send(Topic::kFarms, R"({"id":"north","time_zone":"Nowhere","name":"refused"})", 0);
  Send(Topic::kFarms, R"({"name":"nobody's"})", 0);
  RunAll();
  EXPECT_EQ(Must(layers_->Queries().herd->FindFarm("north"))->name, "old, and judged last");
  EXPECT_THAT(Quarantined(), ElementsAre("farms/0/0 missing name superseded of - - -",
                                         "farms/0/1 bad_time_zone time_zone open of - - -",
                                         "farms/0/2 missing id open of - - -"));
  EXPECT_EQ(layers_->Query("SELECT farm FROM {silver}quarantine ORDER BY topic_offset", 1),
            (std::vector<Cells>{{"north"}, {"north"}, {"-"}}));
}

TEST_P(LayerStoreContract, AFarmsRefusedEventThatWasOvertakenIsSupersededAtOnceAndNothingElseOfIt) {
  Send(Topic::kFarms, R"({"id":"north"})", 1);
  SendOf("north", Topic::kCows, R"({"name":"without an id"})");
  SendFarm("north");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/0 missing id open of - - -",
                                         "farms/1/0 missing name superseded of - - -"));
}

TEST_P(LayerStoreContract, FarmsAreListedByTheirIds) {
  for (const char* farm : {"north", "a-farm", "0"}) SendFarm(farm);
  SendOf("unknown", Topic::kCows, kCow);
  RunAll();
  Lines ids;
  for (const FarmView& farm : Must(layers_->Queries().herd->ListFarms())) ids.push_back(farm.id);
  EXPECT_THAT(ids, ElementsAre("0", "a-farm", "default", "north"));
  EXPECT_FALSE(Must(layers_->Queries().herd->FindFarm("unknown")));
  EXPECT_THAT(Must(layers_->Queries().operations->ReadStatus()).unknown_farms,
              ElementsAre(std::pair("unknown", 1)));
  EXPECT_EQ(layers_->Query("SELECT id, litre_max, milk_density FROM {gold}farms WHERE id = '0'", 3)
                .size(),
            1u);
}

TEST_P(LayerStoreContract, AFarmThatBronzeDoesNotBearOutGoesWithItsHerdAtARebuild) {
  SendFarm("north");
  for (const char* farm : {"default", "north"}) {
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, kSensor);
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  }
  RunAll();
  layers_->Query("DELETE FROM {bronze}farms_rows", 0);
  has_meddled_ = true;
  EXPECT_THAT(Different(), Not(IsEmpty()));
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 1 sum 12 min 12 max 12"));
  EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 Alma #3 born -"));
  EXPECT_THAT(Quarantined(),
              ElementsAre("cows/0/1 unknown_farm farm open of north/C1 - -",
                          "measurements/0/1 unknown_farm farm open of north/C1 north/S1 -",
                          "sensors/0/1 unknown_farm farm open of - north/S1 -"));
  EXPECT_FALSE(Must(layers_->Queries().herd->FindFarm("north")));
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, AFarmThatARebuildOfOtherDaysMendsHasItsReadingsJudgedAgain) {
  SendFarm("north");
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, kSensor);
  RunAll();
  const FarmDay other = *ParseDate("2020-01-01");
  for (const char* damage : {"UPDATE {gold}farms_rows SET litre_max = 5000000 WHERE farm <> 1",
                             "DELETE FROM {gold}farms_rows WHERE farm <> 1"}) {
    SCOPED_TRACE(damage);
    layers_->Query(damage, 0);
    SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
    RunAll();
    EXPECT_THAT(Quarantined(), SizeIs(1));
    Must(store_->RequestRebuild(DayRange{other, other}));
    RunAll();
    EXPECT_THAT(Quarantined(), IsEmpty());
  }
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-07"));
}

TEST_P(LayerStoreContract, WhatWasWrittenThroughSurvivesARebuild) {
  SendFarm("changed");
  SendFarm("closed", R"(,"litre_max":20)");
  SendCow("C1", "before");
  RunAll();
  const Instant made = log_.clock;
  const Instant now = made + std::chrono::hours(1);
  {
    const auto tx = Must(store_->BeginHerdBook());
    const Lineage lineage{ToMicros(now), {}, 0, 0};
    for (const char* id : {"made", "changed", "closed"}) {
      herd::Farm farm{id, "by HTTP", {.time_zone = "Europe/Berlin", .bounds = {}}, false};
      farm.closed = farm.id == "closed";
      Must(tx->Merge(ToGold(farm, Must(tx->RefOfFarm(id)), lineage, now)));
    }
    const herd::Cow cow{"C1", "by HTTP", {}, false};
    const CowRef ref = Must(tx->RefOfCow(kDefaultFarmRef, "C1"));
    Must(tx->Merge(ToGold(cow, ref, lineage, now)));
    Must(tx->Commit());
  }
  RunAll();
  const auto check = [&] {
    const auto queries = layers_->Queries();
    EXPECT_EQ(Must(queries.herd->FindFarm("made"))->name, "by HTTP");
    EXPECT_EQ(Must(queries.herd->FindFarm("changed"))->rules.time_zone, "Europe/Berlin");
    const auto closed = Must(queries.herd->FindFarm("closed"));
    EXPECT_EQ(closed->name, "name of closed");
    EXPECT_EQ(closed->rules.bounds.litre_max, 20 * herd::kMillion);
    EXPECT_EQ(closed->closed_at, now);
    EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 by HTTP born -"));
    EXPECT_THAT(Different(), IsEmpty());
  };
  check();
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  check();
  EXPECT_LT(*Must(layers_->Queries().herd->FindFarm("changed"))->created_at, made);
}

TEST_P(LayerStoreContract, NamesNumbersAndIdempotencyKeysAreAFarmsOwn) {
  SendFarm("north");
  SendOf("north", Topic::kCows, R"({"id":"C1","name":"Alma #41"})");
  SendCow("C1", "Alma #3");
  RunAll();
  const auto reserve = [&](std::string farm, std::string id) {
    return Must(
        store_->ReserveCow({std::move(farm), std::move(id), "Alma", "Alma", {}, {}, "key"}));
  };
  EXPECT_EQ(reserve("north", "1").name, "Alma #42");
  EXPECT_EQ(reserve("default", "2").name, "Alma #4");
  EXPECT_EQ(reserve("north", "3").id, "1");
  EXPECT_EQ(reserve("default", "4").id, "2");
}

TEST_P(LayerStoreContract, CowsAndSensorsOfBeforeThereWereFarmsAreOfDefaultWhateverTheySay) {
  SendOf("north", Topic::kCows, kCow);
  SendOf("No farm", Topic::kSensors, kSensor);
  SendOf("No farm", Topic::kCows, R"({"id":"C2"})");
  Load();
  layers_->Query("UPDATE {ops}consumer_offsets SET farms_from = next_offset", 0);
  SendOf("north", Topic::kCows, R"({"id":"C1","name":"Berta"})");
  RunAll();
  const auto check = [&] {
    EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 Alma #3 born -"));
    EXPECT_THAT(SensorLines(*layers_), ElementsAre("S1 L -"));
    EXPECT_THAT(Quarantined(), ElementsAre("cows/0/1 missing name open of C2 - -",
                                           "cows/0/2 unknown_farm farm open of north/C1 - -"));
    EXPECT_THAT(Different(), IsEmpty());
  };
  check();
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  check();
}

TEST_P(LayerStoreContract, EveryViewShowsTheFarm) {
  SendFarm("north");
  for (const char* farm : {"default", "north"}) {
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, kSensor);
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, "-1"));
  }
  RunAll();
  for (const char* view :
       {"{silver}measurements", "{silver}quarantine", "{gold}cows", "{gold}sensors",
        "{gold}measurements_daily_aggregations", "{gold}measurements_weekly_aggregations",
        "{gold}measurements_monthly_aggregations", "{gold}measurements_yearly_aggregations",
        "{gold}cow_daily_metrics", "{gold}herd_days", "{gold}cow_milk_means"}) {
    EXPECT_EQ(layers_->Query(fmt::format("SELECT farm FROM {} ORDER BY farm", view), 1),
              (std::vector<Cells>{{"default"}, {"north"}}))
        << view;
  }
}

}  // namespace herdflow::pipeline::testing
