#include <string>
#include <vector>

#include "herdflow/sqlite/database.hpp"
#include "log_file.hpp"
#include "log_fixture.hpp"

namespace herdflow::log_sqlite {
namespace {

/// A log of five readings and a cow, of which one reading is meddled with.
class DamagedSqliteLog : public SqliteLog {
 protected:
  void SetUp() override {
    MakeTopics(1);
    auto writer = Writer();
    for (int i = 0; i < 5; ++i) AppendOne(*writer, std::to_string(i));
    Outcomes outcomes;
    writer->Append(Topic::kCows, {{"c", "v", {}}}, outcomes.Next());
    outcomes.Wait();
  }
  /// With `{}` for the events' positions of the partition of the readings.
  void Meddle(const std::string& sql) {
    auto database = Must(OpenLog(options));
    const auto id = database.QueryInt(
        "SELECT p.id FROM partitions p JOIN topics t ON t.id = p.topic_id "
        "WHERE t.name = 'measurements'");
    ASSERT_TRUE(database.Execute(fmt::format(fmt::runtime(sql), Position(Must(id), 0))));
  }
  static std::vector<std::string> Values(const TestConsumer& consumer) {
    std::vector<std::string> values;
    for (const auto& message : consumer.read.at({Topic::kMeasurements, 0})) {
      values.push_back(message.value);
    }
    return values;
  }
};

TEST_F(DamagedSqliteLog, AnyFieldOfARecordThatIsAnotherStopsItsPartitionThereAndNoOther) {
  for (const char* field : {"value = x'37'", "key = x'6b'", "broker_time = broker_time + 1",
                            "headers = x''", "checksum = checksum + 1"}) {
    const std::string where = " WHERE position = {} + 2";
    Meddle("CREATE TABLE kept AS SELECT * FROM events" + where);
    Meddle("UPDATE events SET " + std::string(field) + where);
    auto consumer = Consumer();
    consumer.PollUntil([&] { return !consumer.damaged.empty() && Count(consumer.read) == 3; });
    EXPECT_THAT(Values(consumer), ::testing::ElementsAre("0", "1")) << field;
    EXPECT_FALSE(consumer.Poll({.wait = std::chrono::milliseconds(0)})) << "told once";
    const auto& [partition, error] = consumer.damaged.at(0);
    EXPECT_EQ(partition, (TopicPartition{Topic::kMeasurements, 0}));
    EXPECT_EQ(error.code(), ErrorCode::kCorruptData);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("measurements/0 from offset 2"),
                                       HasSubstr("log.db"), HasSubstr("load --adopt")));
    Meddle("REPLACE INTO events SELECT * FROM kept");
    Meddle("DROP TABLE kept");
  }
}

TEST_F(DamagedSqliteLog, AMissingRecordIsDamageWhereverItWas) {
  for (const int offset : {4, 2, 0}) {
    Meddle("DELETE FROM events WHERE position = {} + " + std::to_string(offset));
    auto consumer = Consumer();
    consumer.PollUntil([&] { return !consumer.damaged.empty(); });
    EXPECT_THAT(consumer.damaged.at(0).error.message(),
                HasSubstr(fmt::format("from offset {}", offset)));
    EXPECT_EQ(consumer.reader().Range({Topic::kMeasurements, 0}).value().begin, 0);
  }
  EXPECT_EQ(AppendOne(*Writer(), "v").offset, 5);
}

TEST_F(DamagedSqliteLog, PastDamageEverythingElseIsRead) {
  Meddle("UPDATE events SET value = x'37' WHERE position = {} + 1");
  Meddle("DELETE FROM events WHERE position = {} + 2");
  options.past_damage = true;
  auto consumer = Consumer();
  consumer.PollUntilRead(4);
  EXPECT_THAT(Values(consumer), ::testing::ElementsAre("0", "3", "4"));
  EXPECT_TRUE(consumer.damaged.empty());
}

TEST_F(DamagedSqliteLog, PastDamageThatReachesTheEndNothingComesBeforeTheEnd) {
  Meddle("UPDATE events SET value = x'37' WHERE position = {} + 3");
  Meddle("DELETE FROM events WHERE position = {} + 4");
  options.past_damage = true;
  auto consumer = Consumer();
  consumer.PollUntilRead(4);
  EXPECT_THAT(Values(consumer), ::testing::ElementsAre("0", "1", "2"));
  const auto polled = Must(consumer.reader().Poll({}));
  const auto& batch = std::get<pipeline::MessageBatch>(polled);
  EXPECT_EQ(batch.from, (TopicPartition{Topic::kMeasurements, 0}));
  EXPECT_TRUE(batch.messages.empty());
  EXPECT_EQ(batch.end, 5);
  AppendOne(*Writer(), "5");
  consumer.PollUntilRead(5);
  EXPECT_THAT(Values(consumer), ::testing::ElementsAre("0", "1", "2", "5"));
}

TEST_F(DamagedSqliteLog, WhereTheNextMessagesGoThereIsAnotherWayOut) {
  Meddle("UPDATE events SET value = x'37' WHERE position = {} + 2");
  {
    auto consumer = Consumer();
    consumer.PollUntil([&] { return !consumer.damaged.empty(); });
    EXPECT_THAT(consumer.damaged.at(0).error.message(), Not(HasSubstr("move log.db away")));
  }
  Meddle("UPDATE events SET value = x'37' WHERE position = {} + 4");
  auto consumer = Consumer();
  consumer.PollUntil([&] { return !consumer.damaged.empty(); });
  EXPECT_THAT(consumer.damaged.at(0).error.message(),
              AllOf(HasSubstr("from offset 2"), HasSubstr("move log.db away")));
}

TEST_F(DamagedSqliteLog, ReadingOutsideAGroupTellsItAsWell) {
  Meddle("UPDATE events SET value = x'37' WHERE position = {} + 2");
  auto admin = Admin();
  const TopicPartition readings{Topic::kMeasurements, 0};
  EXPECT_EQ(Must(admin->Read(readings, 0, 10)).messages.size(), 2u);
  const auto damaged = admin->Read(readings, 2, 10);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kCorruptData);
  EXPECT_THAT(damaged.error().message(),
              AllOf(HasSubstr("measurements/0 from offset 2"), HasSubstr("load --adopt")));
  EXPECT_EQ(Must(admin->Read(readings, 3, 10)).messages.size(), 2u);
  EXPECT_TRUE(Must(admin->Read(readings, 5, 10)).messages.empty());
}

}  // namespace
}  // namespace herdflow::log_sqlite
