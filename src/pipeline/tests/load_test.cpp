// The loader alone, beside a store that writes down what it is told. How it works with a real one
// is in the layer stores' contract.

#include "loader_fixture.hpp"

namespace herdflow::pipeline {
namespace {

TEST_F(LoaderTest, ReadsEveryPartitionFromWhereTheStoreStands) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  store_.places[kReadings].next_offset = 2;
  EXPECT_EQ(*Step(), 0);
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size());
  EXPECT_EQ(reader_.positions().at(kReadings), 2);
  EXPECT_EQ(*Step(), 1);
  EXPECT_THAT(Offsets(), ElementsAre(2));
}

TEST_F(LoaderTest, TheVersionIsTheBrokersTimeButRises) {
  for (const int second : {0, 0, 1, 0, 1, 2}) Put("x", second);
  reader_.max_batch = 4;  // Across batches too.
  LoadAll();
  EXPECT_THAT(VersionSeconds(), ElementsAre(0, 1, 1'000'000, 1'000'001, 1'000'002, 2'000'000));
  EXPECT_EQ(store_.places[kReadings].last_version, store_.rows.back().version);
}

TEST_F(LoaderTest, AFirstMessageOlderThanTheStoresVersionIsStillNewer) {
  store_.places[kReadings].last_version = ToMicros(log_.clock) + 100;
  Put("x");
  LoadAll();
  EXPECT_THAT(VersionSeconds(), ElementsAre(101));
}

TEST_F(LoaderTest, KeepsTheHashOfTheLastMessageAndCountsHoles) {
  Put("a");
  log_.PutHole(kReadings, 3);
  Put("b");
  LoadAll();
  EXPECT_EQ(store_.places[kReadings].next_offset, 5);
  EXPECT_EQ(store_.places[kReadings].holes, 3);
  EXPECT_EQ(store_.places[kReadings].hash, HashOf("S_C", "b"));
}

TEST_F(LoaderTest, AsksOnceMoreForWhatTheReaderSkipped) {
  for (const char* value : {"0", "1", "2", "3"}) Put(value);
  EXPECT_EQ(*Step(), 0);
  MessageBatch skipping = log_.Batch(kReadings, 0, 10);
  skipping.messages.erase(skipping.messages.begin() + 1, skipping.messages.begin() + 3);
  reader_.GiveNext(std::move(skipping));
  EXPECT_EQ(LoadAll(), 4);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(store_.places[kReadings].holes, 0);
}

TEST_F(LoaderTest, WhatIsHiddenIsNoHoleAndIsPassedAtTheEndToo) {
  Put("a");
  log_.PutHidden(kReadings, 2);
  Put("b");
  log_.PutHidden(kReadings, 1);
  EXPECT_EQ(LoadAll(), 2);
  EXPECT_EQ(store_.places[kReadings].next_offset, 5);
  EXPECT_EQ(store_.places[kReadings].last_offset, 3);
  EXPECT_EQ(store_.places[kReadings].hidden, 3);
  EXPECT_EQ(store_.places[kReadings].holes, 0);
  EXPECT_EQ(reader_.reported.at(kReadings), 5);
  log_.PutHidden(kReadings, 4);
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_EQ(store_.places[kReadings].next_offset, 9);
}

TEST_F(LoaderTest, ManyGapsAreAskedForOnceMoreTogether) {
  for (int i = 0; i < 100; ++i) {
    Put("a");
    log_.PutHidden(kReadings, 1);
  }
  int steps = 0;
  for (; store_.places[kReadings].next_offset < 200 && steps < 20; ++steps) ASSERT_TRUE(Step());
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(store_.places[kReadings].hidden, 100);
}

TEST_F(LoaderTest, APartitionThatIsAwayIsTriedAgainAndDoesNotStopTheOthers) {
  log_.away.insert({{Topic::kCows, 0}, Error(ErrorCode::kUnavailable, "no broker leads it")});
  log_.away.insert({{Topic::kSensors, 1}, Error(ErrorCode::kUnavailable, "no broker leads it")});
  Put("a");
  EXPECT_EQ(LoadAll(), 1);
  EXPECT_EQ(loader_.halted().size(), 2u);
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size() - 2);
}

TEST_F(LoaderTest, WhoIsNotTriedYetComesBeforePartitionsThatAreAwayAndDueAgain) {
  for (const std::int32_t number : {0, 1, 2}) {
    log_.away.insert({{Topic::kCows, number}, Error(ErrorCode::kUnavailable, "no broker")});
  }
  for (int asked = 1; asked <= 3; ++asked) {
    ASSERT_TRUE(Step());
    EXPECT_EQ(loader_.halted().size(), static_cast<std::size_t>(asked));
  }
  // As if each had kept it waiting: the first of them is due again.
  std::this_thread::sleep_for(std::chrono::milliseconds(1'100));
  ASSERT_TRUE(Step());
  EXPECT_EQ(reader_.positions().size(), 3 * kAllTopics.size() - 3);
}

TEST_F(LoaderTest, MessagesThatTheStoreRefusesForGoodStopTheirPartitionAlone) {
  const TopicPartition refused{Topic::kMeasurements, 1};
  log_.Put(refused, log_.clock, "S_C", "a");
  store_.refused = refused;
  Put("b");
  EXPECT_EQ(LoadAll(), 1);
  ASSERT_EQ(loader_.halted().size(), 1u);
  EXPECT_EQ(loader_.halted()[0].partition, refused);
  EXPECT_EQ(loader_.halted()[0].error.message(), "it is too large");
  Put("c");
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, TellsTheLogWhatIsInTheStore) {
  for (const char* value : {"0", "1"}) Put(value);
  LoadAll();
  EXPECT_EQ(reader_.reported.at(kReadings), 2);
}

TEST_F(LoaderTest, StaysAMemberOfItsGroupWhileTheStoreIsAway) {
  Put("0");
  store_.claims_to_fail = 1'000;
  EXPECT_FALSE(Step());
  reader_.GiveNext(Revoked{{kReadings}});
  EXPECT_FALSE(Step());
  store_.claims_to_fail = 0;
  EXPECT_EQ(LoadAll(), 0) << "it was revoked meanwhile";
}

TEST_F(LoaderTest, APartitionTrimmedBeyondTheStoreOrShorterThanItIsHalted) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  store_.places[kReadings].next_offset = 1;
  log_.TrimTo(kReadings, 2);
  EXPECT_EQ(LoadAll(), 0);
  ASSERT_EQ(loader_.halted().size(), 1u);
  EXPECT_THAT(loader_.halted()[0].error.message(), ::testing::HasSubstr("deleted before"));
  store_.places[{Topic::kCows, 0}].next_offset = 1;
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  ASSERT_TRUE(loader.Step(kNoWait));
  ASSERT_EQ(loader.halted().size(), 2u);
  EXPECT_THAT(loader.halted()[0].error.message(), ::testing::HasSubstr("the log ends at 0"));
}

TEST_F(LoaderTest, SkipsWhatTheStoreHasAlready) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  LoadAll();
  Put("3");
  reader_.GiveNext(log_.Batch(kReadings, 1, 10));
  EXPECT_EQ(LoadAll(), 1);
  reader_.GiveNext(log_.Batch(kReadings, 0, 2));
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 3));
}

TEST_F(LoaderTest, FencedItClaimsAgainAndGoesOnWhereTheOtherOwnerStood) {
  for (const char* value : {"0", "1", "2"}) Put(value);
  EXPECT_EQ(*Step(), 0);
  store_.places[kReadings].epoch += 1;
  store_.places[kReadings].next_offset = 1;  // The other owner loaded one message.
  EXPECT_EQ(*Step(), 0);
  EXPECT_THAT(Offsets(), IsEmpty());
  EXPECT_EQ(*Step(), 2);
  EXPECT_THAT(Offsets(), ElementsAre(1, 2));
}

TEST_F(LoaderTest, AfterAFailedCommitItAsksTheStoreWhereItStands) {
  for (const char* value : {"0", "1"}) Put(value);
  store_.commits_to_fail = 2;
  EXPECT_EQ(*Step(), 0);
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 2);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1));
}

TEST_F(LoaderTest, ACommitThatHappenedAlthoughItFailedIsNotDoneTwice) {
  for (const char* value : {"0", "1"}) Put(value);
  store_.commits_to_fail = 1;
  store_.failed_commits_happen = true;
  EXPECT_EQ(*Step(), 0);
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0, 1));
}

TEST_F(LoaderTest, AClaimThatFailedIsMadeInALaterStep) {
  Put("0");
  store_.claims_to_fail = 2;
  EXPECT_FALSE(Step());
  EXPECT_FALSE(Step());
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, WorksNoMoreOnWhatWasRevoked) {
  Put("0");
  Put("1");
  reader_.max_batch = 1;
  EXPECT_EQ(*Step(), 0);
  EXPECT_EQ(*Step(), 1);
  reader_.Forget(kReadings);
  reader_.GiveNext(Revoked{{kReadings}});
  reader_.GiveNext(log_.Batch(kReadings, 1, 1));  // Was under way.
  EXPECT_EQ(LoadAll(), 0);
  EXPECT_THAT(Offsets(), ElementsAre(0));
  reader_.GiveNext(Assigned{{log_.Assignment(kReadings)}});
  EXPECT_EQ(LoadAll(), 1);
}

TEST_F(LoaderTest, WritesWhateverTheMessageHolds) {
  const std::string canonical = R"({"sensor_id":"S","cow_id":"C","timestamp":1,"value":2})";
  for (const std::string payload : {"", "\xFF", "{", "[]"}) Put(payload);
  Put(canonical);
  log_.Put(kReadings, log_.clock, "other", canonical, {{"a", "b"}});
  log_.Put({Topic::kCows, 1}, log_.clock, "C", "no cow");
  log_.Put({Topic::kSensors, 2}, log_.clock, "S", R"({"id":"S","unit":"L"})");
  EXPECT_EQ(LoadAll(), 8);
  std::vector<std::string> payloads;
  for (const Written& row : store_.rows) payloads.push_back(row.payload);
  EXPECT_THAT(payloads, ElementsAre("no cow", R"({"id":"S","unit":"L"})", "", "\xFF", "{", "[]",
                                    canonical, canonical));
  EXPECT_TRUE(store_.rows[6].canonical);
  EXPECT_FALSE(store_.rows[7].canonical);
  EXPECT_EQ(store_.rows[7].headers, EncodeHeaders({{"a", "b"}}));
}

TEST_F(LoaderTest, ALogThatWasRestoredAndWentOnIsNotTakenForTheSame) {
  for (const char* value : {"1", "2", "3"}) Put(value);
  EXPECT_EQ(LoadAll(), 3);
  log_.CutFrom(kReadings, 1);
  for (const char* value : {"other 2", "other 3", "4"}) Put(value);
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  ASSERT_TRUE(loader.Step(kNoWait));  // Assigned.
  EXPECT_THAT(loader.checking(), ElementsAre(kReadings));
  log_.Put({Topic::kCows, 1}, log_.clock, "C", "the others go on");
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(loader.Step(kNoWait));
  ASSERT_EQ(loader.halted().size(), 1u);
  EXPECT_EQ(loader.halted()[0].partition, kReadings);
  EXPECT_EQ(loader.halted()[0].error.code(), ErrorCode::kConflict);
  EXPECT_THAT(loader.halted()[0].error.message(), ::testing::HasSubstr("--adopt"));
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2, 0));
}

TEST_F(LoaderTest, TheLastMessageIsComparedAndNotLoadedAgain) {
  for (const char* value : {"1", "2"}) Put(value);
  EXPECT_EQ(LoadAll(), 2);
  Put("3");
  FakeEventReader reader{log_};
  Loader loader({reader, store_, "another process"});
  std::int64_t loaded = 0;
  for (int i = 0; i < 4; ++i) loaded += loader.Step(kNoWait).value();
  EXPECT_EQ(loaded, 1);
  EXPECT_THAT(loader.checking(), IsEmpty());
  EXPECT_THAT(Offsets(), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace herdflow::pipeline
