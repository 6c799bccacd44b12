#pragma once

// Farms that change, or are closed: what is judged again, and when.

#include "farms.hpp"

namespace herdflow::pipeline::testing {

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
    EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 1);
    CleanseAll(1);
    EXPECT_EQ(layers_->Query("SELECT DISTINCT f.farm_id FROM {ops}dirty_days d JOIN {ops}cow_ids i"
                             " ON i.id = d.cow_id JOIN {ops}farm_ids f ON f.id = i.farm",
                             1),
              (std::vector<Cells>{{"north"}}));
    DeriveAll();
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
  const auto farm = Must(layers_->Queries().herd->FindFarm("north"));
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

TEST_P(LayerStoreContract, AFarmThatChangesAgainAndAgainKeepsOutNoOther) {
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
  CleanseContext context{*store_, 1};
  const auto change = [&](std::string_view farm, std::string_view rules) {
    SendFarm(farm, rules);
    Judge(Topic::kFarms);
  };
  for (const auto& [restless, other] : {std::pair("east", "north"), std::pair("north", "east")}) {
    SCOPED_TRACE(restless);
    change(restless, R"(,"milk_density":1.1)");
    CleanseChunks(context, 3);
    change(other, R"(,"litre_max":11)");
    for (int time = 0; time < 5; ++time) {
      change(restless, time % 2 == 0 ? "" : R"(,"milk_density":1.1)");
      CleanseChunks(context, 3);
    }
    EXPECT_EQ(Count("{silver}quarantine_rows"), 10) << "all of the other's";
    CleanseAll(1);
    change(other, "");
    CleanseAll(1);
  }
}

TEST_P(LayerStoreContract, ARebuildOvertakesAPassThatCannotGoOn) {
  SendFarm("north");
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, kSensor);
  for (const char* at : {"2024-04-07T10:00:00Z", "2024-04-07T11:00:00Z", "2024-04-07T12:00:00Z"}) {
    SendOf("north", Topic::kMeasurements, Reading("S1", "C1", at, "12"));
  }
  RunAll();
  layers_->Query("DELETE FROM {bronze}measurements_rows WHERE topic_offset = 1", 0);
  has_meddled_ = true;
  SendFarm("north", R"(,"litre_max":20)");
  Judge(Topic::kFarms);
  CleanseContext context{*store_, 1};
  EXPECT_EQ(CodeOf(Cleanse(context, Never, Quiet)), ErrorCode::kCorruptData);
  Must(store_->RequestRebuild(std::nullopt));
  RunAll();
  EXPECT_THAT(Silver(), SizeIs(2));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, EverythingAskedForAgainInItsMiddleBeginsAnewBeforeAnyFarm) {
  SendFarm("north");
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, kSensor);
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  SendHerd();
  for (int hour = 10; hour < 20; ++hour) {
    SendReading("S1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "12");
  }
  RunAll();
  SendFarm("north", R"(,"litre_max":20)");
  Judge(Topic::kFarms);
  Must(store_->RequestRebuild(std::nullopt));
  CleanseContext context{*store_, 1};
  CleanseChunks(context, 3);
  Must(layers_->Open({.default_farm = {}, .rules_code = 1'000}));
  CleanseChunks(context, 1);
  EXPECT_EQ(layers_->Query("SELECT kind, in_pass FROM {ops}rejudge_passes ORDER BY kind", 2),
            (std::vector<Cells>{{"0", "1"}, {"3", "1"}}));
  EXPECT_EQ(layers_->Query("SELECT phase FROM {ops}rejudge_place", 1), (std::vector<Cells>{{"1"}}));
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
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  RunAll();
  const auto farm = Must(layers_->Queries().herd->FindFarm("north"));
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
  EXPECT_FALSE(Must(layers_->Queries().herd->FindFarm("north"))->closed_at);
}

TEST_P(LayerStoreContract, AClosingThatIsJudgedBeforeItsFarmKeepsNothingOfWhatIsNewer) {
  const char* berlin = R"({"id":"north","name":"N","time_zone":"Europe/Berlin","litre_max":20})";
  Send(Topic::kFarms, berlin, 1);
  Send(Topic::kFarms, R"({"id":"north","deleted":true})", 0);
  RunAll();
  auto farm = Must(layers_->Queries().herd->FindFarm("north"));
  ASSERT_TRUE(farm);
  EXPECT_EQ(farm->name, "N");
  EXPECT_EQ(farm->rules.time_zone, "Europe/Berlin");
  EXPECT_EQ(farm->rules.bounds.litre_max, 20 * herd::kMillion);
  EXPECT_EQ(farm->closed_at, log_.clock);
  EXPECT_EQ(farm->updated_at, log_.clock);
  EXPECT_EQ(farm->created_at, log_.clock - std::chrono::seconds(1));
  EXPECT_THAT(Different(), IsEmpty());
  Send(Topic::kFarms, R"({"id":"north","deleted":true})", 1);
  Send(Topic::kFarms, R"({"id":"north","name":"open again"})", 0);
  RunAll();
  farm = Must(layers_->Queries().herd->FindFarm("north"));
  EXPECT_EQ(farm->name, "open again");
  EXPECT_FALSE(farm->closed_at) << "the closing is older, and judged later";
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, ToCloseAnUnknownFarmDoesNotMakeIt) {
  Send(Topic::kFarms, R"({"id":"north","deleted":true})");
  SendOf("north", Topic::kCows, kCow);
  SendOf("north", Topic::kSensors, kSensor);
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", kAt, "12"));
  RunAll();
  EXPECT_FALSE(Must(layers_->Queries().herd->FindFarm("north")));
  EXPECT_THAT(Must(layers_->Queries().herd->ListFarms()), SizeIs(1));
  EXPECT_EQ(Count("{gold}farms"), 1);
  EXPECT_THAT(Quarantined(),
              ElementsAre("cows/0/0 unknown_farm farm open of north/C1 - -",
                          "measurements/0/0 unknown_farm farm open of north/C1 north/S1 -",
                          "sensors/0/0 unknown_farm farm open of - north/S1 -"));
  EXPECT_THAT(Different(), IsEmpty());
  SendFarm("north", R"(,"time_zone":"Europe/Berlin")");
  RunAll();
  EXPECT_THAT(Quarantined(), IsEmpty());
  EXPECT_THAT(Silver(),
              ElementsAre("north/C1 north/S1 2024-04-07T23:00:00Z 12 accepted on 2024-04-08"));
  EXPECT_THAT(Different(), IsEmpty());
}

}  // namespace herdflow::pipeline::testing
