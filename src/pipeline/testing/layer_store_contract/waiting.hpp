#pragma once

// Readings whose cow or sensor is not known yet.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, AReadingIsPendingUntilItsCowIsKnownToo) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 pending on 2024-04-07"));
  EXPECT_THAT(Waiting(), ElementsAre("C1 S1 2024-04-07T05:00:00Z of 0/0, unit unknown"));
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 pending on 2024-04-07"));
  EXPECT_THAT(Waiting(), ElementsAre("C1 S1 2024-04-07T05:00:00Z of 0/0, unit known"));
  EXPECT_THAT(Daily(), IsEmpty());
  SendCow("C1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Waiting(), IsEmpty());
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 1 sum 12 min 12 max 12"));
}

TEST_P(LayerStoreContract, AReadingIsPendingUntilItsSensorIsKnownToo) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendCow("C1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 pending on 2024-04-07"));
  SendSensor("S1");
  Judge(Topic::kSensors);
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 1);
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_EQ(Must(layers_->Queries().operations->ReadStatus()).rejudge_requests, 0);
}

TEST_P(LayerStoreContract, WhatIsInvalidWithoutAUnitIsRefusedAtOnce) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1000001");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "1000000");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/0 implausible value open of C1 S1 "
                                         "2024-04-07T05:00:00Z"));
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T06:00:00Z 1000000 pending on 2024-04-07"));
}

TEST_P(LayerStoreContract, AllVersionsOfAPendingReadingAreJudgedOnceItIsKnown) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "11");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "61");  // Plausible for other sensors.
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 61 pending on 2024-04-07"));
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/2 implausible value open of C1 S1 "
                                         "2024-04-07T05:00:00Z"));
}

TEST_P(LayerStoreContract, APendingReadingAllOfWhoseVersionsAreRefusedLeavesSilver) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "61");
  RunAll();
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Silver(), IsEmpty());
  EXPECT_THAT(Quarantined(), SizeIs(1));
}

TEST_P(LayerStoreContract, ADeletionOfAPendingReadingStandsOnceItIsKnown) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  RunAll();
  const std::string deleted = "C1 S1 2024-04-07T05:00:00Z 0 deleted on 2024-04-07";
  EXPECT_THAT(Silver(), ElementsAre(deleted));
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre(deleted));
  EXPECT_THAT(Waiting(), IsEmpty());
}

TEST_P(LayerStoreContract, ADeletionSupersedesNothingBeforeCowAndSensorAreKnown) {
  const std::string at = "2024-04-07T05:00:00Z";
  const std::string refused = "measurements/2/0 negative value ";
  SendReading("S1", "C1", at, "-1", 2);
  Send(Topic::kMeasurements, Deletion("S1", "C1", at));
  SendReading("S1", "C1", at, "12", 1);
  Load();
  CleanseAll(1);  // The refused one comes last, when the pending one hides the deletion.
  EXPECT_THAT(Quarantined(), ElementsAre(refused + "open of C1 S1 " + at));
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre(refused + "superseded of C1 S1 " + at));
}

TEST_P(LayerStoreContract, WhatWaitsForOthersGoesOnWaiting) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S2", "C1", "2024-04-07T05:00:00Z", "2");
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "3");
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 1 accepted on 2024-04-07",
                                    "C1 S2 2024-04-07T05:00:00Z 2 pending on 2024-04-07",
                                    "C2 S1 2024-04-07T05:00:00Z 3 pending on 2024-04-07"));
  EXPECT_THAT(Waiting(), ElementsAre("C1 S2 2024-04-07T05:00:00Z of 0/1, unit unknown",
                                     "C2 S1 2024-04-07T05:00:00Z of 0/2, unit known"));
}

TEST_P(LayerStoreContract, ACowThatBecomesKnownLeavesAloneWhatWaitsForItsSensor) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  RunAll();
  SendCow("C1");
  Judge(Topic::kCows);
  EXPECT_EQ(CleanseAll(), 0);
  EXPECT_THAT(Waiting(), ElementsAre("C1 S1 2024-04-07T05:00:00Z of 0/0, unit unknown"));
}

TEST_P(LayerStoreContract, MoreThanAChunkOfWaitingReadingsIsJudgedAgain) {
  for (int hour = 10; hour < 20; ++hour) {
    SendReading("S1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "1");
    SendReading("S1", "C1", fmt::format("2024-04-07T{}:00:00Z", hour), "2");
  }
  RunAll();
  EXPECT_THAT(Waiting(), SizeIs(20));
  SendCow("C1");
  SendSensor("S1");
  for (const Topic topic : {Topic::kCows, Topic::kSensors}) Judge(topic);
  EXPECT_EQ(CleanseAll(3), 20);
  EXPECT_THAT(Waiting(), IsEmpty());
  DeriveAll();
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 10 sum 20 min 2 max 2"));
}

TEST_P(LayerStoreContract, AllVersionsOfAReadingComeTogetherHoweverSmallTheChunk) {
  for (int i = 0; i < 3; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "1");
  RunAll();
  SendCow("C1");
  SendSensor("S1");
  for (const Topic topic : {Topic::kCows, Topic::kSensors}) Judge(topic);
  CleanseContext context{*store_, 1};
  std::vector<std::int64_t> pieces;
  Must(Cleanse(context, Never,
               [&](std::string_view, std::int64_t done) { pieces.push_back(done); }));
  EXPECT_THAT(pieces, ElementsAre(3, 4));
}

TEST_P(LayerStoreContract, WhatIsReadInPiecesIsReadWhole) {
  constexpr int kOfEach = 1'100;
  for (int i = 0; i < kOfEach; ++i) {
    const Instant at = *ParseInstant("2024-04-07") + std::chrono::minutes(i);
    const std::string cow = fmt::format("C{}", i % 600);  // Each is looked up between the rows.
    SendReading("S1", cow, FormatInstant(at), "10");
    SendReading("S2", "C0", FormatInstant(at), "10");
  }
  Load();
  CleanseContext context{*store_};
  EXPECT_EQ(CleanseChunks(context, 1), 2 * kOfEach);
  SendHerd();
  Judge(Topic::kSensors);
  CleanseAll();  // What waited for a sensor waits for its cow now.
  for (int i = 0; i < 600; ++i) SendCow(fmt::format("C{}", i));
  RunAll();
  const auto accepted = [&] {
    return Must(layers_->Queries().operations->ReadStatus()).silver_by_state["accepted"];
  };
  EXPECT_EQ(accepted(), 2 * kOfEach);
  SendSensor("S1", "kg");
  RunAll();  // 10 kg are too few.
  EXPECT_EQ(accepted(), kOfEach);
  EXPECT_THAT(Different(), IsEmpty());
}

}  // namespace herdflow::pipeline::testing
