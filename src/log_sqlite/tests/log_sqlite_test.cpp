#include "herdflow/log_sqlite/log_sqlite.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>

#include "event_log_contract.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/sqlite/write_turn.hpp"
#include "log_file.hpp"

namespace herdflow::log_sqlite {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace pipeline;           // NOLINT(google-build-using-namespace): the ports under test.
using namespace pipeline::testing;  // NOLINT(google-build-using-namespace)

template <class T>
T Must(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return std::move(*result);
}

/// A log in a folder that ends with the fixture.
class SqliteLogFixture : public EventLogFixture {
 public:
  SqliteLogFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "herdflow-XXXXXX").string();
    options.folder = ::mkdtemp(name.data());
  }
  ~SqliteLogFixture() override { std::filesystem::remove_all(options.folder); }

  std::unique_ptr<EventWriter> Writer() override { return Must(MakeSqliteEventWriter(options)); }
  std::unique_ptr<EventReader> Reader(const std::string& group,
                                      std::vector<Topic> topics) override {
    return Must(MakeSqliteEventReader(options, group, std::move(topics)));
  }
  std::unique_ptr<TopicAdmin> Admin() override { return Must(MakeSqliteTopicAdmin(options)); }

  void MakeTopics(std::int32_t partitions) {
    auto admin = Admin();
    for (const Topic topic : kAllTopics)
      ASSERT_TRUE(admin->Create(topic, {.partitions = partitions}));
  }

  SqliteLogOptions options;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogContract,
                         ::testing::Values(EventLogUnderTest{
                             "sqlite", [] { return std::make_unique<SqliteLogFixture>(); }}));

class SqliteLog : public ::testing::Test, protected SqliteLogFixture {
 protected:
  static AppendOutcome AppendOne(EventWriter& writer, const std::string& value) {
    Outcomes outcomes;
    writer.Append(Topic::kMeasurements, {{"key", value, {}}}, outcomes.Next());
    return outcomes.Wait().at(0).at(0);
  }

  /// What `work` does in a process of its own; it exits 0 if `work` returns.
  static pid_t Fork(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    work();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  static int Wait(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }

  TestConsumer Consumer() {
    return TestConsumer(Reader("test", {kAllTopics.begin(), kAllTopics.end()}));
  }
};

TEST_F(SqliteLog, AKilledWriterLosesNothingThatItAcknowledged) {
  MakeTopics(1);
  for (int round = 0; round < 5; ++round) {
    int acknowledged[2];
    ASSERT_EQ(::pipe(acknowledged), 0);
    const pid_t child = Fork([&] {
      auto writer = Writer();
      for (;;) {
        const auto outcome = AppendOne(*writer, "v");
        if (outcome.kind != AppendOutcome::Kind::kDurable) ::_exit(1);
        if (::write(acknowledged[1], &outcome.offset, sizeof outcome.offset) < 0) ::_exit(2);
      }
    });
    ::close(acknowledged[1]);
    std::int64_t offset = -1;
    const int events = 3 + 7 * round;
    for (int i = 0; i < events; ++i) {
      ASSERT_EQ(::read(acknowledged[0], &offset, sizeof offset), ssize_t{sizeof offset});
    }
    ::kill(child, SIGKILL);
    EXPECT_EQ(WTERMSIG(Wait(child)), SIGKILL);
    while (::read(acknowledged[0], &offset, sizeof offset) == ssize_t{sizeof offset}) {
    }
    ::close(acknowledged[0]);
    const auto topics = Must(Admin()->List());
    EXPECT_GT(topics[2].partitions[0].end, offset);
  }
  auto consumer = Consumer();
  const auto end = static_cast<std::size_t>(Must(Admin()->List())[2].partitions[0].end);
  consumer.PollUntilRead(end);
  ASSERT_EQ(Count(consumer.read), end);
  const auto& messages = consumer.read.begin()->second;
  EXPECT_EQ(messages.back().offset, static_cast<std::int64_t>(end) - 1);
}

TEST_F(SqliteLog, TwoProcessesAppendAtOnceAndNoOffsetIsGivenTwice) {
  MakeTopics(3);
  constexpr int kBatches = 30, kEvents = 200;
  std::vector<pid_t> children;
  for (const std::string name : {"one", "two"}) {
    children.push_back(Fork([&] {
      auto writer = Writer();
      Outcomes outcomes;
      for (int b = 0; b < kBatches; ++b) {
        EventBatch batch;
        for (int i = 0; i < kEvents; ++i) {
          batch.push_back({name + std::to_string(i % 5), std::to_string(b * kEvents + i), {}});
        }
        writer->Append(Topic::kMeasurements, std::move(batch), outcomes.Next());
      }
      for (const auto& batch : outcomes.Wait()) {
        for (const auto& outcome : batch) {
          if (outcome.kind != AppendOutcome::Kind::kDurable) ::_exit(1);
        }
      }
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(Wait(child), 0);
  auto consumer = Consumer();
  consumer.PollUntilRead(2 * kBatches * kEvents);
  std::map<std::string, int> newest;
  for (const auto& [partition, messages] : consumer.read) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      ASSERT_EQ(messages[i].offset, static_cast<std::int64_t>(i));
      auto [last, is_new] = newest.try_emplace(messages[i].key, -1);
      const int number = std::stoi(messages[i].value);
      EXPECT_GT(number, last->second);
      last->second = number;
    }
  }
}

TEST_F(SqliteLog, ABulkWriterLetsOthersHaveTheirTurn) {
  MakeTopics(1);
  const pid_t bulk = Fork([&] {
    auto writer = Writer();
    for (;;) {
      Outcomes outcomes;
      for (int i = 0; i < 4; ++i) {
        writer->Append(Topic::kCows, EventBatch(4'000, Event{"k", std::string(200, 'v'), {}}),
                       outcomes.Next());
      }
      outcomes.Wait();
    }
  });
  auto writer = Writer();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(AppendOne(*writer, "v").kind, AppendOutcome::Kind::kDurable);
  }
  ::kill(bulk, SIGKILL);
  Wait(bulk);
}

TEST_F(SqliteLog, TheSecondReaderOfAGroupIsIdleUntilTheFirstIsKilled) {
  MakeTopics(1);
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t first = Fork([&] {
    auto consumer = Consumer();
    consumer.PollUntil([&] { return consumer.assigned.size() == kAllTopics.size(); });
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  });
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  auto second = Consumer();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(second.Poll({.wait = std::chrono::milliseconds(20)}));
  ::kill(first, SIGKILL);
  Wait(first);
  second.PollUntil([&] { return second.assigned.size() == kAllTopics.size(); });
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(SqliteLog, ATopicMadeLaterIsAssignedInAddition) {
  auto consumer = Consumer();
  EXPECT_FALSE(consumer.Poll({.wait = std::chrono::milliseconds(20)}));
  ASSERT_TRUE(Admin()->Create(Topic::kCows, {.partitions = 1}));
  consumer.PollUntil([&] { return consumer.assigned.size() == 1; });
  ASSERT_TRUE(Admin()->Create(Topic::kMeasurements, {.partitions = 2}));
  consumer.PollUntil([&] { return consumer.assigned.size() == 3; });
  auto writer = Writer();
  AppendOne(*writer, "v");
  consumer.PollUntilRead(1);
}

TEST_F(SqliteLog, CowsAndSensorsAreReadBeforeMeasurements) {
  MakeTopics(1);
  auto writer = Writer();
  Outcomes outcomes;
  for (const Topic topic : {Topic::kMeasurements, Topic::kSensors, Topic::kCows}) {
    writer->Append(topic, {{"k", "v", {}}}, outcomes.Next());
  }
  outcomes.Wait();
  auto consumer = Consumer();
  consumer.PollUntilRead(2);
  EXPECT_EQ(consumer.read.count({Topic::kMeasurements, 0}), 0u);
  consumer.PollUntilRead(3);
}

TEST_F(SqliteLog, AFullQueueRefusesAndSaysSo) {
  MakeTopics(1);
  options.max_queued_events = 10;
  auto admin = Must(OpenLog(options));
  Outcomes outcomes;
  auto writer = Writer();
  {
    // Nobody can write now, so what comes has to wait.
    auto held = Must(sqlite::Transaction::BeginImmediate(admin));
    for (int i = 0; i < 3; ++i) {
      writer->Append(Topic::kCows, EventBatch(5, Event{"k", "v", {}}), outcomes.Next());
    }
    const auto deadline = std::chrono::steady_clock::now() + kContractPatience;
    while (outcomes.arrived() == 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(outcomes.arrived(), 1u) << "the refusal waited for the disk";
  }
  const auto all = outcomes.Wait();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0][0].kind, AppendOutcome::Kind::kDurable);
  EXPECT_EQ(all[1][4].kind, AppendOutcome::Kind::kDurable);
  ASSERT_EQ(all[2].size(), 5u);
  EXPECT_EQ(all[2][0].kind, AppendOutcome::Kind::kRefused);
  EXPECT_EQ(all[2][0].error->code(), ErrorCode::kUnavailable);
}

TEST_F(SqliteLog, ALockThatSomebodyKeepsIsRefusedAfterAWhile) {
  MakeTopics(1);
  options.busy_timeout = std::chrono::milliseconds(50);
  auto other = Must(OpenLog(options));
  auto writer = Writer();
  auto held = Must(sqlite::Transaction::BeginImmediate(other));
  const auto refused = AppendOne(*writer, "v");
  EXPECT_EQ(refused.kind, AppendOutcome::Kind::kRefused);
  EXPECT_EQ(refused.error->code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(held.Commit());
  const auto durable = AppendOne(*writer, "v");
  EXPECT_EQ(durable.kind, AppendOutcome::Kind::kDurable);
  EXPECT_EQ(durable.offset, 0);
}

TEST_F(SqliteLog, AWriteThatFailsIsNotAcknowledgedAndLaterOnesPass) {
  MakeTopics(1);
  const int status = Wait(Fork([&] {
    auto writer = Writer();
    if (AppendOne(*writer, "first").kind != AppendOutcome::Kind::kDurable) ::_exit(1);
    // The write-ahead log may not grow now, as on a disk that fails.
    ::signal(SIGXFSZ, SIG_IGN);
    const auto size = std::filesystem::file_size(LogPath(options) + "-wal");
    const rlimit no_growth{size, RLIM_INFINITY}, unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &no_growth);
    const auto failed = AppendOne(*writer, std::string(20'000, 'x'));
    if (failed.kind != AppendOutcome::Kind::kUnknown || !failed.error) ::_exit(2);
    ::setrlimit(RLIMIT_FSIZE, &unlimited);
    if (AppendOne(*writer, "last").kind != AppendOutcome::Kind::kDurable) ::_exit(3);
  }));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  auto consumer = Consumer();
  consumer.PollUntilRead(2);
  ASSERT_EQ(Count(consumer.read), 2u);
  const auto& messages = consumer.read.begin()->second;
  EXPECT_EQ(messages[0].value, "first");
  EXPECT_EQ(messages[1].value, "last");
  EXPECT_EQ(messages[1].offset, 1);
}

TEST_F(SqliteLog, NothingOfATransactionThatBrokeOffIsInTheNext) {
  MakeTopics(1);
  const int status = Wait(Fork([&] {
    auto writer = Writer();
    if (AppendOne(*writer, "first").kind != AppendOutcome::Kind::kDurable) ::_exit(1);
    ::signal(SIGXFSZ, SIG_IGN);
    const auto size = std::filesystem::file_size(LogPath(options) + "-wal");
    const rlimit no_growth{size, RLIM_INFINITY}, unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &no_growth);
    // More than the cache holds: it is written, and fails, before the commit.
    Outcomes outcomes;
    writer->Append(Topic::kMeasurements,
                   EventBatch(7, {"key", std::string(std::size_t{600} << 10, 'x'), {}}),
                   outcomes.Next());
    const auto failed = outcomes.Wait().at(0);
    if (failed[0].kind != AppendOutcome::Kind::kRefused) ::_exit(2);
    ::setrlimit(RLIMIT_FSIZE, &unlimited);
    const auto last = AppendOne(*writer, "last");
    if (last.kind != AppendOutcome::Kind::kDurable || last.offset != 1) ::_exit(3);
  }));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  auto consumer = Consumer();
  consumer.PollUntilRead(2);
  ASSERT_EQ(Count(consumer.read), 2u);
  EXPECT_EQ(consumer.read.begin()->second[1].value, "last");
}

TEST_F(SqliteLog, AnEventBeyondTheLimitIsRefusedAloneAndOthersPass) {
  MakeTopics(1);
  options.max_event_bytes = 100;
  auto writer = Writer();
  Outcomes outcomes;
  writer->Append(Topic::kCows, {{"a", "v", {}}, {"b", std::string(100, 'x'), {}}, {"c", "v", {}}},
                 outcomes.Next());
  const auto batch = outcomes.Wait().at(0);
  EXPECT_EQ(batch[0].offset, 0);
  EXPECT_EQ(batch[1].kind, AppendOutcome::Kind::kRefused);
  EXPECT_EQ(batch[1].error->code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(batch[2].offset, 1);
}

TEST_F(SqliteLog, ACommitOfAnyNumberOfEventsHasEachOfThemInItsPlace) {
  MakeTopics(1);
  auto writer = Writer();
  std::vector<std::string> sent;
  for (const std::size_t events : {1U, 15U, 16U, 17U, 32U, 50U}) {
    EventBatch batch;
    for (std::size_t i = 0; i < events; ++i) {
      sent.push_back(fmt::format("{} of {}", i, events));
      batch.push_back({"key of " + sent.back(), sent.back(), {{"at", sent.back()}}});
    }
    Outcomes outcomes;
    writer->Append(Topic::kCows, batch, outcomes.Next());
    outcomes.Wait();
  }
  auto consumer = Consumer();
  consumer.PollUntilRead(sent.size());
  const auto& messages = consumer.read.at({Topic::kCows, 0});
  ASSERT_EQ(messages.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(messages[i].value, sent[i]);
    EXPECT_EQ(messages[i].key, "key of " + sent[i]);
    ASSERT_EQ(messages[i].headers.size(), 1u);
    EXPECT_EQ(messages[i].headers[0].second, sent[i]);
  }
}

TEST_F(SqliteLog, EventsOfOneCommitHaveTheirOwnHeadersWhateverTheOthersHave) {
  MakeTopics(1);
  const std::vector<std::vector<Header>> sent{
      {{"request_id", "one"}}, {{"request_id", "one"}},          {{"request_id", "two"}}, {},
      {{"request_id", "two"}}, {{"request_id", "two"}, {"", ""}}};
  EventBatch batch;
  for (const auto& headers : sent) batch.push_back({"k", "v", headers});
  auto writer = Writer();
  Outcomes outcomes;
  writer->Append(Topic::kCows, batch, outcomes.Next());
  outcomes.Wait();
  auto consumer = Consumer();
  consumer.PollUntilRead(sent.size());
  const auto& messages = consumer.read.at({Topic::kCows, 0});
  ASSERT_EQ(messages.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ReadMessage expected;
    for (const auto& [name, value] : sent[i]) expected.headers.emplace_back(name, value);
    EXPECT_EQ(messages[i].headers, expected.headers) << "event " << i;
  }
}

TEST_F(SqliteLog, TheTimeOfReceiptIsTheClocksAlsoAfterItWasAheadOnce) {
  MakeTopics(1);
  constexpr Instant kNow = FromMicros(1'700'000'000'000'000);
  std::atomic<Instant> clock = kNow + std::chrono::years(10);
  options.clock = [&clock] { return clock.load(); };
  auto writer = Writer();
  EXPECT_EQ(AppendOne(*writer, "v").broker_time, kNow + std::chrono::years(10));
  clock = kNow;
  EXPECT_EQ(AppendOne(*writer, "v").broker_time, kNow);
  auto consumer = Consumer();
  consumer.PollUntilRead(2);
  EXPECT_EQ(consumer.read.begin()->second.at(1).broker_time, kNow);
}

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

TEST_F(SqliteLog, AWriterIsNotReadyUntilTheLogTakesSomethingAgain) {
  MakeTopics(1);
  const int status = Wait(Fork([&] {
    auto writer = Writer();
    if (AppendOne(*writer, "first").kind != AppendOutcome::Kind::kDurable) ::_exit(1);
    if (!writer->Ready()) ::_exit(2);
    ::signal(SIGXFSZ, SIG_IGN);
    const auto size = std::filesystem::file_size(LogPath(options) + "-wal");
    const rlimit no_growth{size, RLIM_INFINITY}, unlimited{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &no_growth);
    AppendOne(*writer, std::string(20'000, 'x'));
    if (writer->Ready()) ::_exit(3);
    ::setrlimit(RLIMIT_FSIZE, &unlimited);
    while (!writer->Ready()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(SqliteLog, NothingIsAcknowledgedOnAFileThatWasMovedAway) {
  MakeTopics(1);
  auto writer = Writer();
  EXPECT_EQ(AppendOne(*writer, "here").kind, AppendOutcome::Kind::kDurable);
  const std::string moved = options.folder + "-moved";
  std::filesystem::rename(options.folder, moved);
  const auto refused = AppendOne(*writer, "away");
  EXPECT_EQ(refused.kind, AppendOutcome::Kind::kRefused);
  EXPECT_EQ(refused.error->code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(writer->Ready());
  std::filesystem::rename(moved, options.folder);
  EXPECT_EQ(AppendOne(*writer, "here again").offset, 1);
  EXPECT_TRUE(writer->Ready());
}

TEST_F(SqliteLog, PeopleReadItBySql) {
  MakeTopics(1);
  AppendOne(*Writer(), "{\"value\":1}");
  auto database = Must(OpenLog(options));
  auto query = Must(database.Prepare(
      "SELECT topic, partition, \"offset\", broker_time, key, value FROM messages"));
  ASSERT_TRUE(Must(query.Step()));
  EXPECT_EQ(query.Text(0), "measurements");
  EXPECT_EQ(query.Int(2), 0);
  EXPECT_THAT(std::string(query.Text(3)), ::testing::MatchesRegex("2[0-9T:.-]+Z"));
  EXPECT_EQ(query.Text(5), "{\"value\":1}");
}

TEST_F(SqliteLog, ANewerLogAndAWrongGroupAreRefused) {
  const auto reader = MakeSqliteEventReader(options, "../group", {Topic::kCows});
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), ErrorCode::kInvalidInput);
  ASSERT_TRUE(Must(OpenLog(options)).SetUserVersion(99));
  const auto writer = MakeSqliteEventWriter(options);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(writer.error().message(), HasSubstr("schema version 99"));
}

}  // namespace
}  // namespace herdflow::log_sqlite
