#pragma once

// Gold's cows and sensors, names, and cows made through the API.

#include "fixture.hpp"
#include "herdflow/intake/create_cow.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreContract, TheNewestVersionOfACowAndASensorWins) {
  SendCow("C1", "Alma", 1);
  SendCow("C1", "Berta", 0);
  SendSensor("S1", "steps", 1);
  SendSensor("S1", "pace", 0);
  RunAll();
  EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 Berta born -"));
  EXPECT_THAT(SensorLines(*layers_), ElementsAre("S1 pace -"));
  SendCow("C1", "Cora", 2);
  RunAll();
  EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 Cora born -"));
}

TEST_P(LayerStoreContract, ARowIsAsOldAsTheFirstMessageWhicheverComesFirst) {
  SendCow("C1", "Alma", 2);
  SendSensor("S1", "L", 2);
  const Instant first = log_.clock - std::chrono::seconds(1);
  SendCow("C1", "Berta", 0);
  SendSensor("S1", "L", 0);
  RunAll();
  EXPECT_EQ(Must(layers_->Queries().herd->FindCow("default", "C1"))->created_at, first);
  EXPECT_EQ(layers_->Query("SELECT created_at, updated_at FROM {gold}sensors_rows", 2),
            (std::vector<Cells>{{std::to_string(ToMicros(first) + 1'000'000),
                                 std::to_string(ToMicros(log_.clock))}}));
}

TEST_P(LayerStoreContract, AnInvalidCowOrSensorIsQuarantinedUntilAValidOneSupersedesIt) {
  Send(Topic::kCows, R"({"id":"C1","birthdate":"2020-01-01"})");
  Send(Topic::kSensors, R"({"id":"S1","unit":"far too long"})");
  Send(Topic::kCows, R"({"name":"Nobody"})");
  RunAll();
  EXPECT_THAT(CowLines(*layers_), IsEmpty());
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/0 missing name open of C1 - -",
                                         "cows/0/1 missing id open of - - -",
                                         "sensors/0/0 too_long unit open of - S1 -"));
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("cows/0/0 missing name superseded of C1 - -",
                                         "cows/0/1 missing id open of - - -",
                                         "sensors/0/0 too_long unit superseded of - S1 -"));
}

TEST_P(LayerStoreContract, AnInvalidCowOrSensorThatWasOvertakenIsSupersededAtOnce) {
  Send(Topic::kCows, R"({"id":"C1"})", 1);
  Send(Topic::kSensors, R"({"id":"S1"})", 1);
  SendCow("C1");
  SendSensor("S1");
  Send(Topic::kCows, R"({"id":"C1"})", 2);
  RunAll();
  EXPECT_THAT(Quarantined(), ElementsAre("cows/1/0 missing name superseded of C1 - -",
                                         "cows/2/0 missing name open of C1 - -",
                                         "sensors/1/0 missing unit superseded of - S1 -"));
}

TEST_P(LayerStoreContract, ARetiredCowKeepsItsNameAndItsHistory) {
  Send(Topic::kCows, R"({"id":"C1","name":"Alma","birthdate":"2020-01-31"})");
  SendSensor("S1");
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  RunAll();
  Send(Topic::kCows, R"({"id":"C1","deleted":true})");
  Send(Topic::kSensors, R"({"id":"S1","deleted":true})");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13");
  RunAll();
  EXPECT_THAT(CowLines(*layers_), ElementsAre("C1 Alma born 2020-01-31"));
  EXPECT_THAT(SensorLines(*layers_), ElementsAre("S1 L -"));
  EXPECT_TRUE(Must(layers_->Queries().herd->FindCow("default", "C1"))->retired_at);
  EXPECT_THAT(Daily(), ElementsAre("daily C1 2024-04-07 S1 count 2 sum 25 min 12 max 13"));
}

TEST_P(LayerStoreContract, AnUncommittedHerdBookLeavesNothing) {
  SendCow("C1");
  Load();
  {
    const auto tx = Must(store_->BeginHerdBook());
    EXPECT_THAT(Must(tx->ReadBronze(Topic::kCows, 10)), SizeIs(1));
    GoldCow cow;
    cow.cow = Must(tx->RefOfCow(kDefaultFarmRef, "C1"));
    cow.name = "Alma";
    Must(tx->Merge(cow));
  }
  EXPECT_EQ(Count("{gold}cows_rows"), 0);
  EXPECT_EQ(Count("{ops}cow_ids"), 0);
  EXPECT_EQ(Must(JudgeCows(*store_, Never, Quiet)), 1);
}

/// Reserves, and gives the name.
inline std::string Reserve(LayerStore& store, std::string name) {
  const CowNameParts parts = SplitCowName(name);
  return Must(store.ReserveCow(
                  {"default", "id", name, std::string(parts.base), parts.number, {}, ""}))
      .name;
}

TEST_P(LayerStoreContract, ABareNameGetsOneMoreThanTheHighestNumberOfItsBase) {
  EXPECT_EQ(Reserve(*store_, "Alma"), "Alma #1");
  EXPECT_EQ(Reserve(*store_, "Alma"), "Alma #2");
  EXPECT_EQ(Reserve(*store_, "Berta"), "Berta #1");
  EXPECT_EQ(Reserve(*store_, "Alma #007"), "Alma #007");
  EXPECT_EQ(Reserve(*store_, "Alma"), "Alma #8") << "gaps stay";
}

TEST_P(LayerStoreContract, NamesOfTheTopicCountToo) {
  SendCow("C1", "Alma #41");
  SendCow("C2", "Alma");
  SendCow("C3", "Berta #9", 1);
  SendCow("C3", "Berta", 0);  // Newer, and judged first.
  RunAll();
  EXPECT_EQ(Reserve(*store_, "Alma"), "Alma #42");
  EXPECT_EQ(Reserve(*store_, "Berta"), "Berta #10");
}

TEST_P(LayerStoreContract, TheSameIdempotencyKeyGivesTheSameCow) {
  const FarmDay birth = *ParseDate("2024-01-01");
  const auto reserve = [&](std::string id, const std::string& base,
                           std::optional<FarmDay> birthdate) {
    return store_->ReserveCow({"default", std::move(id), base, base, {}, birthdate, "key"});
  };
  const CowReservation first = Must(reserve("1", "Alma", birth));
  EXPECT_EQ(first.id, "1");
  const CowReservation again = Must(reserve("2", "Alma", birth));
  EXPECT_EQ(again.id, "1");
  EXPECT_EQ(again.name, "Alma #1");
  EXPECT_EQ(CodeOf(reserve("3", "Berta", birth)), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(reserve("3", "Alma", std::nullopt)), ErrorCode::kConflict);
  EXPECT_EQ(Reserve(*store_, "Alma"), "Alma #2");
}

TEST_P(LayerStoreContract, ACowMadeThroughTheApiIsVisibleAtOnceAndStaysThroughEveryRun) {
  RunAll();
  const auto queries = layers_->Queries();
  log_.clock += std::chrono::seconds(1);
  const CowView made = Must(MakeCow({"default", "Alma", ParseDate("2024-01-01"), "key"}, queries));
  EXPECT_EQ(made.name, "Alma #1");
  EXPECT_EQ(made.created_at, log_.clock);
  RunAll();
  RunAll();
  const auto found = Must(queries.herd->FindCow("default", made.id));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Alma #1");
  EXPECT_EQ(found->created_at, made.created_at);
  EXPECT_EQ(CowLines(*layers_), Lines{made.id + " Alma #1 born 2024-01-01"});
}

TEST_P(LayerStoreContract, ACowMadeTwiceWithOneKeyIsOneCow) {
  const auto queries = layers_->Queries();
  RunAll();
  const intake::NewCow wish{"default", "Alma", std::nullopt, "key"};
  const CowView first = Must(MakeCow(wish, queries));
  RunAll();
  const CowView second = Must(MakeCow(wish, queries));
  RunAll();
  EXPECT_EQ(first.id, second.id);
  EXPECT_EQ(Count("{gold}cows_rows"), 1);
}

TEST_P(LayerStoreContract, ACowThatTheLogRefusedIsNotThere) {
  RunAll();
  log_.refuse_with = Error(ErrorCode::kUnavailable, "the queue is full");
  const auto made = MakeCow({"default", "Alma", std::nullopt, ""}, layers_->Queries());
  EXPECT_EQ(CodeOf(made), ErrorCode::kUnavailable);
  EXPECT_EQ(Count("{gold}cows_rows"), 0);
}

}  // namespace herdflow::pipeline::testing
