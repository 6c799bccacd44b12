#pragma once

// By what those who answer know that an answer is still so.

#include "../revision_lines.hpp"
#include "fixture.hpp"

namespace herdflow::pipeline::testing {

class LayerStoreRevisions : public LayerStoreContract {
 protected:
  void SetUp() override {
    LayerStoreContract::SetUp();
    if (layers_ != nullptr) queries_ = layers_->Queries();
  }
  FarmRevisions Revisions(std::string_view farm = "default") {
    return Must(queries_.herd->ReadRevisions(farm, {})).value_or(FarmRevisions{});
  }
  std::string Report(std::string_view day, std::string_view farm = "default") {
    return KnownReport(queries_, farm, *ParseDate(day)).state;
  }
  std::string Cow(std::string_view cow, std::string_view farm = "default") {
    return KnownCow(queries_, farm, cow).state;
  }
  std::string Range(std::string_view farm = "default") {
    return TextOf(Must(queries_.report->ReadDataRange(farm)));
  }

  StoreQueries queries_;
};

TEST_P(LayerStoreRevisions, WhatComesThisMonthLeavesLastYearsReportsAlone) {
  SendHerd();
  SendReading("S1", "C1", "2023-04-08T12:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-08T12:00:00Z", "13");
  RunAll();
  const std::string past = Report("2023-04-10");
  const std::string at_month_end = Report("2024-03-31");
  const std::string today = Report("2024-04-08");
  const std::string next_month = Report("2024-05-01");
  SendReading("S2", "C2", "2024-04-08T13:00:00Z", "14");
  SendReading("S1", "C1", "2024-04-08T12:00:00Z", "15");
  RunAll();
  EXPECT_EQ(Report("2023-04-10"), past);
  EXPECT_EQ(Report("2024-03-31"), at_month_end);
  EXPECT_NE(Report("2024-04-08"), today);
  EXPECT_NE(Report("2024-05-01"), next_month);  // April is in its thirty days.
}

TEST_P(LayerStoreRevisions, AFarmsChangesLeaveTheOthersAlone) {
  for (const char* farm : {"north", "south"}) {
    SendFarm(farm);
    SendOf(farm, Topic::kCows, R"({"id":"C1","name":"Alma"})");
    SendOf(farm, Topic::kSensors, R"({"id":"S1","unit":"L"})");
    SendOf(farm, Topic::kMeasurements, Reading("S1", "C1", "2024-04-07T05:00:00Z", "12"));
  }
  RunAll();
  const std::string report = Report("2024-04-07", "south");
  const std::string cow = Cow("C1", "south");
  const auto farms = Must(queries_.herd->ReadRevisionOfFarms());
  SendOf("north", Topic::kMeasurements, Reading("S1", "C1", "2024-04-07T06:00:00Z", "13"));
  SendOf("north", Topic::kCows, R"({"id":"C1","name":"Berta"})");
  RunAll();
  EXPECT_EQ(Must(queries_.herd->ReadRevisionOfFarms()), farms);
  SendFarm("north", R"(,"time_zone":"Europe/Berlin")");
  RunAll();
  EXPECT_GT(Must(queries_.herd->ReadRevisionOfFarms()), farms);
  EXPECT_EQ(Report("2024-04-07", "south"), report);
  EXPECT_EQ(Cow("C1", "south"), cow);
  EXPECT_FALSE(Must(queries_.herd->ReadRevisions("nobody", {})));
}

TEST_P(LayerStoreRevisions, EachChangeRaisesWhatShowsIt) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("S2", "C1", "2024-04-07T06:00:00Z", "13");
  RunAll();
  const auto raises = [&](std::string_view what, const auto& act, bool book, bool days) {
    SCOPED_TRACE(what);
    const FarmRevisions before = Revisions();
    const std::string report = Report("2024-04-07");
    act();
    EXPECT_EQ(Revisions().herd_book > before.herd_book, book);
    EXPECT_EQ(Revisions().newest_days > before.newest_days, days);
    EXPECT_EQ(Report("2024-04-07") != report, book || days);
  };
  const auto run = [this] { RunAll(); };
  raises("nothing", run, false, false);
  SendCow("C1", "Alma");
  raises("a cow's name", run, true, false);
  Send(Topic::kCows, R"({"id":"C2","deleted":true})");
  raises("a cow that is retired", run, true, false);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "14");
  raises("a correction", run, false, true);
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  raises("a deletion", run, false, true);
  SendFarm("default", R"(,"time_zone":"America/Los_Angeles")");
  raises("a farm's zone", run, true, true);
  SendSensor("S2", "kg");
  raises("a sensor's unit", run, true, true);
  SendReading("S1", "unknown", "2024-04-07T05:00:00Z", "14");
  raises("a reading that waits", run, false, false);
  raises(
      "a rebuild",
      [&] {
        Must(store_->RequestRebuild(std::nullopt));
        RunAll();
      },
      true, false);  // Nothing of it is otherwise.
}

TEST_P(LayerStoreRevisions, ReadingsAloneMayChangeACowAndRaiseWhatShowsIt) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "10");
  SendReading("S2", "C1", "2024-04-07T06:00:00Z", "20");
  RunAll();
  const Known before = KnownCow(queries_, "default", "C1");
  SendReading("S1", "C1", "2024-04-07T07:00:00Z", "11");
  Judge(Topic::kMeasurements);  // S1 has the newest reading now; the aggregates come later.
  const Known after = KnownCow(queries_, "default", "C1");
  EXPECT_NE(after.text, before.text);
  EXPECT_NE(after.state, before.state);
}

TEST_P(LayerStoreRevisions, RiseAtTheCommitAndNotWithoutIt) {
  SendHerd();
  RunAll();
  const FarmRevisions before = Revisions();
  for (const bool commits : {false, true}) {
    const auto tx = Must(store_->BeginHerdBook());
    GoldCow cow;
    cow.cow = Must(tx->RefOfCow(kDefaultFarmRef, "C1"));
    cow.name = "Alma";
    cow.lineage = {ToMicros(log_.clock) + 1'000'000, StreamRef{}, 0, 0};
    cow.created_at = cow.updated_at = log_.clock;
    Must(tx->Merge(cow));
    EXPECT_EQ(Revisions().herd_book, before.herd_book);
    if (commits) Must(tx->Commit());
  }
  EXPECT_GT(Revisions().herd_book, before.herd_book);
  const auto other = layers_->Queries();  // As another process would see it.
  EXPECT_EQ(Must(other.herd->ReadRevisions("default", {}))->herd_book, Revisions().herd_book);
}

TEST_P(LayerStoreRevisions, TheDataRangeGrowsAndShrinksWithTheReadings) {
  SendHerd();
  EXPECT_EQ(Range(), "-");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  EXPECT_EQ(Range(), "2024-04-07 to 2024-04-07");
  SendReading("S1", "C2", "2024-04-09T05:00:00Z", "12");
  SendReading("S2", "C1", "2024-04-05T05:00:00Z", "12");
  SendReading("S2", "C2", "2024-04-05T05:00:00Z", "12");
  RunAll();
  EXPECT_EQ(Range(), "2024-04-05 to 2024-04-09");
  Send(Topic::kMeasurements, Deletion("S2", "C1", "2024-04-05T05:00:00Z"));
  RunAll();
  EXPECT_EQ(Range(), "2024-04-05 to 2024-04-09");
  Send(Topic::kMeasurements, Deletion("S2", "C2", "2024-04-05T05:00:00Z"));
  Send(Topic::kMeasurements, Deletion("S1", "C2", "2024-04-09T05:00:00Z"));
  SendReading("S1", "C2", "2024-04-08T05:00:00Z", "12");
  RunAll();
  EXPECT_EQ(Range(), "2024-04-07 to 2024-04-08");
  SendReading("S1", "C2", "2024-04-08T05:00:00Z", "-12");  // Refused: what was there stays.
  RunAll();
  EXPECT_EQ(Range(), "2024-04-07 to 2024-04-08");
  Send(Topic::kMeasurements, Deletion("S1", "C1", "2024-04-07T05:00:00Z"));
  Send(Topic::kMeasurements, Deletion("S1", "C2", "2024-04-08T05:00:00Z"));
  RunAll();
  EXPECT_EQ(Range(), "-");
}

}  // namespace herdflow::pipeline::testing
