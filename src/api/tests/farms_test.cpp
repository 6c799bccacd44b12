// The same ids on two farms, and farms that there are not, by every route.

#include <fmt/format.h>

#include "api_fixture.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/api/producer.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

using intake::FarmState;

constexpr const char* kReading =
    R"({"sensor_id":"s","cow_id":"c","timestamp":1594425600,"value":1})";

std::string TypeOf(const http_testing::Answer& answer) {
  const auto body = boost::json::parse(answer.body);
  constexpr std::string_view kPrefix = "urn:herdflow:problem:";
  return std::string(body.at("type").as_string()).substr(kPrefix.size());
}

class FarmEventsTest : public testing::Test {
 protected:
  static std::string Named(std::string_view farm) {
    return fmt::format(R"({{"farm":"{}",{})", farm, std::string_view(kReading).substr(1));
  }

  FakeWriter writer_;
  FakeTopics topics_;
  FakeFarms farms_;
  Port port_{ProducerRoutes({writer_, topics_, farms_}), ProducerDocument()};
};

TEST_F(FarmEventsTest, AnEventNamesItsFarm) {
  for (const bool remembers : {true, false}) {
    farms_.remembers = remembers;
    EXPECT_EQ(port_.Post("/measurement", Named("hill")).status, 200);
    EXPECT_EQ(writer_.appended().back().key, "hill/s_c");
    EXPECT_EQ(writer_.appended().back().value, Named("hill"));
    const auto unknown = port_.Post("/ingrid/measurement", Named("nowhere"));
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(TypeOf(unknown), "unknown-farm");
    EXPECT_FALSE(unknown.Header("x-request-id").empty());
    const auto closed = port_.Post("/cow", R"({"id":"c","name":"C","farm":"old"})");
    EXPECT_EQ(closed.status, 409);
    EXPECT_EQ(TypeOf(closed), "farm-closed");
  }
  EXPECT_EQ(Complaints(port_.Post("/sensor", R"({"id":"s","unit":"L","farm":"No"})")),
            "body.farm bad_characters");
  EXPECT_EQ(writer_.appended().size(), 2U);
}

TEST_F(FarmEventsTest, WhereNobodyKnowsTheFarmsDefaultGoesOn) {
  farms_.failure = Error(ErrorCode::kUnavailable, "store.db is locked");
  const auto answer = port_.Post("/measurement", Named("hill"));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body.find("store.db"), std::string::npos);
  EXPECT_EQ(port_.Post("/api/v1/farms/hill/events/measurements", kReading).status, 503);
  EXPECT_EQ(port_.Post("/api/v1/events/measurements", Named("hill")).status, 503);
  EXPECT_EQ(port_.Post("/measurement", kReading).status, 200);
  EXPECT_EQ(port_.Post("/api/v1/events/measurements", kReading).status, 200);
  EXPECT_EQ(port_.Post("/api/v1/farms/default/events/measurements", kReading).status, 200);
}

TEST_F(FarmEventsTest, ThePathNamesTheFarmOfManyEvents) {
  for (const bool remembers : {true, false}) {
    farms_.remembers = remembers;
    const std::string path = "/api/v1/farms/hill/events/";
    EXPECT_EQ(port_.Post(path + "cows", R"([{"id":"c","name":"C"}])").status, 200);
    EXPECT_EQ(writer_.appended().back().key, "hill/c");
    EXPECT_EQ(writer_.appended().back().value, R"({"farm":"hill","id":"c","name":"C"})");
    EXPECT_EQ(port_.Post(path + "sensors", R"({"id":"s","unit":"L"})").status, 200);
    EXPECT_EQ(writer_.appended().back().key, "hill/s");
    const auto mixed =
        port_.Post(path + "measurements", fmt::format("[{},{}]", kReading, Named("default")));
    EXPECT_EQ(mixed.status, 200);
    const auto body = boost::json::parse(mixed.body);
    EXPECT_EQ(body.at("refusals").at(0).at("code"), "other_farm");
    EXPECT_EQ(body.at("refusals").at(0).at("index"), 1);
    EXPECT_EQ(writer_.appended().back().value, Named("hill"));
    for (const char* none : {"null", R"("")", R"("nan")"}) {
      const std::string sent = fmt::format(R"({{"id":"c","name":"C","farm":{}}})", none);
      EXPECT_EQ(port_.Post(path + "cows", sent).status, 200);
      EXPECT_EQ(writer_.appended().back().key, "hill/c");
      EXPECT_EQ(writer_.appended().back().value, R"({"farm":"hill","id":"c","name":"C"})");
      EXPECT_EQ(port_.Post("/api/v1/farms/default/events/cows", sent).status, 200);
      EXPECT_EQ(writer_.appended().back().value, sent);
    }
  }
}

TEST_F(FarmEventsTest, AFarmOfThePathThatTakesNothingIsTheAnswerWhateverTheBody) {
  for (const bool remembers : {true, false}) {
    farms_.remembers = remembers;
    for (const std::string& body : {std::string(kReading), std::string("["), std::string()}) {
      const auto unknown = port_.Post("/api/v1/farms/nowhere/events/measurements", body);
      EXPECT_EQ(unknown.status, 404);
      EXPECT_EQ(TypeOf(unknown), "unknown-farm");
      const auto closed = port_.Post("/api/v1/farms/old/events/measurements", body);
      EXPECT_EQ(closed.status, 409);
      EXPECT_EQ(TypeOf(closed), "farm-closed");
    }
  }
  for (const auto* id : {"No", "-a", "%FF", "a%2Fb"}) {
    const auto answer =
        port_.Post(fmt::format("/api/v1/farms/{}/events/measurements", id), kReading);
    EXPECT_EQ(answer.status, 422) << id;
    EXPECT_TRUE(Complaints(answer).starts_with("path.farm bad_")) << id;
  }
  EXPECT_TRUE(writer_.appended().empty());
}

TEST_F(FarmEventsTest, FarmsAreEventsToo) {
  const auto answer = port_.Post("/api/v1/events/farms",
                                 R"([{"id":"new","name":"New"},{"id":"No"},{"id":"x","name":7}])");
  EXPECT_EQ(answer.status, 200);
  const auto body = boost::json::parse(answer.body);
  EXPECT_EQ(body.at("topic"), "farms");
  EXPECT_EQ(body.at("accepted"), 2);
  EXPECT_EQ(body.at("refusals").at(0).at("field"), "id");
  EXPECT_EQ(body.at("warnings").at(0).at("field"), "name");
  EXPECT_EQ(writer_.appended().front().key, "new");
  EXPECT_EQ(port_.Unchecked(http_testing::Post("/api/v1/farms/hill/events/farms", "{}")).status,
            404);
}

class FarmsTest : public testing::Test {
 protected:
  FarmsTest() {
    queries_.AddFarm("hill", "Pacific/Auckland");
    queries_.AddFarm("old");
    queries_.farms.back().closed_at = FromMicros(1'712'466'000'000'000);
    queries_.cows[{"hill", "c"}] = Cow("Of the hill");
    queries_.cows[{"default", "c"}] = Cow("Of default");
    queries_.cows[{"old", "c"}] = Cow("Of old");
    queries_.reports["hill"].data = herd::DataRange{FarmDay{100}, FarmDay{200}};
  }
  static pipeline::CowView Cow(std::string name) {
    pipeline::CowView cow;
    cow.id = "c";
    cow.name = std::move(name);
    return cow;
  }
  Port Start() {
    return Port(BackendRoutes({queries_,
                               queries_,
                               queries_,
                               [this](const intake::NewCow& cow) { return Make(cow); },
                               [this](const herd::FarmFields& fields) { return Put(fields); },
                               [](std::string_view zone) {
                                 return zone == "UTC" ? FarmDay{19822} : FarmDay{19823};
                               },
                               herd::HealthRule{},
                               ledger_,
                               orchestration::Definitions({}),
                               {}}),
                BackendDocument());
  }
  Result<pipeline::CowView> Make(const intake::NewCow& cow) {
    if (cow_failure_) return Fail(*cow_failure_);
    asked_ = cow;
    return Cow(cow.name);
  }
  Result<pipeline::FarmView> Put(const herd::FarmFields& fields) {
    if (failure_) return Fail(*failure_);
    put_.clear();
    herd::WriteFarm(fields, put_);
    return queries_.farms[1];
  }

  FakeQueries queries_;
  FakeLedger ledger_;
  intake::NewCow asked_;
  std::string put_;
  std::optional<Error> failure_, cow_failure_;
};

TEST_F(FarmsTest, ACowIsOneOfItsFarm) {
  const Port port = Start();
  EXPECT_NE(port.Get("/cows/c").body.find("Of default"), std::string::npos);
  EXPECT_NE(port.Get("/api/v1/farms/default/cows/c").body.find("Of default"), std::string::npos);
  EXPECT_NE(port.Get("/api/v1/farms/hill/cows/c").body.find("Of the hill"), std::string::npos);
  EXPECT_NE(port.Get("/api/v1/farms/old/cows/c/").body.find("Of old"), std::string::npos);
  EXPECT_EQ(TypeOf(port.Get("/api/v1/farms/hill/cows/d")), "not-found");
  EXPECT_EQ(TypeOf(port.Get("/api/v1/farms/nowhere/cows/c")), "unknown-farm");
  EXPECT_EQ(Complaints(port.Get("/api/v1/farms/No/cows/c")), "path.farm bad_characters");
}

TEST_F(FarmsTest, TodayIsTheFarmsOwn) {
  const Port port = Start();
  EXPECT_EQ(port.Get("/generate-report/2024-04-10").status, 400);
  const auto report = port.Get("/api/v1/farms/hill/generate-report/2024-04-10");
  EXPECT_EQ(report.status, 200);
  EXPECT_NE(report.body.find(R"("data_to":"1970-07-20","so_far":true)"), std::string::npos)
      << report.body;
  EXPECT_EQ(port.Get("/api/v1/farms/old/generate-report/2024-04-09").status, 200);
  EXPECT_EQ(TypeOf(port.Get("/api/v1/farms/nowhere/generate-report/2024-04-09")), "unknown-farm");
}

TEST_F(FarmsTest, ANewCowIsOneOfTheFarmThatThePathNames) {
  const Port port = Start();
  EXPECT_EQ(port.Post("/cows/", R"({"name":"B","farm":"default"})").status, 200);
  EXPECT_EQ(asked_.farm, "default");
  EXPECT_EQ(port.Post("/api/v1/farms/hill/cows/", R"({"name":"B","farm":"hill"})").status, 200);
  EXPECT_EQ(asked_.farm, "hill");
  asked_ = {};
  EXPECT_EQ(port.Post("/api/v1/farms/hill/cows/", R"({"name":"B","farm":null})").status, 200);
  EXPECT_EQ(port.Post("/api/v1/farms/hill/cows/", R"({"name":"B"})").status, 200);
  EXPECT_EQ(asked_.farm, "hill");
  EXPECT_EQ(TypeOf(port.Post("/api/v1/farms/old/cows", R"({"name":"B"})")), "farm-closed");
  EXPECT_EQ(TypeOf(port.Post("/api/v1/farms/nowhere/cows", R"({"name":"B"})")), "unknown-farm");
  EXPECT_EQ(asked_.farm, "hill");
}

TEST_F(FarmsTest, OfAClosedFarmACowIsGivenThatTheSameKeyHasMade) {
  const Port port = Start();
  const std::string path = "/api/v1/farms/old/cows/";
  EXPECT_EQ(port.Post(path, R"({"name":"B"})", "Idempotency-Key: k\r\n").status, 200);
  EXPECT_TRUE(asked_.is_farm_closed);
  cow_failure_ = Error(ErrorCode::kConflict, "closed");
  const auto closed = port.Post(path, R"({"name":"B"})", "Idempotency-Key: k\r\n");
  EXPECT_EQ(TypeOf(closed), "farm-closed");
  EXPECT_NE(closed.body.find("herdflow farm create old"), std::string::npos) << closed.body;
}

TEST_F(FarmsTest, ANewCowWhoseBodyNamesAnotherFarmIsRefused) {
  const Port port = Start();
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B","farm":"hill"})")),
            "body.farm other_farm");
  EXPECT_EQ(Complaints(port.Post("/api/v1/farms/hill/cows/", R"({"name":"","farm":"default"})")),
            "body.farm other_farm, body.name missing");
  EXPECT_EQ(Complaints(port.Post("/cows/", R"({"name":"B","farm":"No"})")),
            "body.farm bad_characters");
  EXPECT_EQ(asked_.name, "");
}

TEST_F(FarmsTest, ShowsFarms) {
  const Port port = Start();
  const auto hill = port.Get("/api/v1/farms/hill");
  EXPECT_EQ(hill.body,
            R"({"id":"hill","name":"A farm","time_zone":"Pacific/Auckland","litre_min":0,)"
            R"("litre_max":60,"kilogram_min":20,"kilogram_max":1500,"milk_density":1.031,)"
            R"("rules_version":"4-0","created_at":null,"updated_at":null,"closed_at":null})");
  const auto all = boost::json::parse(port.Get("/api/v1/farms").body).at("farms").as_array();
  EXPECT_EQ(all.size(), 3U);
  EXPECT_EQ(all.at(1), boost::json::parse(hill.body));
  EXPECT_EQ(all.at(2).at("closed_at"), "2024-04-07T05:00:00Z");
  EXPECT_EQ(TypeOf(port.Get("/api/v1/farms/nowhere")), "unknown-farm");
  EXPECT_EQ(Complaints(port.Get("/api/v1/farms/No")), "path.farm bad_characters");
}

TEST_F(FarmsTest, AFarmIsPutWhole) {
  const Port port = Start();
  EXPECT_EQ(
      port.Put("/api/v1/farms/hill", R"({"name":"Hill","litre_max":80,"closed_at":null})").status,
      200);
  EXPECT_EQ(put_, R"({"id":"hill","name":"Hill","litre_max":80})");
  EXPECT_EQ(port.Put("/api/v1/farms/hill", port.Get("/api/v1/farms/hill").body).status, 200);
  EXPECT_EQ(port.Put("/api/v1/farms/hill/", R"({"deleted":true})").status, 200);
  EXPECT_EQ(put_, R"({"id":"hill","deleted":true})");
  put_.clear();
  EXPECT_EQ(TypeOf(port.Put("/api/v1/farms/new", R"({"deleted":true})")), "unknown-farm");
  EXPECT_EQ(put_, "");
}

TEST_F(FarmsTest, AFarmThatTheRulesRefuseIsRefusedWithEveryOffendingField) {
  const Port port = Start();
  const auto complaints = [&](const char* body) {
    return Complaints(port.Put("/api/v1/farms/hill", body));
  };
  EXPECT_EQ(complaints("{}"), "body.name missing");
  EXPECT_EQ(complaints(R"({"name":"","time_zone":"Mars","milk_density":2})"),
            "body.name missing, body.time_zone bad_time_zone, body.milk_density out_of_range");
  EXPECT_EQ(complaints(R"({"name":"H","litre_min":61})"), "body.litre_min out_of_range");
  EXPECT_EQ(complaints(R"({"name":"H","litre_min":"1","time_zone":7,"deleted":"no"})"),
            "body.deleted bad_type, body.time_zone bad_type, body.litre_min bad_type");
  EXPECT_EQ(complaints(R"({"name":"","time_zone":"Mars","litre_max":"80","milk_density":2})"),
            "body.name missing, body.time_zone bad_time_zone, body.litre_max bad_type, "
            "body.milk_density out_of_range");
  EXPECT_EQ(complaints(R"({"name":"H","time_zone":"None","litre_max":"nan"})"),
            "body.time_zone bad_time_zone, body.litre_max bad_type");
  EXPECT_EQ(complaints(R"({"id":"valley","name":"H"})"), "body.id other_farm");
  EXPECT_EQ(Complaints(port.Put("/api/v1/farms/default", R"({"deleted":true})")),
            "body.deleted out_of_range");
  EXPECT_EQ(Complaints(port.Put("/api/v1/farms/No", R"({"name":"H"})")),
            "path.farm bad_characters");
  EXPECT_EQ(port.Put("/api/v1/farms/hill", "[]").status, 400);
  EXPECT_EQ(put_, "");
}

TEST_F(FarmsTest, WhatKeepsAFarmFromBeingWrittenHasItsStatus) {
  const Port port = Start();
  const std::pair<ErrorCode, int> expected[] = {{ErrorCode::kUnavailable, 503},
                                                {ErrorCode::kNotFound, 503},
                                                {ErrorCode::kTimeout, 504},
                                                {ErrorCode::kInternal, 500}};
  for (const auto& [code, status] : expected) {
    failure_ = Error(code, "why");
    EXPECT_EQ(port.Put("/api/v1/farms/hill", R"({"name":"H"})").status, status) << Name(code);
  }
}

}  // namespace
}  // namespace herdflow::api
