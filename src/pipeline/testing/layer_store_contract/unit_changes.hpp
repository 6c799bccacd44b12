#pragma once

// Sensors that come to measure otherwise, by their unit or their kind: their readings are judged
// again.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, AUnitThatChangesJudgesTheSensorsReadingsAgain) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  RunAll();
  EXPECT_THAT(CowDays(),
              ElementsAre("C1 2024-04-07 milk 0/0 weight 600/1 last 600 at 2024-04-07T05:00:00Z"));
  SendSensor("W1", "L");
  SendReading("W1", "C1", "2024-04-07T06:00:00Z", "9");
  RunAll();
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 9/1 weight 0/0 last - at -"));
  EXPECT_THAT(Silver(), ElementsAre("C1 W1 2024-04-07T06:00:00Z 9 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/0 implausible value open of C1 W1 "
                                         "2024-04-07T05:00:00Z"));
}

TEST_P(LayerStoreContract, AUnitThatChangesBackGivesTheReadingsBack) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  RunAll();
  const Lines before = DumpLayers(*layers_);
  for (const char* unit : {"L", "kg"}) {
    SendSensor("W1", unit);
    RunAll();
  }
  EXPECT_EQ(DumpLayers(*layers_), before);
}

TEST_P(LayerStoreContract, AUnitWrittenOtherwiseJudgesNothingAgain) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  RunAll();
  for (const char* unit : {"KG", "kgm", "Kilograms"}) SendSensor("W1", unit);
  SendSensorOfKind("W1", "kg", "weight");
  Judge(Topic::kSensors);
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
}

TEST_P(LayerStoreContract, GoldShowsAUnitInItsOneSpellingAndTheKind) {
  SendSensor("S1", "Liters");
  SendSensorOfKind("S2", "LBS", " milk ");
  SendSensorOfKind("S3", "°C", "temperature");
  RunAll();
  EXPECT_THAT(SensorLines(*layers_), ElementsAre("S1 L -", "S2 lb milk", "S3 °C temperature"));
  Send(Topic::kSensors, R"({"id":"S2","deleted":true})");
  SendSensorOfKind("S3", "°C", "");
  RunAll();
  EXPECT_THAT(SensorLines(*layers_), ElementsAre("S1 L -", "S2 lb milk", "S3 °C -"));
}

TEST_P(LayerStoreContract, MetricsAreLitresAndKilogramsAndSilverTheSensorsUnit) {
  SendHerd();
  SendSensor("W1", "lb");
  SendSensor("S1", "gal");
  SendSensorOfKind("W2", "kg", "milk");
  SendSensorOfKind("S2", "L", "weight");
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "1322.77");  // 599.9983792649 kg
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "4");        // 15.141647136 L
  SendReading("W2", "C1", "2024-04-07T05:00:00Z", "10.31");    // 10 L
  SendReading("S2", "C1", "2024-04-07T05:00:00Z", "70000");    // No metric has a volume of weight.
  RunAll();
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 25.141647/2 weight 599.998379/1 last "
                                     "599.998379 at 2024-04-07T05:00:00Z"));
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 4 accepted on 2024-04-07",
                                    "C1 S2 2024-04-07T05:00:00Z 70000 accepted on 2024-04-07",
                                    "C1 W1 2024-04-07T05:00:00Z 1322.77 accepted on 2024-04-07",
                                    "C1 W2 2024-04-07T05:00:00Z 10.31 accepted on 2024-04-07"));
}

TEST_P(LayerStoreContract, ASensorThatBecomesOneOfPoundsIsJudgedAgainByKilograms) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "1322.77");
  SendReading("W1", "C1", "2024-04-07T06:00:00Z", "40");
  SendReading("W1", "C1", "2024-04-07T07:00:00Z", "3000");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/2 implausible value open of C1 W1 "
                                         "2024-04-07T07:00:00Z"));
  SendSensor("W1", "Pounds");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/1 implausible value open of C1 W1 "
                                         "2024-04-07T06:00:00Z"));
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 0/0 weight 1960.775489/2 last 1360.77711 "
                                     "at 2024-04-07T07:00:00Z"));
}

TEST_P(LayerStoreContract, AKindThatChangesJudgesTheSensorsReadingsAgainAndBack) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "25");
  SendReading("W1", "C1", "2024-04-07T06:00:00Z", "600");
  RunAll();
  const Lines before = DumpLayers(*layers_);
  SendSensorOfKind("W1", "kg", "milk");
  RunAll();
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 24.248303/1 weight 0/0 last - at -"));
  EXPECT_THAT(Silver(), ElementsAre("C1 W1 2024-04-07T05:00:00Z 25 accepted on 2024-04-07"));
  SendSensorOfKind("W1", "kg", "feed");
  RunAll();
  EXPECT_THAT(CowDays(), IsEmpty());
  EXPECT_THAT(Silver(), SizeIs(2));
  SendSensor("W1", "kg");
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), before);
}

TEST_P(LayerStoreContract, AReadingFallsBackToTheVersionBeforeTheOneThatIsRefusedNow) {
  const std::string at = "2024-04-07T05:00:00Z";
  SendHerd();
  SendReading("W1", "C1", at, "25");
  SendReading("W1", "C1", at, "30");
  SendReading("W1", "C1", at, "600");
  RunAll();
  EXPECT_THAT(Displaced(), ElementsAre("C1 W1 " + at + " of 0/0", "C1 W1 " + at + " of 0/1"));
  SendSensor("W1", "L");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 W1 " + at + " 30 accepted on 2024-04-07"));
  EXPECT_THAT(Displaced(), ElementsAre("C1 W1 " + at + " of 0/0"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/2 implausible value open of C1 W1 " + at));
}

TEST_P(LayerStoreContract, WhatWasRefusedByTheOldUnitIsAcceptedByTheNew) {
  const std::string at = "2024-04-07T05:00:00Z";
  SendHerd();
  SendReading("W1", "C1", at, "30");
  SendReading("W1", "C1", at, "12");  // Superseded by the next.
  SendReading("W1", "C1", at, "40");
  SendReading("W1", "C1", at, "-1");
  RunAll();
  EXPECT_THAT(Quarantined(), SizeIs(2));
  Send(Topic::kMeasurements, Deletion("W1", "C2", at));
  SendReading("W1", "C2", at, "9");
  SendSensor("W1", "L");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 W1 " + at + " 40 accepted on 2024-04-07",
                                    "C2 W1 " + at + " 9 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/3 negative value open of C1 W1 " + at));
  EXPECT_THAT(Displaced(), ElementsAre("C1 W1 " + at + " of 0/0", "C1 W1 " + at + " of 0/1",
                                       "C2 W1 " + at + " of 0/4"));
}

TEST_P(LayerStoreContract, ARetiredSensorKeepsItsUnitAndReadingsFromBeforeAreJudgedAgain) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  Send(Topic::kSensors, R"({"id":"W1","deleted":true})");
  RunAll();
  EXPECT_THAT(Silver(), SizeIs(1));
  SendSensor("W1", "L");
  RunAll();
  EXPECT_THAT(Silver(), IsEmpty());
}

TEST_P(LayerStoreContract, WhatAPersonDismissedStaysDismissedForAsLongAsItIsRefused) {
  SendHerd();
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("W1", "C1", "2024-04-07T06:00:00Z", "-1");
  RunAll();
  layers_->Query("UPDATE {silver}quarantine_rows SET status = 2", 0);
  SendSensor("W1", "L");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/1 negative value dismissed of C1 W1 "
                                         "2024-04-07T06:00:00Z"));
}

TEST_P(LayerStoreContract, NothingIsAggregatedWhileReadingsAreOfTwoUnits) {
  SendHerd();
  for (int hour = 10; hour < 20; ++hour) {
    SendReading("W1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "30");
  }
  RunAll();
  SendSensor("W1", "L");
  SendReading("W1", "C1", "2024-04-08T10:00:00Z", "9");
  Judge(Topic::kSensors);
  const Lines before = CowDays();
  CleanseContext context{*store_, 1};
  CleanseChunks(context, 2);
  EXPECT_EQ(DeriveAll(), 0);
  EXPECT_EQ(CowDays(), before);
  CleanseAll();
  DeriveAll();
  EXPECT_THAT(CowDays(), ElementsAre("C1 2024-04-07 milk 300/10 weight 0/0 last - at -",
                                     "C1 2024-04-08 milk 9/1 weight 0/0 last - at -"));
}

TEST_P(LayerStoreContract, AUnitThatChangesWhileItsReadingsAreJudgedAgainDoesSoOnceMore) {
  SendHerd();
  for (int hour = 10; hour < 20; ++hour) {
    SendReading("W1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "600");
  }
  RunAll();
  const Lines before = DumpLayers(*layers_);
  SendSensor("W1", "L");
  Judge(Topic::kSensors);
  CleanseContext context{*store_, 1};
  CleanseChunks(context, 1);
  EXPECT_THAT(Quarantined(), ::testing::Not(IsEmpty()));
  SendSensor("W1", "kg");
  RunAll();
  EXPECT_EQ(DumpLayers(*layers_), before);
}

}  // namespace herdflow::pipeline::testing
