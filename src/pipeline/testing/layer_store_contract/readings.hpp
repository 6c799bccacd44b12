#pragma once

// Silver and the quarantine, of readings whose cow and sensor are known.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, SameReadingTwiceIsOneRow) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12.5");
  RunAll();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12.5");
  EXPECT_EQ(RunAll(), 0) << "nothing changed, so nothing is computed anew";
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12.5 accepted on 2024-04-07"));
  EXPECT_EQ(Count("{bronze}measurements_rows"), 2);
  EXPECT_EQ(Count("{ops}dirty_days"), 0);
}

TEST_P(LayerStoreContract, EveryNotationOfTheSameReadingIsTheSameRow) {
  SendHerd();
  for (const char* at : {"1712466000", "1712466000000", "\"1712466000.0\"",
                         "\"2024-04-07T05:00:00Z\"", "\"2024-04-07 07:00+02:00\""}) {
    Send(Topic::kMeasurements,
         fmt::format(R"({{"sensor_id":"S1","cow_id":"C1","timestamp":{},"value":"5e0"}})", at));
  }
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 5 accepted on 2024-04-07"));
}

TEST_P(LayerStoreContract, TheHigherVersionWinsWhicheverComesFirst) {
  SendHerd();
  // Partition 1 is written first and judged last.
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "11", 1);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", 0);
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "21", 0);
  SendReading("S1", "C2", "2024-04-07T05:00:00Z", "22", 1);
  Load();
  for (const Topic topic : kAllTopics) Judge(topic);
  CleanseAll(1);
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07",
                                    "C2 S1 2024-04-07T05:00:00Z 22 accepted on 2024-04-07"));
}

TEST_P(LayerStoreContract, VersionsRiseWithTheOffsetEvenWhereTheBrokersClockStepsBack) {
  SendHerd();
  log_.Put(kReadings, log_.clock, "key", Reading("S1", "C1", "2024-04-07T05:00:00Z", "1"));
  log_.Put(kReadings, log_.clock - std::chrono::hours(1), "key",
           Reading("S1", "C1", "2024-04-07T05:00:00Z", "2"));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 2 accepted on 2024-04-07"));
}

TEST_P(LayerStoreContract, AClockThatWasAheadOnceJudgesNothingButWhatItReceived) {
  SendHerd();
  const Instant ahead = log_.clock + std::chrono::years(10);
  log_.Put(kReadings, ahead, "key", Reading("S1", "C1", "2024-04-07T05:00:00Z", "1"));
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "2");
  SendReading("S1", "C2", FormatInstant(log_.clock + std::chrono::years(1)), "3");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 2 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre(HasSubstr("in_future")));
  EXPECT_GT(ClaimReadings(*store_).last_version, ToMicros(ahead));
}

TEST_P(LayerStoreContract, AnInvalidCorrectionReplacesNothingUntilAValidOneSupersedesIt) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "-1");
  RunAll();
  const std::string reading = " of C1 S1 2024-04-07T05:00:00Z";
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/1 negative value open" + reading));
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "13");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 13 accepted on 2024-04-07"));
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/1 negative value superseded" + reading));
}

TEST_P(LayerStoreContract, AnInvalidReadingThatWasOvertakenBeforeItWasJudgedIsSuperseded) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1000", 1);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", 0);
  Load();
  for (const Topic topic : kAllTopics) Judge(topic);
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/1/0 implausible value superseded of C1 S1 "
                                         "2024-04-07T05:00:00Z"));
}

TEST_P(LayerStoreContract, ADeletionTakesAReadingBackAndALaterReadingBringsItBack) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-07T17:00:00Z", "-7");
  RunAll();
  EXPECT_THAT(Daily(), SizeIs(1));
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 0 deleted on 2024-04-07"));
  EXPECT_THAT(Daily(), IsEmpty());
  EXPECT_THAT(CowDayLines(*layers_), IsEmpty());
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "13");
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 13 accepted on 2024-04-07"));
  EXPECT_THAT(Daily(), SizeIs(1));
}

TEST_P(LayerStoreContract, ADeletionOfAReadingNeverSeenKeepsAnOlderOneOut) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", 1);
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  Load();
  for (const Topic topic : {Topic::kCows, Topic::kSensors}) Judge(topic);
  CleanseAll(1);
  DeriveAll();
  EXPECT_THAT(Daily(), IsEmpty()) << "the deletion came first: no aggregate ever saw the reading";
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 0 deleted on 2024-04-07"));
}

TEST_P(LayerStoreContract, ADeletionSupersedesWhatWasRefused) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "null");
  RunAll();
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("measurements/0/0 missing value superseded of C1 S1 "
                                         "2024-04-07T05:00:00Z"));
}

TEST_P(LayerStoreContract, QuarantineKeepsTheMessageAsText) {
  SendHerd();
  const std::string canonical = Reading("S1", "C1", "2024-04-07T05:00:00Z", "-1.50");
  log_.Put(kReadings, log_.clock, "S1_C1", canonical);
  log_.Put(kReadings, log_.clock, "key", "{\"a\":\"\xC3\x28\"}");
  log_.Put(kReadings, log_.clock, "key", R"({"sensor_id": "S1", "value": 1})");
  RunAll();
  EXPECT_EQ(layers_->Query("SELECT code, original FROM {silver}quarantine_rows"
                           " ORDER BY topic_offset",
                           2),
            (std::vector<Cells>{{"negative", canonical},
                                {"bad_utf8", "{\"a\":\"\xEF\xBF\xBD(\"}"},
                                {"missing", R"({"sensor_id": "S1", "value": 1})"}}));
}

TEST_P(LayerStoreContract, TheReasonNamesWhatWasExpected) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "61");
  RunAll();
  const auto rows = layers_->Query("SELECT reason FROM {silver}quarantine_rows", 1);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0][0], HasSubstr("0 to 60 L"));
}

TEST_P(LayerStoreContract, ARowTellsItsMessageAndTheTimesOfReceipt) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  const Instant first = log_.clock;
  RunAll();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "13");
  RunAll();
  EXPECT_EQ(layers_->Query("SELECT topic_partition, topic_offset, version, created_at, updated_at"
                           " FROM {silver}measurements_rows",
                           5),
            (std::vector<Cells>{{"0", "1", std::to_string(ToMicros(log_.clock)),
                                 std::to_string(ToMicros(first)),
                                 std::to_string(ToMicros(log_.clock))}}));
}

TEST_P(LayerStoreContract, LargeMessagesAreJudgedInSmallerTransactions) {
  const std::string large(1 << 20, '{');
  for (int i = 0; i < 20; ++i) {
    Send(Topic::kMeasurements, large);
    Send(Topic::kCows, large);
  }
  Load();
  std::vector<std::int64_t> done;
  const auto note = [&](std::string_view, std::int64_t rows) { done.push_back(rows); };
  CleanseContext context{*store_};
  Must(Cleanse(context, Never, note));
  EXPECT_THAT(done, ElementsAre(16, 20));
  done.clear();
  Must(JudgeCows(*store_, Never, note));
  EXPECT_THAT(done, ElementsAre(16, 20));
  Must(store_->RequestRebuild(std::nullopt));
  done.clear();
  Must(Cleanse(context, Never, note));
  EXPECT_GE(done.size(), 4U);
  EXPECT_EQ(Count("{silver}quarantine_rows"), 40);
}

}  // namespace herdflow::pipeline::testing
