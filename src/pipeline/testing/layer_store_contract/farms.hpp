#pragma once

// Farms: what is of one is in no answer, total or judgement of another's.

#include "fixture.hpp"
#include "herdflow/core/logging.hpp"

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
  EXPECT_EQ(Must(queries->FindCow("default", "C1"))->name, "Alma #3");
  EXPECT_EQ(Must(queries->FindCow("north", "C1"))->name, "Berta");
  EXPECT_EQ(Must(queries->FindCow("north", "C1"))->latest_sensor_data->average_value, 600);
  EXPECT_FALSE(Must(queries->FindCow("south", "C1")));
  const FarmDay day = *ParseDate("2024-04-08");
  const auto report = Must(queries->ReadReportData("north", day));
  ASSERT_THAT(report.cows, SizeIs(1));
  EXPECT_EQ(report.cows[0].cow_id, "C1");
  EXPECT_EQ(report.cows[0].cow_name, "Berta");
  EXPECT_EQ(FormatDate(report.data->last), "2024-04-07");
  EXPECT_THAT(Must(queries->ReadReportData("south", day)).cows, IsEmpty());
  EXPECT_FALSE(Must(queries->ReadDataRange("south")));
  EXPECT_EQ(FormatDate(Must(queries->ReadDataRange("default"))->first), "2024-04-07");
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
  const FarmStatus north = Must(queries->ReadFarmStatus("north"));
  EXPECT_EQ(north.cows, 1);
  EXPECT_EQ(north.sensors, 1);
  EXPECT_EQ(north.silver_by_state, (Counts{{"accepted", 1}, {"pending", 1}}));
  EXPECT_EQ(north.quarantine_by_code, (Counts{{"negative", 1}}));
  EXPECT_EQ(FormatDate(north.data->first), "2024-04-07");
  const FarmStatus south = Must(queries->ReadFarmStatus("south"));
  EXPECT_EQ(south.cows, 0);
  EXPECT_EQ(south.quarantine_by_code, (Counts{{"unknown_farm", 3}}));
  EXPECT_FALSE(south.data);
  EXPECT_THAT(Must(queries->ReadFarmStatus("nobody's")).silver_by_state, IsEmpty());
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
    EXPECT_EQ(Must(tx->IdOf(*message.farm)), "north");
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
  EXPECT_EQ(Must(layers_->Queries()->ReadStatus()).rejudge_requests, 0);
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
  EXPECT_EQ(Must(layers_->Queries()->ReadStatus()).rejudge_requests, 1) << "the farm's pass";
}

TEST_P(LayerStoreContract, WhatIsDismissedStaysSoWhenItsFarmComes) {
  SendOf("north", Topic::kCows, kCow);
  RunAll();
  layers_->Query("UPDATE {silver}quarantine_rows SET status = 2", 0);
  SendFarm("north");
  RunAll();
  EXPECT_THAT(CowLines(*layers_), IsEmpty());
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/0 unknown_farm farm dismissed of north/C1 - -"));
}

TEST_P(LayerStoreContract, AChangedFarmHasItsReadingsJudgedAgainAndNobodyElses) {
  SendFarm("north");
  for (const char* farm : {"default", "north"}) {
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, R"({"id":"S1","unit":"kg","kind":"milk"})");
    for (const char* value : {"12", "13", "-1", "30"}) {
      SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", kAt, value));
    }
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C2", kAt, "12"));
  }
  RunAll();
  const auto other = [&] {
    return layers_->Query(
        "SELECT m.farm_day, m.value, m.version, m.topic_offset, m.updated_at"
        " FROM {silver}measurements_rows m JOIN {ops}cow_ids i ON i.id = m.cow_id WHERE i.farm = 1"
        " ORDER BY m.cow_id",
        5);
  };
  // Whoever judged default's readings again would mend this.
  layers_->Query(
      "UPDATE {silver}measurements_rows SET value = 1 WHERE cow_id IN"
      " (SELECT id FROM {ops}cow_ids WHERE farm = 1)",
      0);
  const auto before = other();
  const Lines first = DumpLayers(*layers_);
  for (const char* rules : {R"(,"time_zone":"Europe/Berlin")", R"(,"litre_max":20)",
                            R"(,"milk_density":1)", R"(,"kilogram_min":1,"litre_min":13)", ""}) {
    SCOPED_TRACE(rules);
    SendFarm("north", rules);
    Judge(Topic::kFarms);
    EXPECT_EQ(Must(layers_->Queries()->ReadStatus()).rejudge_requests, 1);
    CleanseAll(1);
    EXPECT_EQ(layers_->Query("SELECT DISTINCT f.farm_id FROM {ops}dirty_days d JOIN {ops}cow_ids i"
                             " ON i.id = d.cow_id JOIN {ops}farm_ids f ON f.id = i.farm",
                             1),
              (std::vector<Cells>{{"north"}}));
    AggregateAll();
    EXPECT_EQ(other(), before);
  }
  EXPECT_EQ(DumpLayers(*layers_), first);
}

TEST_P(LayerStoreContract, AnotherZoneRangeAndDensityGiveTheLayersOfThoseRules) {
  SendFarm("north");
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, R"({"id":"S1","unit":"kg","kind":"milk"})");
  for (const char* value : {"12", "-1", "30"}) {
    SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, value));
  }
  RunAll();
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 30 accepted on 2024-04-07"));
  SendFarm("north", R"(,"time_zone":"Europe/Berlin","litre_max":20,"milk_density":1.2)");
  RunAll();
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-08"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/1 negative value open of north/C1 "
                                         "north/S1 2024-04-07T23:00:00Z",
                                         "measurements/0/2 implausible value open of north/C1 "
                                         "north/S1 2024-04-07T23:00:00Z"));
  EXPECT_THAT(CowDays(), ElementsAre("north/C1 2024-04-08 milk 10/1 weight 0/0 last - at -"));
  const auto farm = Must(layers_->Queries()->FindFarm("north"));
  EXPECT_EQ(layers_->Query("SELECT rules_version, farm FROM {silver}measurements", 2),
            (std::vector<Cells>{{farm->rules_version, "north"}}));
  EXPECT_EQ(farm->rules_version, herd::RulesVersion(farm->rules));
}

TEST_P(LayerStoreContract, AFarmThatChangesWhileItsReadingsAreJudgedAgainIsBegunAnew) {
  for (const char* farm : {"east", "north"}) {
    SendFarm(farm);
    SendOf(farm, Topic::kCows, kCow);
    SendOf(farm, Topic::kSensors, kSensor);
    for (int hour = 10; hour < 20; ++hour) {
      SendOf(farm, Topic::kMeasurements,
             Reading("S1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "12"));
    }
  }
  RunAll();
  const auto change = [&](std::string_view farm, int density) {
    SendFarm(farm, fmt::format(R"(,"milk_density":1.{})", density));
    Judge(Topic::kFarms);
  };
  change("north", 1);
  const std::int64_t whole = CleanseAll(1);
  CleanseContext context{*store_, 1};
  change("north", 2);
  CleanseChunks(context, 4);
  change("north", 1);
  EXPECT_EQ(CleanseAll(1), whole);
  change("north", 2);
  CleanseChunks(context, 4);
  change("east", 1);
  change("north", 1);
  EXPECT_EQ(CleanseAll(1), 2 * whole) << "they take turns";
  EXPECT_EQ(Count("{silver}measurements_rows WHERE state = 0"), 20);
}

TEST_P(LayerStoreContract, AClosedFarmKeepsItsNameAndRulesAndIsJudgedAsEver) {
  SendFarm("north", R"(,"time_zone":"Europe/Berlin","litre_max":20)");
  const Instant made = log_.clock;
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, kSensor);
  RunAll();
  Send(Topic::kFarms, R"({"id":"north","deleted":true})");
  const Instant closed = log_.clock;
  Judge(Topic::kFarms);
  EXPECT_EQ(Must(layers_->Queries()->ReadStatus()).rejudge_requests, 0);
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  RunAll();
  const auto farm = Must(layers_->Queries()->FindFarm("north"));
  ASSERT_TRUE(farm);
  EXPECT_EQ(farm->name, "name of north");
  EXPECT_EQ(farm->rules.time_zone, "Europe/Berlin");
  EXPECT_EQ(farm->rules.bounds.litre_max, 20 * herd::kMillion);
  EXPECT_EQ(farm->closed_at, closed);
  EXPECT_EQ(farm->created_at, made);
  EXPECT_EQ(farm->updated_at, closed);
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-08"));
  EXPECT_THAT(Different(), IsEmpty());
  SendFarm("north");
  RunAll();
  EXPECT_FALSE(Must(layers_->Queries()->FindFarm("north"))->closed_at);
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
  EXPECT_EQ(Must(layers_->Queries()->FindFarm("north"))->name, "old, and judged last");
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
  for (const FarmView& farm : Must(layers_->Queries()->ListFarms())) ids.push_back(farm.id);
  EXPECT_THAT(ids, ElementsAre("0", "a-farm", "default", "north"));
  EXPECT_FALSE(Must(layers_->Queries()->FindFarm("unknown")));
  EXPECT_THAT(Must(layers_->Queries()->ReadStatus()).unknown_farms,
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
  EXPECT_FALSE(Must(layers_->Queries()->FindFarm("north")));
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

TEST_P(LayerStoreContract, AFarmThatWasWrittenThroughSurvivesARebuild) {
  {
    const auto tx = Must(store_->BeginHerdBook());
    GoldFarm farm;
    farm.farm = Must(tx->RefOfFarm("north"));
    farm.name = "made by HTTP";
    farm.lineage.version = 7;
    Must(tx->Merge(farm));
    Must(tx->Commit());
  }
  SendHerd();
  RunAll();
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_EQ(Must(layers_->Queries()->FindFarm("north"))->name, "made by HTTP");
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

/// What is warned of while it lives.
class Warnings {
 public:
  Lines lines;

 private:
  LogListener listener_{[this](LogLevel level, std::string_view line) {
    if (level == LogLevel::kWarning) lines.emplace_back(line);
  }};
};

TEST_P(LayerStoreContract, DefaultIsMadeByWhoeverOpensTheStoreFirstAndThenItsEventsChangeIt) {
  const auto layers = GetParam()();
  Warnings warnings;
  herd::FarmRules berlin{.time_zone = "Europe/Berlin", .bounds = {}};
  berlin.bounds.litre_max = 50 * herd::kMillion;
  Must(layers->Open({.default_farm = berlin, .use = StoreUse::kLook}));
  Must(layers->Open({.default_farm = berlin}));
  const auto made = Must(layers->Queries()->FindFarm("default"));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->name, "default");
  EXPECT_EQ(made->rules, berlin);
  EXPECT_FALSE(made->created_at);
  EXPECT_FALSE(made->updated_at);
  EXPECT_EQ(layers->Query("SELECT created_at FROM {gold}farms", 1), (std::vector<Cells>{{"-"}}));
  EXPECT_THAT(warnings.lines, IsEmpty());
  Must(layers->Open({.default_farm = {}}));
  EXPECT_THAT(warnings.lines, IsEmpty()) << "nothing is configured";
  herd::FarmRules other{.time_zone = "Asia/Tokyo", .bounds = {}, .density_millionths = 1'020'000};
  other.bounds.litre_max = 70 * herd::kMillion;
  const auto store = Must(layers->Open({.default_farm = other}));
  ASSERT_THAT(warnings.lines, SizeIs(1));
  EXPECT_THAT(warnings.lines[0], Not(HasSubstr("milk_density")));
  for (const char* says : {"time_zone Europe/Berlin (not Asia/Tokyo)", "litre_max 50 (not 70)",
                           "herdflow farm change default"}) {
    EXPECT_THAT(warnings.lines[0], HasSubstr(says));
  }
  EXPECT_EQ(Must(layers->Queries()->FindFarm("default"))->rules, berlin);
  EXPECT_EQ(Must(layers->Queries()->ReadStatus()).rejudge_requests, 0);
}

TEST_P(LayerStoreContract, AnEventOfDefaultTakesThePlaceOfTheConfiguration) {
  SendFarm("default", R"(,"time_zone":"Europe/Berlin")");
  const Instant sent = log_.clock;
  RunAll();
  const auto farm = Must(layers_->Queries()->FindFarm("default"));
  EXPECT_EQ(farm->created_at, sent);
  EXPECT_EQ(farm->rules.time_zone, "Europe/Berlin");
  Must(layers_->Open({}));
  EXPECT_EQ(Must(layers_->Queries()->FindFarm("default"))->rules.time_zone, "Europe/Berlin");
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_EQ(Must(layers_->Queries()->FindFarm("default"))->rules.time_zone, "Europe/Berlin");
}

TEST_P(LayerStoreContract, AStoreJudgedInAnotherZoneBeforeThereWereFarmsIsJudgedAgainOnce) {
  SendHerd();
  SendReading("S1", "C1", kAt, "12");
  RunAll();
  const auto put_back = [&](const std::string& version, const std::string& zone) {
    layers_->Query("DELETE FROM {ops}settings WHERE name = 'rules_code'", 0);
    layers_->Query("INSERT INTO {ops}settings VALUES ('rules_version', '" + version +
                       "'), ('time_zone', '" + zone + "')",
                   0);
  };
  const auto requests = [&] { return Must(layers_->Queries()->ReadStatus()).rejudge_requests; };
  put_back(herd::RulesVersion({}), "UTC");
  Must(layers_->Open({.default_farm = {}, .use = StoreUse::kLook}));
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 0) << "as it was judged";
  put_back(herd::RulesVersion({}), "Asia/Tokyo");
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 1);
  EXPECT_EQ(layers_->Query("SELECT name FROM {ops}settings ORDER BY name", 1),
            (std::vector<Cells>{{"rules_code"}, {"store_id"}}));
  RunAll();
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 0);
  put_back("1-0", "UTC");
  Must(layers_->Open({}));
  EXPECT_EQ(requests(), 4) << "an older code judged cows, sensors and farms as well";
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
        "{gold}cow_daily_metrics"}) {
    EXPECT_EQ(layers_->Query(fmt::format("SELECT farm FROM {} ORDER BY farm", view), 1),
              (std::vector<Cells>{{"default"}, {"north"}}))
        << view;
  }
}

}  // namespace herdflow::pipeline::testing
