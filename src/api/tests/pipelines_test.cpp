#include "pipelines.hpp"

#include <atomic>

#include "api_fixture.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

constexpr const char* kRuns =
    "/api/v1/pipelines/measurement_data_pipeline/tasks/daily_aggregation/runs";

class PipelinesTest : public testing::Test {
 protected:
  Port Start() {
    return Port(BackendRoutes({queries_, queries_, queries_,
                               [](const intake::NewCow&) { return pipeline::CowView(); },
                               [](const herd::FarmFields&) { return pipeline::FarmView(); },
                               [](std::string_view) { return FarmDay(); }, herd::HealthRule{},
                               ledger_, orchestration::Definitions({}), [this] { ++requested_; }}),
                BackendDocument());
  }
  static std::string Key(const std::string& key) { return "Idempotency-Key: " + key + "\r\n"; }

  FakeQueries queries_;
  FakeLedger ledger_;
  std::atomic<int> requested_ = 0;
};

TEST_F(PipelinesTest, ListsEveryPipelineWithItsTasksAndTheirLastRuns) {
  const Port port = Start();
  port.Post(kRuns, "", Key("k"));
  const auto answer = port.Get("/api/v1/pipelines");
  EXPECT_EQ(answer.status, 200);
  const auto body = boost::json::parse(answer.body);
  EXPECT_EQ(body.at("scheduler").as_string(), "herdflow");
  const auto& pipelines = body.at("pipelines").as_array();
  ASSERT_EQ(pipelines.size(), 4U);
  EXPECT_EQ(pipelines[0].at("id").as_string(), "farm_data_pipeline");
  const auto& tasks = pipelines[3].at("tasks").as_array();
  ASSERT_EQ(tasks.size(), 8U);
  EXPECT_EQ(tasks[0].at("id").as_string(), "cleanse_measurements");
  EXPECT_TRUE(tasks[0].at("last_run").is_null());
  EXPECT_EQ(tasks[1].at("after").as_array().front().as_string(), "cleanse_measurements");
  EXPECT_EQ(tasks[1].at("last_run").at("state").as_string(), "queued");
  EXPECT_EQ(tasks[6].at("id").as_string(), "herd_daily_metrics");
  EXPECT_EQ(tasks[6].at("after"), (boost::json::value{"daily_aggregation", "cow_daily_metrics"}));
}

TEST_F(PipelinesTest, ARunIsAskedForOncePerKey) {
  const Port port = Start();
  const auto first = port.Post(kRuns, "", Key("k"));
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(first.Header("location"), "/api/v1/runs/1");
  EXPECT_EQ(requested_, 1);
  const auto again = port.Post(kRuns, "{}", Key("k"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(requested_, 2);  // It waits still: whoever may do it is woken again.
  EXPECT_EQ(
      port.Post("/api/v1/pipelines/cow_data_pipeline/tasks/cleanse_cows/runs", "", Key("k")).status,
      409);
  EXPECT_EQ(port.Post(kRuns, "", Key("other")).status, 202);
}

TEST_F(PipelinesTest, WhatCannotBeRunIsRefused) {
  const Port port = Start();
  EXPECT_EQ(Complaints(port.Post(kRuns, "")), "header.Idempotency-Key missing");
  EXPECT_EQ(Complaints(port.Post(kRuns, "", Key(""))), "header.Idempotency-Key missing");
  EXPECT_EQ(Complaints(port.Post(kRuns, "", Key("k") + Key("l"))),
            "header.Idempotency-Key bad_characters");
  EXPECT_EQ(Complaints(port.Post(kRuns, "", Key("a b"))), "header.Idempotency-Key bad_characters");
  EXPECT_EQ(Complaints(port.Post(kRuns, "", Key(std::string(256, 'k')))),
            "header.Idempotency-Key bad_characters");
  EXPECT_EQ(port.Post("/api/v1/pipelines/x/tasks/daily_aggregation/runs", "", Key("k")).status,
            404);
  EXPECT_EQ(port.Post("/api/v1/pipelines/cow_data_pipeline/tasks/x/runs", "", Key("k")).status,
            404);
  EXPECT_TRUE(ledger_.runs.empty());
}

TEST_F(PipelinesTest, ShowsARunAndItsLogPieceByPiece) {
  pipeline::TaskRun run;
  run.id = pipeline::RunId{1};
  run.pipeline = "cow_data_pipeline";
  run.task = "cleanse_cows";
  run.state = pipeline::RunState::kFailed;
  run.trigger = pipeline::RunTrigger::kApi;
  run.owner = "host:1";
  run.requested_at = FromMicros(1'712'466'000'000'000);
  run.started_at = FromMicros(1'712'466'000'250'000);
  run.heartbeat_at = FromMicros(1'712'466'001'750'000);
  run.attempt = 1;
  run.rows_read = 3;
  run.error = "why";
  ledger_.runs.push_back({run,
                          {{1, {run.requested_at, LogLevel::kInfo, "one"}},
                           {2, {run.requested_at, LogLevel::kError, "two"}}}});
  const Port port = Start();
  EXPECT_EQ(port.Get("/api/v1/runs/1?after=1&limit=5").body,
            R"({"id":"1","pipeline":"cow_data_pipeline","task":"cleanse_cows","state":"failed",)"
            R"("trigger":"api","attempt":1,"requested_at":"2024-04-07T05:00:00Z",)"
            R"("started_at":"2024-04-07T05:00:00.250000Z","finished_at":null,"duration_ms":1500,)"
            R"("rows_read":3,"rows_written":0,"error":"why","owner":"host:1",)"
            R"("log":[{"number":2,"at":"2024-04-07T05:00:00Z","level":"error","text":"two"}],)"
            R"("next_after":2})");
  const auto first = port.Get("/api/v1/runs/1?limit=1");
  EXPECT_NE(first.body.find(R"("next_after":1)"), std::string::npos);
  EXPECT_NE(port.Get("/api/v1/runs/1?after=2").body.find(R"("next_after":2)"), std::string::npos);
  EXPECT_EQ(port.Get("/api/v1/runs/2").status, 404);
  EXPECT_EQ(port.Get("/api/v1/runs/x").status, 404);
  EXPECT_EQ(Complaints(port.Get("/api/v1/runs/1?after=99999999999999999999&limit=-")),
            "query.after out_of_range, query.limit not_a_number");
  EXPECT_EQ(Complaints(port.Get("/api/v1/runs/1?after=x&limit=0")),
            "query.after not_a_number, query.limit out_of_range");
}

TEST_F(PipelinesTest, CancelsWhatIsNotOver) {
  const Port port = Start();
  port.Post(kRuns, "", Key("k"));
  const auto cancelled = port.Post("/api/v1/runs/1/cancel", "");
  EXPECT_EQ(cancelled.status, 202);
  EXPECT_NE(cancelled.body.find(R"("state":"cancelled")"), std::string::npos);
  EXPECT_EQ(port.Post("/api/v1/runs/1/cancel", "").status, 200);
  EXPECT_EQ(port.Post("/api/v1/runs/2/cancel", "").status, 404);
}

TEST_F(PipelinesTest, NotesWhatAnotherSchedulerTells) {
  const Port port = Start();
  const auto noted = port.Post("/api/v1/notifications",
                               R"({"pipeline":"cow_data_pipeline","task":"cleanse_cows",)"
                               R"("event":"retrying","message":"away","url":"http://x/1"})");
  EXPECT_EQ(noted.status, 201);
  port.Post("/api/v1/notifications",
            R"({"pipeline":"cow_data_pipeline","task":null,"event":"failed","message":"m"})");
  const auto body = boost::json::parse(port.Get("/api/v1/pipelines").body);
  const auto& notes = body.at("notifications").as_array();
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_TRUE(notes[0].at("task").is_null());
  EXPECT_EQ(notes[1].at("url").as_string(), "http://x/1");
}

TEST_F(PipelinesTest, RefusesANotificationWithEveryOffendingField) {
  const Port port = Start();
  EXPECT_EQ(Complaints(port.Post("/api/v1/notifications", "{}")),
            "body.pipeline missing, body.event missing, body.message missing");
  EXPECT_EQ(Complaints(port.Post("/api/v1/notifications",
                                 R"({"pipeline":"x","task":1,"event":"over","message":"m"})")),
            "body.task bad_type, body.pipeline out_of_range, body.event out_of_range");
  EXPECT_EQ(port.Post("/api/v1/notifications", "[]").status, 400);
  EXPECT_TRUE(ledger_.notifications.empty());
}

TEST_F(PipelinesTest, ALedgerThatIsAwaySaysNothingOfItself) {
  ledger_.failure = Error(ErrorCode::kUnavailable, "SELECT: store.db is locked");
  const Port port = Start();
  for (const auto& answer :
       {port.Get("/api/v1/pipelines"), port.Get("/api/v1/runs/1"),
        port.Post("/api/v1/runs/1/cancel", ""), port.Post(kRuns, "", Key("k"))}) {
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body.find("store.db"), std::string::npos);
  }
}

}  // namespace
}  // namespace herdflow::api
