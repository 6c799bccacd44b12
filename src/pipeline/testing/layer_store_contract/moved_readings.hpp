#pragma once

// Readings that come to be on another day, while something else asks for them to be judged again.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, ARebuildOfTheDayThatAChangedZoneTakesAReadingFromLosesNothing) {
  const auto send = [&](const std::string& farm, Topic topic, const std::string& json) {
    Send(topic, farm.empty() ? json : R"({"farm":")" + farm + R"(",)" + json.substr(1));
  };
  Send(Topic::kFarms, R"({"id":"north","name":"N"})");
  for (const char* farm : {"", "north"}) {
    send(farm, Topic::kCows, R"({"id":"C1","name":"Berta"})");
    send(farm, Topic::kSensors, R"({"id":"S1","unit":"L"})");
    send(farm, Topic::kMeasurements, Reading("S1", "C1", "2024-04-07T23:00:00Z", "12"));
    send(farm, Topic::kMeasurements, Reading("S1", "C1", "2024-04-07T23:00:00Z", "13"));
    send(farm, Topic::kMeasurements, Reading("S1", "C1", "2024-04-07T23:30:00Z", "-1"));
    send(farm, Topic::kMeasurements, Reading("S1", "C2", "2024-04-07T23:00:00Z", "14"));
  }
  RunAll();
  for (const char* farm : {"default", "north"}) {
    Send(Topic::kFarms,
         fmt::format(R"({{"id":"{}","name":"N","time_zone":"Europe/Berlin"}})", farm));
  }
  Judge(Topic::kFarms);
  const FarmDay day = *ParseDate("2024-04-07");
  Must(store_->RequestRebuild(DayRange{day, day}));
  RunAll();
  EXPECT_THAT(Silver(),
              ElementsAre("C1 S1 2024-04-07T23:00:00Z 13 accepted on 2024-04-08",
                          "C2 S1 2024-04-07T23:00:00Z 14 pending on 2024-04-08",
                          "north/C1 north/S1 2024-04-07T23:00:00Z 13 accepted on 2024-04-08",
                          "north/C2 north/S1 2024-04-07T23:00:00Z 14 pending on 2024-04-08"));
  EXPECT_THAT(Quarantined(), SizeIs(2));
  EXPECT_THAT(Displaced(), SizeIs(2));
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, ARebuildOfTheDayThatADamagedRowClaimsLosesNothing) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  layers_->Query("UPDATE {silver}measurements_rows SET farm_day = farm_day - 1", 0);
  const FarmDay day = *ParseDate("2024-04-06");
  Must(store_->RequestRebuild(DayRange{day, day}));
  RunAll();
  EXPECT_THAT(Silver(), ElementsAre("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
  EXPECT_THAT(Different(), IsEmpty());
}

TEST_P(LayerStoreContract, AReadingThatWasLoadedAsDefaultsStaysSoWhateverFarmItNames) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-06T05:00:00Z", "1");
  Send(Topic::kMeasurements,
       R"({"farm":5,)" + Reading("S1", "C1", "2024-04-07T05:00:00Z", "12").substr(1));
  Load();
  // As a store of before there were farms had read it.
  layers_->Query(
      "UPDATE {bronze}measurements_rows SET odd_farm = NULL, odd_sensor_id = NULL,"
      " odd_cow_id = NULL, sensor_id = (SELECT MIN(id) FROM {ops}sensor_ids),"
      " cow_id = (SELECT MIN(id) FROM {ops}cow_ids) WHERE sensor_id IS NULL",
      0);
  RunAll();
  EXPECT_THAT(Silver(),
              ::testing::Contains("C1 S1 2024-04-07T05:00:00Z 12 accepted on 2024-04-07"));
}

}  // namespace herdflow::pipeline::testing
