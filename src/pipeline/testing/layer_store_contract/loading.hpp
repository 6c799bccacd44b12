#pragma once

// Claims, the fence, and bronze.

#include <set>

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

/// The claim when everything before `offset` is loaded.
inline PartitionClaim MovedTo(PartitionClaim claim, std::int64_t offset) {
  claim.next_offset = offset;
  claim.last_offset = offset - 1;
  claim.last_version = 1;
  claim.last_hash.emplace();
  return claim;
}

TEST_P(LayerStoreContract, AClaimRaisesTheEpochAndStandsWhereTheStoreStands) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  const PartitionClaim first = ClaimReadings(*store_);
  EXPECT_EQ(first.next_offset, 0);
  Load();
  const PartitionClaim second = ClaimReadings(*store_);
  EXPECT_GT(second.epoch, first.epoch);
  EXPECT_EQ(second.next_offset, 1);
  EXPECT_EQ(second.last_version, ToMicros(log_.clock));
  EXPECT_EQ(second.stream, first.stream);
  EXPECT_FALSE(first.last_hash);
  const auto& last = log_.Messages(kReadings).back();
  EXPECT_EQ(second.last_hash, HashOf(last.key, last.value));
}

TEST_P(LayerStoreContract, AnOlderOwnerIsFencedAndNothingOfItsTransactionStays) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  const PartitionClaim older = ClaimReadings(*store_, "older");
  const PartitionClaim newer = ClaimReadings(*store_, "newer");
  {
    const auto tx = Must(store_->BeginLoad());
    EXPECT_FALSE(Must(tx->Advance(older, MovedTo(older, 1), {})));
  }
  EXPECT_EQ(Count("{bronze}measurements_rows"), 0);
  const auto tx = Must(store_->BeginLoad());
  EXPECT_TRUE(Must(tx->Advance(newer, MovedTo(newer, 1), {})));
}

TEST_P(LayerStoreContract, AdvancingFromAWrongOffsetIsRefused) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  PartitionClaim claim = ClaimReadings(*store_);
  claim.next_offset = 3;
  const auto tx = Must(store_->BeginLoad());
  EXPECT_FALSE(Must(tx->Advance(claim, MovedTo(claim, 5), {})));
}

TEST_P(LayerStoreContract, APartitionAddedLaterStartsAtTheHighestVersionOfItsTopic) {
  const PartitionClaim first = ClaimReadings(*store_);
  {
    PartitionClaim after = MovedTo(first, 5);
    after.last_version = 1'000;
    const auto tx = Must(store_->BeginLoad());
    ASSERT_TRUE(Must(tx->Advance(first, after, {})));
    Must(tx->Commit());
  }
  const auto last_version = [this](TopicPartition partition) {
    return Must(store_->Claim(log_.Assignment(partition), 0, "test")).last_version;
  };
  EXPECT_EQ(last_version({Topic::kMeasurements, 1}), 1'000);
  EXPECT_EQ(last_version({Topic::kCows, 0}), 0);
}

TEST_P(LayerStoreContract, AnUncommittedLoadLeavesNeitherRowsNorIdsNorOffset) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  PartitionClaim claim = ClaimReadings(*store_);
  BronzeMeasurement row;
  row.fields.sensor_id = {herd::Field::Kind::kText, "S1"};
  row.fields.cow_id = {herd::Field::Kind::kText, "C1"};
  row.farm = herd::kDefaultFarm;
  row.sensor_id_is_good = row.cow_id_is_good = true;
  const auto write = [&] {
    auto tx = Must(store_->BeginLoad());
    EXPECT_TRUE(Must(tx->Advance(claim, MovedTo(claim, 1), {})));
    Must(tx->Insert(claim, row));
    return tx;
  };
  write();  // Rolled back.
  EXPECT_EQ(Count("{bronze}measurements_rows"), 0);
  EXPECT_EQ(Count("{ops}sensor_ids"), 0);
  EXPECT_EQ(ClaimReadings(*store_).next_offset, 0);
  claim = ClaimReadings(*store_);
  Must(write()->Commit());  // The ids that were taken back are given again.
  EXPECT_EQ(layers_->Query("SELECT s.text_id, c.text_id FROM {bronze}measurements_rows r"
                           " JOIN {ops}sensor_ids s ON s.id = r.sensor_id"
                           " JOIN {ops}cow_ids c ON c.id = r.cow_id",
                           2),
            (std::vector<Cells>{{"S1", "C1"}}));
}

TEST_P(LayerStoreContract, AnotherLogOfTheSameTopicIsAConflict) {
  ClaimReadings(*store_);
  const FakeEventLog other(3, "2");
  for (const std::int32_t partition : {0, 1}) {
    const auto claim =
        store_->Claim(other.Assignment({Topic::kMeasurements, partition}), 0, "test");
    ASSERT_EQ(CodeOf(claim), ErrorCode::kConflict);
    EXPECT_THAT(claim.error().message(), HasSubstr(log_.StreamId(Topic::kMeasurements)));
  }
  EXPECT_EQ(Count("{ops}streams"), 1);
}

TEST_P(LayerStoreContract, APartitionThatBeginsLateIsLoadedFromItsBeginning) {
  const PartitionClaim claim = Must(store_->Claim({kReadings, "fake"}, 100, "test"));
  EXPECT_EQ(claim.next_offset, 100);
  EXPECT_EQ(Must(store_->Claim({kReadings, "fake"}, 120, "test")).next_offset, 100);
  const auto progress = Must(layers_->Queries().operations->ReadProgress());
  ASSERT_THAT(progress, SizeIs(1));
  EXPECT_EQ(progress[0].first_offset, 100);
  EXPECT_EQ(progress[0].judged_offset, 100);
  EXPECT_EQ(progress[0].log_id, "fake");
}

TEST_P(LayerStoreContract, AnAdoptedPartitionIsLoadedAnewBesideWhatItWas) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13");
  SendReading("S1", "C1", "2024-04-07T07:00:00Z", "14", 1);
  Load();
  const PartitionClaim old = ClaimReadings(*store_);
  const auto assigned = log_.Assignment(kReadings);
  Must(store_->Adopt(assigned, 5));
  Must(store_->Adopt(log_.Assignment({Topic::kMeasurements, 1}), 0));
  {
    const auto tx = Must(store_->BeginLoad());
    EXPECT_FALSE(Must(tx->Advance(old, MovedTo(old, 3), {}))) << "the old owner is fenced";
  }
  const PartitionClaim anew = Must(store_->Claim(assigned, 9, "test"));
  EXPECT_EQ(anew.next_offset, 5);
  EXPECT_EQ(anew.stream_id, assigned.stream_id + "#2");
  EXPECT_NE(anew.stream, old.stream);
  EXPECT_FALSE(anew.last_hash);
  Must(store_->Adopt(assigned, 6));
  std::vector<std::string> stands;
  for (const auto& at : Must(layers_->Queries().operations->ReadProgress())) {
    if (at.topic != "measurements" || at.partition == 2) continue;
    EXPECT_EQ(at.log_id, assigned.stream_id);
    stands.push_back(fmt::format("{}{}: {} to {}{}", at.partition,
                                 at.stream_id.substr(at.log_id.size()), at.first_offset,
                                 at.next_offset, at.current ? ", current" : ""));
  }
  EXPECT_THAT(stands, ElementsAre("0: 0 to 2", "0#2: 5 to 5", "0#3: 6 to 6, current", "1: 0 to 1",
                                  "1#2: 0 to 0, current"));
}

TEST_P(LayerStoreContract, ATopicMadeAnewIsHaltedUntilItIsAdopted) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendCow("C1");
  SendSensor("S1");
  RunAll();
  FakeEventLog other(3, "2");
  other.clock = log_.clock + std::chrono::hours(1);
  other.Put(kReadings, other.clock, "key", Reading("S1", "C1", "2024-04-07T05:00:00Z", "15"));
  other.Put({Topic::kCows, 0}, other.clock, "key", R"({"id":"C2","name":"Lotte"})");
  FakeEventReader reader(other);
  Loader loader({reader, *store_, "test"});
  const auto queries = layers_->Queries();
  EXPECT_EQ(CodeOf(LoadToEnd(loader, other, *queries.operations, Never, Quiet)),
            ErrorCode::kConflict);
  const auto conflicts = Must(FindLogConflicts(other, *queries.operations));
  ASSERT_THAT(conflicts, SizeIs(12));
  for (const LogConflict& conflict : conflicts) {
    EXPECT_THAT(conflict.error.message(), HasSubstr("--adopt"));
    Must(store_->Adopt(conflict.partition, conflict.begin));
  }
  EXPECT_THAT(Must(FindLogConflicts(other, *queries.operations)), IsEmpty());
  FakeEventReader again(other);
  Loader adopted({again, *store_, "test"});
  EXPECT_EQ(Must(LoadToEnd(adopted, other, *queries.operations, Never, Quiet)), 2);
  Must(JudgeCows(*store_, Never, Quiet));
  CleanseAll();
  DeriveAll();
  EXPECT_THAT(Silver(), ElementsAre(HasSubstr("C1 S1 2024-04-07T05:00:00Z 15 accepted")));
  EXPECT_EQ(Count("{bronze}measurements_rows"), 2);
  for (const auto& at : Must(queries.operations->ReadStatus()).partitions)
    EXPECT_EQ(at.AuditGap(), 0);
}

/// What a topic may hold, sensible or not.
inline std::vector<std::string> AnyPayloads() {
  using namespace std::string_literals;
  return {"{"s,
          "\xFF\xFE{}"s,
          ""s,
          std::string(1 << 20, 'x'),
          "\0{\0}\0"s,
          "[1,2]"s,
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":"2024-04-07T05:00:00Z","value":12.50})",
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":1712466000,"value":"12.5"})",
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":null,"value":"","deleted":false})",
          R"({"sensor_id":"S1","cow_id":"C1"})",
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":[1, 2],"value":{"a": 1},"deleted":true})",
          R"({"sensor_id":"S\u00fc\"\\","cow_id":"C1","timestamp":"\u0000","value":1e2})",
          "{\"sensor_id\":\"Sü\\\"\\\\\",\"cow_id\":\"C1\",\"timestamp\":\"\\u0000\",\"value\":1}",
          R"({"sensor_id":12,"cow_id":"C1","timestamp":1712466000,"value":1})",
          R"({"sensor_id":" S1","cow_id":"","timestamp":1712466000,"value":1})",
          R"({ "sensor_id":"S1","cow_id":"C1","timestamp":1712466000,"value":1})",
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":1712466000,"value":1,"farm":"x"})",
          R"({"sensor_id":"S1","cow_id":"C1","value":1,"timestamp":")" + std::string(300, 'y') +
              R"("})",
          R"({"sensor_id":"S1","cow_id":"C1","timestamp":")" + std::string(300, 'z') + R"("})"};
}

TEST_P(LayerStoreContract, EveryMessageIsARowThatReadsBackToTheByte) {
  const auto payloads = AnyPayloads();
  for (const std::string& payload : payloads) {
    log_.Put(kReadings, log_.clock, "S1_C1", payload, {{"trace", "a\0b"}, {"", ""}});
  }
  Load();
  EXPECT_EQ(Count("{bronze}measurements_rows"), static_cast<std::int64_t>(payloads.size()));

  std::vector<ReadBack> read;
  const auto tx = Must(store_->BeginCleanse());
  Must(tx->ReadBronze(1'000, [&](const auto& message) { read.push_back(ReadBackOf(message)); }));
  ASSERT_EQ(read.size(), payloads.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].payload, payloads[i]) << i;
    EXPECT_EQ(read[i].lineage.offset, static_cast<std::int64_t>(i));
  }
  EXPECT_TRUE(read[6].canonical);
  EXPECT_TRUE(read[7].canonical);
  EXPECT_TRUE(read[8].canonical);
  EXPECT_FALSE(read[13].canonical) << "its sensor is a number";
  EXPECT_FALSE(read[15].canonical) << "it has a blank";
}

TEST_P(LayerStoreContract, TheFirstMessageMayHaveSeveralLongFields) {
  const std::string payload =
      R"({ "sensor_id":"S1","cow_id":"C1","timestamp":")" + std::string(300, 'z') + R"("})";
  log_.Put(kReadings, log_.clock, std::string(300, 'k'), payload,
           {{"trace", std::string(300, 'h')}});
  Load();
  std::vector<ReadBack> read;
  const auto tx = Must(store_->BeginCleanse());
  Must(tx->ReadBronze(1'000, [&](const auto& message) { read.push_back(ReadBackOf(message)); }));
  ASSERT_THAT(read, SizeIs(1));
  EXPECT_EQ(read[0].payload, payload);
}

TEST_P(LayerStoreContract, KeyAndHeadersAreKept) {
  const std::string canonical = Reading("S1", "C1", "2024-04-07T05:00:00Z", "1");
  const std::vector<Header> headers{{"trace", "a\xFF"}};
  log_.Put(kReadings, log_.clock, "another key", canonical, headers);
  log_.Put(kReadings, log_.clock, "S1_C1", canonical, headers);
  log_.Put({Topic::kCows, 0}, log_.clock, "a cow's", R"({"id":"C1"})", headers);
  log_.Put({Topic::kSensors, 0}, log_.clock, "a sensor's", R"({"id":"S1"})", headers);
  Load();
  const std::string encoded = EncodeHeaders(headers);
  const auto rows = [&](std::string_view table) {
    return layers_->Query(fmt::format("SELECT message_key, headers FROM {{bronze}}{}_rows"
                                      " ORDER BY topic_offset",
                                      table),
                          2);
  };
  // The key of a canonical message follows from its ids.
  EXPECT_EQ(rows("measurements"), (std::vector<Cells>{{"another key", encoded}, {"-", encoded}}));
  EXPECT_EQ(rows("cows"), (std::vector<Cells>{{"a cow's", encoded}}));
  EXPECT_EQ(rows("sensors"), (std::vector<Cells>{{"a sensor's", encoded}}));
}

TEST_P(LayerStoreContract, TheWatermarkMovesWithTheCommitAlone) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", i % 2);
  Load();
  const auto offsets = [&](std::size_t max, bool commit) {
    std::multiset<std::int64_t> read;
    const auto tx = Must(store_->BeginCleanse());
    Must(tx->ReadBronze(max, [&](const auto& message) { read.insert(message.lineage.offset); }));
    if (commit) Must(tx->Commit());
    return read;
  };
  EXPECT_THAT(offsets(2, false), ElementsAre(0, 1));
  EXPECT_THAT(offsets(2, true), ElementsAre(0, 1));
  EXPECT_THAT(offsets(9, true), ElementsAre(0, 1, 2));
  EXPECT_THAT(offsets(9, true), IsEmpty());
}

TEST_P(LayerStoreContract, WhatWasReadAheadIsTakenWhereTheWatermarkStands) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  Load();
  const auto in_hand = [&](bool commit) {
    const auto tx = Must(store_->BeginCleanse());
    const BronzeRead read = Must(tx->ReadBronze(2, [](const auto&) {}));
    if (commit) Must(tx->Commit());
    return read;
  };
  BronzeRead read = in_hand(false);
  read.place.from = read.next;
  std::vector<std::int64_t> offsets;
  const auto ahead = Must(store_->BeginCleanseAhead());
  read = Must(ahead->ReadBronze(
      read.place, 2, [&](const auto& message) { offsets.push_back(message.lineage.offset); }));
  EXPECT_THAT(offsets, ElementsAre(2, 3));
  const auto takes = [&] {
    const auto tx = Must(store_->BeginCleanse());
    const bool taken = Must(tx->Take(read));
    Must(tx->Commit());
    return taken;
  };
  EXPECT_FALSE(takes()) << "what comes before it was not committed";
  in_hand(true);
  EXPECT_TRUE(takes());
  EXPECT_FALSE(takes()) << "twice";
  const auto tx = Must(store_->BeginCleanse());
  EXPECT_EQ(Must(tx->ReadBronze(9, [](const auto&) {})).count, 1U);
}

TEST_P(LayerStoreContract, WhatWasJudgedAheadCountsWhileNoHerdBookChanges) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  SendSensor("S1");
  Load();
  BronzeRead read;
  {
    const auto tx = Must(store_->BeginCleanse());
    read = Must(tx->ReadBronze(1, [](const auto&) {}));
  }
  {
    const auto ahead = Must(store_->BeginCleanseAhead());
    read = Must(ahead->ReadBronze(read.place, 1, [&](const auto& message) {
      EXPECT_FALSE(Must(ahead->judging().MeasureOf(*message.sensor)));
    }));
    EXPECT_EQ(CodeOf(ahead->judging().RefOfFarm("new")), ErrorCode::kUnavailable);
  }
  Must(JudgeSensors(*store_, Never, Quiet));
  const auto tx = Must(store_->BeginCleanse());
  EXPECT_FALSE(Must(tx->Take(read)));
  EXPECT_EQ(Must(tx->ReadBronze(9, [](const auto&) {})).count, 1U);
}

TEST_P(LayerStoreContract, LoadToEndLoadsWhatTheLogHeldWhenItBegan) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", i % 3);
  const auto queries = layers_->Queries();
  EXPECT_EQ(Must(LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet)), 5);
  EXPECT_EQ(Must(LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet)), 0);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(Must(LoadToEnd(*loader_, log_, *queries.operations, stopped.get_token(), Quiet)), 0);
  EXPECT_EQ(Must(LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet)), 1);
}

TEST_P(LayerStoreContract, LoadToEndOfAnotherOrAShorterLogIsAConflict) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  Load();
  const auto queries = layers_->Queries();
  FakeEventLog other(3, "2");
  EXPECT_EQ(CodeOf(LoadToEnd(*loader_, other, *queries.operations, Never, Quiet)),
            ErrorCode::kConflict);
  log_.CutFrom(kReadings, 0);
  EXPECT_EQ(CodeOf(LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet)),
            ErrorCode::kConflict);
}

TEST_P(LayerStoreContract, TheAuditEquationCountsHoles) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  log_.PutHole(kReadings, 7);
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13");
  RunAll();
  const auto status = Must(layers_->Queries().operations->ReadStatus());
  for (const auto& partition : status.partitions) {
    EXPECT_EQ(partition.AuditGap(), 0);
    EXPECT_EQ(partition.judged_offset, partition.next_offset);
    const bool holed = partition.topic == "measurements" && partition.partition == 0;
    EXPECT_EQ(partition.holes, holed ? 7 : 0);
    EXPECT_EQ(partition.bronze_rows, holed ? 2 : 0);
  }
}

TEST_P(LayerStoreContract, WhatNobodyGetsToReadIsCountedApartFromHoles) {
  log_.PutHidden(kReadings, 1);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  log_.PutHidden(kReadings, 3);
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13");
  log_.PutHidden(kReadings, 2);
  log_.PutHidden({Topic::kCows, 0}, 2);  // It holds nothing else.
  const auto queries = layers_->Queries();
  EXPECT_EQ(Must(LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet)), 2);
  RunAll();
  const auto status = Must(queries.operations->ReadStatus());
  for (const auto& at : status.partitions) {
    EXPECT_EQ(at.AuditGap(), 0);
    EXPECT_EQ(at.holes, 0);
    EXPECT_EQ(at.judged_offset, at.next_offset);
    const bool any = at.topic == "cows" || at.topic == "measurements";
    if (at.partition != 0 || !any) continue;
    EXPECT_EQ(at.hidden, at.topic == "cows" ? 2 : 6);
    EXPECT_EQ(at.next_offset, at.topic == "cows" ? 2 : 8);
  }
  EXPECT_THAT(Must(FindLogConflicts(log_, *queries.operations)), IsEmpty());
  // Another loader finds the last message where it is, and goes on behind what is hidden.
  SendReading("S1", "C1", "2024-04-07T07:00:00Z", "14");
  log_.PutHidden(kReadings, 1);
  log_.TrimTo(kReadings, 5);
  FakeEventReader reader(log_);
  Loader another({reader, *store_, "another"});
  EXPECT_EQ(Must(LoadToEnd(another, log_, *queries.operations, Never, Quiet)), 1);
  log_.PutHidden(kReadings, 2);
  EXPECT_EQ(Must(LoadToEnd(another, log_, *queries.operations, Never, Quiet)), 0);
  EXPECT_EQ(ClaimReadings(*store_).next_offset, 12);
  EXPECT_EQ(ClaimReadings(*store_).last_offset, 8);
}

TEST_P(LayerStoreContract, ALoadSaysWhatIsAwayWhenItHasLoadedTheOthers) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", 0);
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13", 1);
  log_.away.insert({kReadings, Error(ErrorCode::kUnavailable, "no broker leads it")});
  const auto queries = layers_->Queries();
  const auto loaded = LoadToEnd(*loader_, log_, *queries.operations, Never, Quiet);
  ASSERT_EQ(CodeOf(loaded), ErrorCode::kUnavailable);
  EXPECT_EQ(loaded.error().message(), "no broker leads it");
  EXPECT_EQ(Count("{bronze}measurements_rows"), 1);
}

}  // namespace herdflow::pipeline::testing
