#pragma once

// What the API, the report and the command line read.

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, AnEmptyStoreAnswersEveryQuery) {
  const auto queries = layers_->Queries();
  EXPECT_FALSE(Must(queries.herd->FindCow("default", "C1")));
  EXPECT_FALSE(Must(queries.report->ReadDataRange("default")));
  EXPECT_THAT(Must(queries.report->ReadReportData("default", FarmDay{19'000})).cows, IsEmpty());
  EXPECT_THAT(Must(queries.operations->ReadProgress()), IsEmpty());
  EXPECT_THAT(Must(queries.operations->ReadStatus()).partitions, IsEmpty());
}

TEST_P(LayerStoreContract, ACowIsFoundWithTheDailyAggregateOfItsNewestDay) {
  Send(Topic::kCows, R"({"id":"C1","name":"Alma","birthdate":"2020-01-31"})");
  const Instant sent = log_.clock;
  SendHerd();  // Names it anew, and forgets its birthdate.
  SendReading("S2", "C1", "2024-04-06T23:00:00Z", "50");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "10");
  SendReading("W1", "C1", "2024-04-07T05:00:00Z", "600");
  SendReading("S1", "C1", "2024-04-07T17:00:00Z", "20.5");
  RunAll();
  const auto cow = Must(layers_->Queries().herd->FindCow("default", "C1"));
  ASSERT_TRUE(cow);
  EXPECT_EQ(cow->name, "name of C1");
  EXPECT_FALSE(cow->birthdate);
  EXPECT_EQ(cow->created_at, sent);
  ASSERT_TRUE(cow->latest_sensor_data);
  EXPECT_EQ(cow->latest_sensor_data->sensor_id, "S1");
  EXPECT_EQ(FormatDate(cow->latest_sensor_data->date), "2024-04-07");
  EXPECT_EQ(cow->latest_sensor_data->average_value, 15.25);
  EXPECT_EQ(cow->latest_sensor_data->min_value, 10);
  EXPECT_EQ(cow->latest_sensor_data->max_value, 20.5);
  EXPECT_EQ(cow->latest_sensor_data->records_count, 2);
  EXPECT_FALSE(Must(layers_->Queries().herd->FindCow("default", "C2"))->latest_sensor_data);
}

TEST_P(LayerStoreContract, OfSensorsWithEquallyNewReadingsTheSmallestIdIsTheLatest) {
  SendCow("C1");
  for (const char* sensor : {"b", "a", "B"}) {
    SendSensor(sensor);
    SendReading(sensor, "C1", "2024-04-07T05:00:00Z", "10");
  }
  SendReading("a", "C1", "2024-04-07T04:00:00Z", "11");
  RunAll();
  EXPECT_EQ(Must(layers_->Queries().herd->FindCow("default", "C1"))->latest_sensor_data->sensor_id,
            "B");
}

TEST_P(LayerStoreContract, AnIdIsFoundToTheByte) {
  SendCow("C1");
  RunAll();
  const auto queries = layers_->Queries();
  EXPECT_TRUE(Must(queries.herd->FindCow("default", "C1")));
  for (const char* other : {"c1", "C1 ", "C", ""})
    EXPECT_FALSE(Must(queries.herd->FindCow("default", other)));
}

TEST_P(LayerStoreContract, TheReportReadsThirtyDaysOfEveryCowByItsId) {
  for (const char* cow : {"b", "a", "B", "without"}) SendCow(cow, std::string("name of ") + cow);
  SendSensor("S1");
  SendSensor("W1", "kg");
  SendReading("W1", "b", "2024-03-09T23:59:59Z", "500");  // A day too old.
  SendReading("W1", "b", "2024-03-10T00:00:00Z", "501");
  SendReading("S1", "a", "2024-04-08T12:00:00Z", "12");
  SendReading("S1", "a", "2024-04-07T12:00:00Z", "11");
  SendReading("S1", "B", "2024-04-09T00:00:00Z", "13");  // A day too new.
  SendReading("S1", "unknown", "2024-04-08T12:00:00Z", "14");
  RunAll();
  const ReportData report =
      Must(layers_->Queries().report->ReadReportData("default", *ParseDate("2024-04-08")));
  ASSERT_THAT(report.cows, SizeIs(2));
  EXPECT_EQ(report.cows[0].cow_id, "a");
  EXPECT_EQ(report.cows[0].cow_name, "name of a");
  ASSERT_THAT(report.cows[0].days, SizeIs(2));
  EXPECT_EQ(FormatDate(report.cows[0].days[0].day), "2024-04-07");
  EXPECT_EQ(report.cows[0].days[1].metrics.milk_sum_millionths, 12'000'000);
  EXPECT_EQ(report.cows[0].days[1].metrics.milk_count, 1);
  EXPECT_EQ(report.cows[1].cow_id, "b");
  ASSERT_THAT(report.cows[1].days, SizeIs(1));
  EXPECT_EQ(report.cows[1].days[0].metrics.last_weight_millionths, 501'000'000);
  EXPECT_EQ(report.cows[1].days[0].metrics.last_weight_at, ParseInstant("2024-03-10"));
  ASSERT_TRUE(report.data);
  EXPECT_EQ(FormatDate(report.data->first), "2024-03-09");
  EXPECT_EQ(FormatDate(report.data->last), "2024-04-09");
}

TEST_P(LayerStoreContract, TheStatusCountsWhatIsThere) {
  DeriveAll();  // From here on every change is noted.
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "2", 1);
  SendReading("S1", "unknown", "2024-04-07T05:00:00Z", "1");
  Send(Topic::kMeasurements, Deletion("S1", "C2", "2024-04-07T05:00:00Z"));
  SendReading("S1", "C1", "2024-04-07T07:00:00Z", "-1");
  Send(Topic::kMeasurements, "?");
  Send(Topic::kCows, "?");
  for (const Topic topic : kAllTopics) Judge(topic);
  const auto queries = layers_->Queries();
  EXPECT_EQ(Must(queries.operations->ReadStatus()).rejudge_requests, 0);
  EXPECT_EQ(Must(queries.operations->ReadStatus()).dirty_days, 2)
      << "a reading's, and the refused one's";
  DeriveAll();
  const StoreStatus status = Must(queries.operations->ReadStatus());
  EXPECT_EQ(status.dirty_days, 0);
  std::map<std::string, std::int64_t> rows;
  for (const auto& table : status.tables) rows[table.name] = table.rows;
  EXPECT_EQ(rows,
            (std::map<std::string, std::int64_t>{{"bronze_cows", 3},
                                                 {"bronze_sensors", 4},
                                                 {"bronze_measurements", 6},
                                                 {"silver_measurements", 4},
                                                 {"silver_quarantine", 3},
                                                 {"gold_cows", 2},
                                                 {"gold_sensors", 4},
                                                 {"gold_measurements_daily_aggregations", 1},
                                                 {"gold_measurements_weekly_aggregations", 1},
                                                 {"gold_measurements_monthly_aggregations", 1},
                                                 {"gold_measurements_yearly_aggregations", 1},
                                                 {"gold_cow_daily_metrics", 1},
                                                 {"gold_herd_days", 1},
                                                 {"gold_cow_milk_means", 1},
                                                 {"bronze_farms", 0},
                                                 {"gold_farms", 1}}));
  using Counts = std::map<std::string, std::int64_t>;
  EXPECT_EQ(status.silver_by_state, (Counts{{"accepted", 2}, {"pending", 1}, {"deleted", 1}}));
  EXPECT_EQ(status.quarantine_by_code, (Counts{{"negative", 1}, {"bad_json", 2}}));
  ASSERT_THAT(status.partitions, SizeIs(12));
  EXPECT_EQ(status.partitions[6].topic, "measurements");
  EXPECT_EQ(status.partitions[6].bronze_rows, 5);
  for (const auto& partition : status.partitions) EXPECT_EQ(partition.AuditGap(), 0);
}

TEST_P(LayerStoreContract, AnAuditTellsWhichKeptCountsAreWrongAndARebuildMendsThem) {
  SendHerd();
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "-1");
  Send(Topic::kCows, "no JSON");
  RunAll();
  EXPECT_THAT(Miscounted(), IsEmpty());
  layers_->Query("UPDATE {ops}row_counts SET row_count = row_count + 7", 0);
  layers_->Query("UPDATE {ops}consumer_offsets SET bronze_rows = bronze_rows - 1 WHERE part = 0",
                 0);
  const auto wrong = Miscounted();
  for (const char* count :
       {"silver_measurements default accepted: 8, 1", "silver_quarantine default negative: 8, 1",
        "silver_quarantine bad_json: 8, 1", "gold_cows default: 9, 2",
        "gold_sensors default: 11, 4"}) {
    EXPECT_THAT(wrong, ::testing::Contains(count));
  }
  EXPECT_THAT(wrong, ::testing::Contains(HasSubstr("bronze_measurements partition 0 of")));
  Must(store_->RequestRebuild({}));
  EXPECT_THAT(Miscounted(), IsEmpty());
  RunAll();
}

TEST_P(LayerStoreContract, AnAuditGapShows) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "1");
  Load();
  layers_->Query("DELETE FROM {bronze}measurements_rows WHERE topic_offset = 0", 0);
  const auto gap = [](const StoreStatus& status) {
    std::int64_t sum = 0;
    for (const auto& partition : status.partitions) sum += partition.AuditGap();
    return sum;
  };
  const auto queries = layers_->Queries();
  EXPECT_EQ(gap(Must(queries.operations->ReadStatus())), 0) << "as it was loaded";
  EXPECT_EQ(gap(Must(queries.operations->Audit()).status), 1);
  EXPECT_THAT(Miscounted(), ElementsAre(HasSubstr(": 2, 1")));
  Must(store_->RequestRebuild({}));
  EXPECT_EQ(gap(Must(queries.operations->ReadStatus())), 1) << "counted anew";
}

}  // namespace herdflow::pipeline::testing
