#pragma once

// Claims, the fence, and bronze.

#include <set>

#include "fixture.hpp"

namespace herdflow::pipeline::testing {

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
    EXPECT_FALSE(Must(tx->Advance(older, 1, 1, 0, {})));
  }
  EXPECT_EQ(Count("{bronze}measurements_rows"), 0);
  const auto tx = Must(store_->BeginLoad());
  EXPECT_TRUE(Must(tx->Advance(newer, 1, 1, 0, {})));
}

TEST_P(LayerStoreContract, AdvancingFromAWrongOffsetIsRefused) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  PartitionClaim claim = ClaimReadings(*store_);
  claim.next_offset = 3;
  const auto tx = Must(store_->BeginLoad());
  EXPECT_FALSE(Must(tx->Advance(claim, 5, 1, 0, {})));
}

TEST_P(LayerStoreContract, AnUncommittedLoadLeavesNeitherRowsNorIdsNorOffset) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  PartitionClaim claim = ClaimReadings(*store_);
  BronzeMeasurement row;
  row.fields.sensor_id = {herd::Field::Kind::kText, "S1"};
  row.fields.cow_id = {herd::Field::Kind::kText, "C1"};
  row.sensor_id_is_good = row.cow_id_is_good = true;
  const auto write = [&] {
    auto tx = Must(store_->BeginLoad());
    EXPECT_TRUE(Must(tx->Advance(claim, 1, 1, 0, {})));
    Must(tx->Insert(claim, row));
    return tx;
  };
  write();  // Rolled back.
  EXPECT_EQ(Count("{bronze}measurements_rows"), 0);
  EXPECT_EQ(Count("{ops}sensor_ids"), 0);
  EXPECT_EQ(ClaimReadings(*store_).next_offset, 0);
  claim = ClaimReadings(*store_);
  Must(write()->Commit());  // The ids that were taken back are given again.
  EXPECT_EQ(layers_->Query("SELECT s.sensor_id, c.cow_id FROM {bronze}measurements_rows r"
                           " JOIN {ops}sensor_ids s ON s.id = r.sensor_id"
                           " JOIN {ops}cow_ids c ON c.id = r.cow_id",
                           2),
            (std::vector<Cells>{{"S1", "C1"}}));
}

TEST_P(LayerStoreContract, AnotherLogOfTheSameTopicIsAConflict) {
  ClaimReadings(*store_);
  const FakeEventLog other(3, "2");
  const auto claim = store_->Claim(other.Assignment(kReadings), "test");
  ASSERT_EQ(CodeOf(claim), ErrorCode::kConflict);
  EXPECT_THAT(claim.error().message(), HasSubstr(log_.StreamId(Topic::kMeasurements)));
  EXPECT_EQ(Count("{ops}streams"), 1);
}

TEST_P(LayerStoreContract, AStoreThatIsAheadOfTheLogOrBehindItsBeginningIsAConflict) {
  for (int i = 0; i < 3; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  Load();
  Assigned::Partition cut = log_.Assignment(kReadings);
  cut.end = 2;
  EXPECT_EQ(CodeOf(store_->Claim(cut, "test")), ErrorCode::kConflict);
  Assigned::Partition trimmed = log_.Assignment(kReadings);
  trimmed.begin = 4;
  trimmed.end = 9;
  EXPECT_EQ(CodeOf(store_->Claim(trimmed, "test")), ErrorCode::kConflict);
}

TEST_P(LayerStoreContract, APartitionThatBeginsLateIsLoadedFromItsBeginning) {
  const PartitionClaim claim = Must(store_->Claim({kReadings, "fake", 100, 150}, "test"));
  EXPECT_EQ(claim.next_offset, 100);
  const auto progress = Must(layers_->Queries()->ReadProgress());
  ASSERT_THAT(progress, SizeIs(1));
  EXPECT_EQ(progress[0].first_offset, 100);
  EXPECT_EQ(progress[0].judged_offset, 100);
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

TEST_P(LayerStoreContract, LoadToEndLoadsWhatTheLogHeldWhenItBegan) {
  for (int i = 0; i < 5; ++i) SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12", i % 3);
  const auto queries = layers_->Queries();
  EXPECT_EQ(Must(LoadToEnd(loader_, log_, *queries, Never, Quiet)), 5);
  EXPECT_EQ(Must(LoadToEnd(loader_, log_, *queries, Never, Quiet)), 0);
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  const auto at_once = [] { return true; };
  EXPECT_EQ(Must(LoadToEnd(loader_, log_, *queries, at_once, Quiet)), 0);
  EXPECT_EQ(Must(LoadToEnd(loader_, log_, *queries, Never, Quiet)), 1);
}

TEST_P(LayerStoreContract, LoadToEndOfAnotherOrAShorterLogIsAConflict) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  Load();
  const auto queries = layers_->Queries();
  FakeEventLog other(3, "2");
  EXPECT_EQ(CodeOf(LoadToEnd(loader_, other, *queries, Never, Quiet)), ErrorCode::kConflict);
  log_.CutFrom(kReadings, 0);
  EXPECT_EQ(CodeOf(LoadToEnd(loader_, log_, *queries, Never, Quiet)), ErrorCode::kConflict);
}

TEST_P(LayerStoreContract, TheAuditEquationCountsHoles) {
  SendReading("S1", "C1", "2024-04-07T05:00:00Z", "12");
  log_.PutHole(kReadings, 7);
  SendReading("S1", "C1", "2024-04-07T06:00:00Z", "13");
  RunAll();
  const auto status = Must(layers_->Queries()->ReadStatus());
  for (const auto& partition : status.partitions) {
    EXPECT_EQ(partition.AuditGap(), 0);
    EXPECT_EQ(partition.judged_offset, partition.next_offset);
    const bool holed = partition.topic == "measurements" && partition.partition == 0;
    EXPECT_EQ(partition.holes, holed ? 7 : 0);
    EXPECT_EQ(partition.bronze_rows, holed ? 2 : 0);
  }
}

}  // namespace herdflow::pipeline::testing
