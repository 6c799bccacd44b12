#include "herdflow/api/backend.hpp"

#include "api_fixture.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

constexpr FarmDay kToday{19822};  // 2024-04-09

class BackendTest : public testing::Test {
 protected:
  Port Start() {
    return Port(BackendRoutes({queries_,
                               queries_,
                               queries_,
                               [this](const intake::NewCow& cow) { return Create(cow); },
                               [](const herd::FarmFields&) { return pipeline::FarmView(); },
                               [](std::string_view) { return kToday; },
                               herd::HealthRule{},
                               ledger_,
                               orchestration::Definitions({}),
                               {}}),
                BackendDocument());
  }

  Result<pipeline::CowView> Create(const intake::NewCow& cow) {
    if (failure_) return Fail(*failure_);
    asked_ = cow;
    return pipeline::CowView{.id = "new-1",
                             .name = cow.name + " #1",
                             .birthdate = cow.birthdate,
                             .created_at = FromMicros(1'712'466'000'250'000),
                             .retired_at = {},
                             .latest_sensor_data = {}};
  }

  static pipeline::CowView Bella() {
    return {.id = "c-1",
            .name = "Bella #1",
            .birthdate = FarmDay{18000},
            .created_at = FromMicros(1'594'425'600'000'000),
            .retired_at = {},
            .latest_sensor_data = pipeline::LatestSensorData{.sensor_id = "s-1",
                                                             .date = FarmDay{19820},
                                                             .average_value = 2.5,
                                                             .min_value = 2,
                                                             .max_value = 3,
                                                             .records_count = 4}};
  }

  FakeQueries queries_;
  FakeLedger ledger_;
  std::optional<Error> failure_;
  intake::NewCow asked_;
};

TEST_F(BackendTest, ShowsACowWithItsNewestDay) {
  queries_.cows[{"default", "c-1"}] = Bella();
  const Port port = Start();
  const auto* expected =
      R"({"id":"c-1","name":"Bella #1","birthdate":"2019-04-14",)"
      R"("created_at":"2020-07-11T00:00:00Z","latest_sensor_data":{"sensor_id":"s-1",)"
      R"("cow_id":"c-1","date":"2024-04-07","average_value":2.5,"min_value":2,"max_value":3,)"
      R"("records_count":4}})";
  EXPECT_EQ(port.Get("/cows/c-1").body, expected);
  EXPECT_EQ(port.Get("/cows/c-1/").body, expected);
}

TEST_F(BackendTest, ShowsACowOfWhichLittleIsKnown) {
  auto& cow = queries_.cows[{"default", "é/ü"}] = Bella();
  cow.birthdate.reset();
  cow.latest_sensor_data.reset();
  cow.retired_at = cow.created_at;
  const auto answer = Start().Get("/cows/%C3%A9%2F%c3%bc");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find(R"("birthdate":null)"), std::string::npos);
  EXPECT_NE(answer.body.find(R"("retired_at":"2020-07-11T00:00:00Z")"), std::string::npos);
  EXPECT_NE(answer.body.find(R"("latest_sensor_data":null)"), std::string::npos);
}

TEST_F(BackendTest, AnUnknownCowIsA404AndAMalformedIdA422) {
  const Port port = Start();
  EXPECT_EQ(port.Get("/cows/nobody").status, 404);
  EXPECT_EQ(Complaints(port.Get("/cows/%FF")), "path.cow_id bad_utf8");
  EXPECT_EQ(Complaints(port.Get("/cows/a%0Ab")), "path.cow_id bad_characters");
  EXPECT_EQ(Complaints(port.Get("/cows/%20a")), "path.cow_id bad_characters");
  EXPECT_EQ(Complaints(port.Get("/cows/" + std::string(256, 'a'))), "path.cow_id too_long");
  EXPECT_EQ(port.Get("/cows/%zz").status, 400);
}

TEST_F(BackendTest, MakesACow) {
  const Port port = Start();
  const auto answer = port.Post("/cows/", R"({"name":" Bella ","birthdate":"2022-03-14"})",
                                "Idempotency-Key: key-1\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body,
            R"({"id":"new-1","name":"Bella #1","birthdate":"2022-03-14",)"
            R"("created_at":"2024-04-07T05:00:00.250000Z","latest_sensor_data":null})");
  EXPECT_EQ(asked_.name, "Bella");
  EXPECT_EQ(asked_.idempotency_key, "key-1");
  EXPECT_EQ(port.Post("/cows", R"({"name":"Bella"})").status, 200);
  EXPECT_FALSE(asked_.birthdate);
  EXPECT_EQ(asked_.idempotency_key, "");
}

TEST_F(BackendTest, RefusesACowWithEveryOffendingField) {
  const Port port = Start();
  EXPECT_EQ(Complaints(port.Post("/cows/", "{}")), "body.name missing");
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"","birthdate":"soon"})")),
            "body.name missing, body.birthdate bad_date");
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B","birthdate":"1979-12-31"})")),
            "body.birthdate out_of_range");
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"birthdate":null,"deleted":true})")),
            "body.name missing");
  const std::string long_key = "Idempotency-Key: " + std::string(256, 'k') + "\r\n";
  for (const auto& header : {long_key, std::string("Idempotency-Key: a b\r\n")}) {
    EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B"})", header)),
              "header.Idempotency-Key bad_characters");
  }
  for (const auto* header :
       {"Idempotency-Key:\r\n", "Idempotency-Key: \r\nidempotency-key: k\r\n"}) {
    EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B"})", header)),
              "header.Idempotency-Key missing");
  }
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B"})",
                                 "Idempotency-Key: k\r\nIdempotency-Key: k\r\n")),
            "header.Idempotency-Key bad_characters");
  EXPECT_EQ(port.Post("/cows/", "[]").status, 400);
  EXPECT_EQ(port.Post("/cows/", "{}", "Content-Type: a/b; charset=latin1\r\n").status, 415);
}

TEST_F(BackendTest, WhatTheHerdBookRefusesHasItsStatus) {
  const Port port = Start();
  const std::pair<ErrorCode, int> expected[] = {{ErrorCode::kUnavailable, 503},
                                                {ErrorCode::kNotFound, 503},
                                                {ErrorCode::kTimeout, 504},
                                                {ErrorCode::kConflict, 409},
                                                {ErrorCode::kInternal, 500}};
  for (const auto& [code, status] : expected) {
    failure_ = Error(code, "why");
    EXPECT_EQ(port.Post("/cows/", R"({"name":"B"})").status, status) << Name(code);
  }
}

TEST_F(BackendTest, ReportsADay) {
  const FarmDay day{19820};  // 2024-04-07
  queries_.reports["default"].data = herd::DataRange{FarmDay{19000}, FarmDay{19821}};
  herd::CowDay metrics;
  metrics.milk_count = 2;
  metrics.milk_sum_millionths = 4'500'000;
  metrics.weight_count = 2;
  metrics.weight_sum_millionths = 1'100'500'000;
  metrics.last_weight_millionths = 550'000'000;
  metrics.last_weight_at = FromMicros(1'712'466'000'000'000);
  queries_.reports["default"].cows.push_back({"c-1", "Bella #1", {{day, metrics}}});
  const Port port = Start();
  const auto answer = port.Get("/generate-report/2024-04-07");
  EXPECT_TRUE(answer.body.starts_with(
      R"({"report_date":"2024-04-07","milk_production":[{"cow_id":"c-1","cow_name":"Bella #1",)"
      R"("milk_produced":4.5}],"cow_weights":[{"cow_id":"c-1","cow_name":"Bella #1",)"
      R"("current_weight":550,"avg_weight_last_30_days":550.25}],)"
      R"("ill_cows":[{"cow_id":"c-1","cow_name":"Bella #1","reason":")"))
      << answer.body;
  EXPECT_TRUE(answer.body.ends_with(
      R"("}],"data_from":"2022-01-08","data_to":"2024-04-08","so_far":false})"))
      << answer.body;
}

TEST_F(BackendTest, TodayIsSoFarAndAnEmptyHerdHasAReport) {
  const Port port = Start();
  EXPECT_EQ(port.Get("/generate-report/2024-04-09/").body,
            R"({"report_date":"2024-04-09","milk_production":[],"cow_weights":[],"ill_cows":[],)"
            R"("data_from":null,"data_to":null,"so_far":true})");
}

TEST_F(BackendTest, BadAndFutureDatesAre400) {
  const Port port = Start();
  EXPECT_EQ(Complaints(port.Get("/generate-report/2024-04-10")), "path.report_date in_future");
  for (const auto* date : {"2024-4-7", "2024-02-30", "today", "2024-04-07T00:00:00Z", "%FF", "0"}) {
    const auto answer = port.Get(std::string("/generate-report/") + date);
    EXPECT_EQ(answer.status, 400) << date;
    EXPECT_EQ(Complaints(answer), "path.report_date bad_date") << date;
  }
}

TEST_F(BackendTest, AStoreThatIsAwaySaysNothingOfItself) {
  queries_.failure = Error(ErrorCode::kUnavailable, "SELECT FROM gold_cows: store.db is locked");
  const Port port = Start();
  for (const auto* path : {"/cows/c-1", "/generate-report/2024-04-07"}) {
    const auto answer = port.Get(path);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body.find("store.db"), std::string::npos);
  }
}

TEST_F(BackendTest, IsReadyWhileTheStoreAnswers) {
  EXPECT_EQ(Start().Get("/readyz").body, R"({"status":"ready"})");
  queries_.failure = Error(ErrorCode::kUnavailable, "reading: the server at /run/db is away");
  const auto answer = Start().Get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("The store does not answer."), std::string::npos);
  EXPECT_EQ(answer.body.find("/run/db"), std::string::npos);
}

}  // namespace
}  // namespace herdflow::api
