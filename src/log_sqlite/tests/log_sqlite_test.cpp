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
#include "log_fixture.hpp"

namespace herdflow::log_sqlite {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, EventLogContract,
                         ::testing::Values(EventLogUnderTest{
                             "sqlite", [] { return std::make_unique<SqliteLogFixture>(); }}));

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
