#include "herdflow/sqlite/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace herdflow::sqlite {
namespace {

using ::testing::HasSubstr;

constexpr std::int32_t kApplication = 0x68640001;

class DatabaseTest : public ::testing::Test {
 protected:
  DatabaseTest() {
    std::string name = (std::filesystem::temp_directory_path() / "herdflow-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~DatabaseTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] OpenOptions Options() const {
    return {.path = (folder_ / "test.db").string(),
            .application_id = kApplication,
            .busy_timeout = std::chrono::milliseconds(50)};
  }
  [[nodiscard]] Database Open() const { return Database::Open(Options()).value(); }
  [[nodiscard]] Database OpenWithTable() const {
    Database database = Open();
    EXPECT_TRUE(database.Execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)"));
    return database;
  }

  std::filesystem::path folder_;
};

std::int64_t Count(Database& database) {
  return database.QueryInt("SELECT count(*) FROM t").value();
}

TEST_F(DatabaseTest, EveryKindOfValueComesBack) {
  Database database = OpenWithTable();
  auto insert = database.Prepare("INSERT INTO t VALUES (?, ?, ?)").value();
  const std::string binary("\0a\0\xff", 4);
  ASSERT_TRUE(insert.Bind(1, 1).Bind(2, binary).BindBlob(3, binary).Run());
  ASSERT_TRUE(insert.Bind(1, std::int64_t{1} << 62).Bind(2, 0.5).Bind(3, nullptr).Run());
  ASSERT_TRUE(insert.Bind(1, -1).Bind(2, std::string_view()).BindBlob(3, {}).Run());
  ASSERT_TRUE(insert.Bind(1, 2)
                  .Bind(2, std::optional<std::int64_t>())
                  .Bind(3, std::optional<std::string_view>("x"))
                  .Run());

  auto select = database.Prepare("SELECT a, b, c FROM t ORDER BY a").value();
  ASSERT_TRUE(select.Step().value());
  EXPECT_EQ(select.Int(0), -1);
  EXPECT_FALSE(select.IsNull(1));
  EXPECT_EQ(select.Text(1), "");
  EXPECT_FALSE(select.IsNull(2));
  ASSERT_TRUE(select.Step().value());
  EXPECT_EQ(select.Text(1), binary);
  EXPECT_EQ(select.Blob(2), binary);
  ASSERT_TRUE(select.Step().value());
  EXPECT_EQ(select.MaybeInt(1), std::nullopt);
  EXPECT_EQ(select.MaybeText(2), "x");
  ASSERT_TRUE(select.Step().value());
  EXPECT_EQ(select.Int(0), std::int64_t{1} << 62);
  EXPECT_EQ(select.Double(1), 0.5);
  EXPECT_TRUE(select.IsNull(2));
  EXPECT_FALSE(select.Step().value());
}

TEST_F(DatabaseTest, AStatementIsUsedAgainAfterItsRowsAfterAFailureAndInMidRows) {
  Database database = OpenWithTable();
  auto insert = database.Prepare("INSERT INTO t(a) VALUES (?)").value();
  ASSERT_TRUE(insert.Bind(1, 1).Run());
  const auto again = insert.Run();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(again.error().message(), HasSubstr("test.db"));
  ASSERT_TRUE(insert.Bind(1, 2).Run());
  EXPECT_EQ(database.changes(), 1);
  EXPECT_EQ(database.last_insert_rowid(), 2);

  auto select = database.Prepare("SELECT a FROM t WHERE a >= ? ORDER BY a").value();
  ASSERT_TRUE(select.Bind(1, 1).Step().value());
  ASSERT_TRUE(select.Bind(1, 2).Step().value());
  EXPECT_EQ(select.Int(0), 2);
}

TEST_F(DatabaseTest, AParameterThatDoesNotExistIsToldByTheNextStep) {
  Database database = OpenWithTable();
  auto insert = database.Prepare("INSERT INTO t(a) VALUES (?)").value();
  EXPECT_FALSE(insert.Bind(1, 1).Bind(2, 2).Run());
  EXPECT_EQ(Count(database), 0);
  EXPECT_TRUE(insert.Run());
}

TEST_F(DatabaseTest, ExecuteRunsEveryStatementAndNamesTheWrongOne) {
  Database database = Open();
  EXPECT_TRUE(database.Execute("CREATE TABLE t(a); -- one\nINSERT INTO t VALUES (1);\n  \n"));
  EXPECT_EQ(Count(database), 1);
  const auto wrong = database.Execute("INSERT INTO t VALUES (2); INSERT INTO u VALUES (3)");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code(), ErrorCode::kInternal);
  EXPECT_THAT(wrong.error().message(), HasSubstr("INSERT INTO u"));
  EXPECT_EQ(Count(database), 2);
}

TEST_F(DatabaseTest, ATransactionIsRolledBackUnlessCommitted) {
  Database database = OpenWithTable();
  {
    auto transaction = Transaction::BeginImmediate(database).value();
    ASSERT_TRUE(database.Execute("INSERT INTO t(a) VALUES (1)"));
  }
  EXPECT_EQ(Count(database), 0);
  {
    auto transaction = Transaction::BeginImmediate(database).value();
    ASSERT_TRUE(database.Execute("INSERT INTO t(a) VALUES (1)"));
    Database moved = std::move(database);
    ASSERT_TRUE(transaction.Commit());
    database = std::move(moved);
  }
  EXPECT_EQ(Count(database), 1);
}

TEST_F(DatabaseTest, ASecondWriterWaitsAndThenIsToldToTryAgain) {
  Database one = OpenWithTable();
  Database two = Open();
  auto held = Transaction::BeginImmediate(one).value();
  const auto refused = Transaction::BeginImmediate(two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(held.Commit());
  EXPECT_TRUE(Transaction::BeginImmediate(two));
}

TEST_F(DatabaseTest, AReadTransactionIsOneSnapshot) {
  Database writer = OpenWithTable();
  Database reader = Open();
  auto snapshot = Transaction::BeginRead(reader).value();
  EXPECT_EQ(Count(reader), 0);
  ASSERT_TRUE(writer.Execute("INSERT INTO t(a) VALUES (1)"));
  EXPECT_EQ(Count(reader), 0);
  ASSERT_TRUE(snapshot.Commit());
  EXPECT_EQ(Count(reader), 1);
}

TEST_F(DatabaseTest, EveryCommitIsSynced) {
  Database database = Open();
  EXPECT_EQ(database.QueryInt("PRAGMA synchronous").value(), 2);
  auto mode = database.Prepare("PRAGMA journal_mode").value();
  ASSERT_TRUE(mode.Step().value());
  EXPECT_EQ(mode.Text(0), "wal");
}

TEST_F(DatabaseTest, AFileOfAnotherApplicationIsRefusedAndLeftAlone) {
  auto options = Options();
  options.application_id = 7;
  { ASSERT_TRUE(Database::Open(options)); }
  options.application_id = kApplication;
  options.what = "log";
  const auto other = Database::Open(options);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(other.error().message(), HasSubstr("not a herdflow log file"));

  sqlite3* foreign = nullptr;
  options.path = (folder_ / "foreign.db").string();
  ASSERT_EQ(sqlite3_open(options.path.c_str(), &foreign), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(foreign, "CREATE TABLE x(y)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(foreign);
  const auto size = std::filesystem::file_size(options.path);
  ASSERT_FALSE(Database::Open(options));
  EXPECT_EQ(std::filesystem::file_size(options.path), size);
  EXPECT_FALSE(std::filesystem::exists(options.path + "-wal"));
}

TEST_F(DatabaseTest, WhatIsNoDatabaseIsCorrupt) {
  const auto options = Options();
  std::ofstream(options.path) << std::string(10'000, 'x');
  const auto opened = Database::Open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruptData);
}

TEST_F(DatabaseTest, ReadOnlyNeedsAFileAndCannotWrite) {
  auto options = Options();
  options.read_only = true;
  const auto missing = Database::Open(options);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);

  Database writer = OpenWithTable();
  auto reader = Database::Open(options);
  ASSERT_TRUE(reader) << reader.error().message();
  EXPECT_EQ(Count(*reader), 0);
  const auto written = reader->Execute("INSERT INTO t(a) VALUES (1)");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kInvalidInput);
}

TEST_F(DatabaseTest, AMissingFolderSaysSo) {
  auto options = Options();
  options.path = (folder_ / "none" / "test.db").string();
  const auto opened = Database::Open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(opened.error().message(), HasSubstr("its folder exists"));
}

TEST_F(DatabaseTest, OneFileMadeByManyAtOnceIsMadeOnce) {
  std::vector<std::string> failures(8);
  {
    std::vector<std::jthread> threads;
    for (auto& failure : failures) {
      threads.emplace_back([this, &failure] {
        auto options = Options();
        options.busy_timeout = std::chrono::seconds(10);
        if (auto opened = Database::Open(options); !opened) failure = opened.error().message();
      });
    }
  }
  EXPECT_THAT(failures, ::testing::Each(""));
}

TEST_F(DatabaseTest, TheVersionIsKept) {
  { ASSERT_TRUE(Open().SetUserVersion(3)); }
  EXPECT_EQ(Open().UserVersion().value(), 3);
}

TEST_F(DatabaseTest, InMemoryWorksToo) {
  Database database = Database::Open({.path = ":memory:", .application_id = kApplication}).value();
  ASSERT_TRUE(database.Execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
  EXPECT_EQ(Count(database), 1);
  EXPECT_TRUE(database.Checkpoint());
}

TEST_F(DatabaseTest, CheckpointsWhenAskedAndWhenTheLogIsLong) {
  auto options = Options();
  options.checkpoint_pages = 20;
  Database database = Database::Open(options).value();
  ASSERT_TRUE(database.Execute("CREATE TABLE t(a)"));
  EXPECT_GT(database.pages_to_copy(), 0);
  ASSERT_TRUE(database.Checkpoint());
  EXPECT_EQ(database.pages_to_copy(), 0);
  EXPECT_GT(database.wal_pages(), 0);

  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(database.Execute("INSERT INTO t VALUES (zeroblob(5000))"));
    ASSERT_LT(database.wal_pages(), 40);
  }
  ASSERT_TRUE(database.Checkpoint(CheckpointMode::kTruncate));
  EXPECT_EQ(std::filesystem::file_size(options.path + "-wal"), 0u);
}

/// Reads from construction to destruction, by two snapshots that overlap, each of them short.
class AlwaysReading {
 public:
  AlwaysReading(Database one, Database other)
      : thread_([this, one = std::move(one),
                 other = std::move(other)](const std::stop_token& stop) mutable {
          auto select = Reading(one);
          reads_ = true;
          for (Database* next = &other; !stop.stop_requested();
               next = next == &other ? &one : &other) {
            auto following = Reading(*next);
            select.Reset();
            select = std::move(following);
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
          }
        }) {
    while (!reads_) std::this_thread::yield();
  }

 private:
  static Statement Reading(Database& database) {
    auto select = database.Prepare("SELECT a FROM t").value();
    EXPECT_TRUE(select.Step().value());
    return select;
  }

  std::atomic<bool> reads_{false};
  std::jthread thread_;
};

TEST_F(DatabaseTest, TheLogStaysShortWhereThereAlwaysIsAReader) {
  auto options = Options();
  options.checkpoint_pages = 50;
  Database writer = Database::Open(options).value();
  ASSERT_TRUE(writer.Execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
  {
    const AlwaysReading readers(Open(), Open());
    for (int i = 0; i < 1'000; ++i) {
      ASSERT_TRUE(writer.Execute("INSERT INTO t VALUES (zeroblob(9000))"));
      ASSERT_LT(writer.wal_pages(), 1'000);
    }
  }
  EXPECT_EQ(Count(writer), 1'001);
}

TEST_F(DatabaseTest, AReaderThatStaysKeepsTheLogAndNobodyWaitsLong) {
  auto options = Options();
  options.checkpoint_pages = 50;
  Database writer = Database::Open(options).value();
  Database reader = Open();
  ASSERT_TRUE(writer.Execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)"));
  auto select = reader.Prepare("SELECT a FROM t").value();
  ASSERT_TRUE(select.Step().value());
  const auto insert = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(writer.Execute("INSERT INTO t VALUES (zeroblob(9000))"));
    }
  };
  insert(150);
  EXPECT_GT(writer.wal_pages(), 450) << "nothing is lost that somebody reads";
  select.Reset();
  insert(50);
  EXPECT_LT(writer.wal_pages(), 450);
  EXPECT_EQ(Count(writer), 201);
}

TEST_F(DatabaseTest, AReaderInTheWayOfARestartIsToldAndHarmless) {
  Database writer = OpenWithTable();
  Database reader = Open();
  ASSERT_TRUE(writer.Execute("INSERT INTO t(a) VALUES (1), (2)"));
  auto select = reader.Prepare("SELECT a FROM t").value();
  ASSERT_TRUE(select.Step().value());
  const auto blocked = writer.Checkpoint(CheckpointMode::kRestart);
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(writer.Checkpoint());
  select.Reset();
  EXPECT_TRUE(writer.Checkpoint(CheckpointMode::kRestart));
}

}  // namespace
}  // namespace herdflow::sqlite
