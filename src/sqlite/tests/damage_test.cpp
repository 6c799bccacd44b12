#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "herdflow/sqlite/checksum.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/sqlite/write_turn.hpp"

namespace herdflow::sqlite {
namespace {

using ::testing::HasSubstr;

constexpr std::int32_t kApplication = 0x68640002;
constexpr std::int32_t kUnsealed = 0x68640001;

/// What the file says, or why it does not.
struct Answer {
  std::string text;
  std::optional<ErrorCode> failure;
};

class DamageTest : public ::testing::Test {
 protected:
  DamageTest() {
    std::string name = (std::filesystem::temp_directory_path() / "herdflow-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~DamageTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string File() const { return (folder_ / "test.db").string(); }
  [[nodiscard]] Result<Database> TryOpen() const {
    return Database::Open({.path = File(),
                           .application_id = kApplication,
                           .unsealed_application_id = kUnsealed,
                           .what = "log"});
  }
  [[nodiscard]] Database Open() const {
    auto opened = TryOpen();
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message());
    return std::move(*opened);
  }

  static constexpr std::string_view kFill =
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);"
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 400)"
      " INSERT INTO t SELECT i, printf('%.*c', 20 + i % 90, char(65 + i % 26)) FROM n;"
      "INSERT INTO t VALUES (1000, printf('%.20000c', 'z'))";

  [[nodiscard]] Answer Ask() const {
    auto database = TryOpen();
    if (!database) return {database.error().message(), database.error().code()};
    auto select = database->Prepare("SELECT a, b FROM t ORDER BY a");
    if (!select) return {select.error().message(), select.error().code()};
    Answer answer;
    for (;;) {
      const auto row = select->Step();
      if (!row) return {row.error().message(), row.error().code()};
      if (!*row) return answer;
      answer.text += std::to_string(select->Int(0)) + std::string(select->Text(1));
    }
  }

  void Flip(std::uintmax_t bit) const {
    std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(bit / 8));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(bit / 8));
    file.put(static_cast<char>(byte ^ (1 << (bit % 8))));
  }

  void Overwrite(std::uintmax_t offset, std::string_view bytes) const {
    std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] std::string Bytes() const {
    std::string bytes(std::filesystem::file_size(File()), '\0');
    std::ifstream(File(), std::ios::binary)
        .read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
  }

  /// By SQLite itself, as an earlier release or another program does it.
  void WriteByAnother(const std::string& sql) const {
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(File().c_str(), &other), SQLITE_OK);
    char* error = nullptr;
    EXPECT_EQ(sqlite3_exec(other, sql.c_str(), nullptr, nullptr, &error), SQLITE_OK) << error;
    sqlite3_close(other);
  }

  std::filesystem::path folder_;
};

TEST_F(DamageTest, NoFlippedBitChangesAnAnswerInSilence) {
  ASSERT_TRUE(Open().Execute(kFill));
  const Answer right = Ask();
  ASSERT_FALSE(right.failure);
  std::mt19937_64 random(20'261'129);
  const auto size = std::filesystem::file_size(File());
  int told = 0;
  // The header bit by bit: no page's checksum helps where it says that there are none.
  for (std::uintmax_t flip = 0; flip < 800 + 600; ++flip) {
    const std::uintmax_t bit = flip < 800 ? flip : random() % (size * 8);
    Flip(bit);
    const Answer answer = Ask();
    if (answer.failure) {
      ++told;
      EXPECT_EQ(*answer.failure, ErrorCode::kCorruptData) << "bit " << bit << ": " << answer.text;
      EXPECT_THAT(answer.text, HasSubstr("test.db"));
    } else {
      EXPECT_EQ(answer.text, right.text) << "bit " << bit;
    }
    Flip(bit);
  }
  EXPECT_GT(told, 1'000);
  EXPECT_EQ(Ask().text, right.text);
}

TEST_F(DamageTest, ZerosInPlaceOfSectorsAreTold) {
  ASSERT_TRUE(Open().Execute(kFill));
  const Answer right = Ask();
  const std::string whole = Bytes();
  std::size_t told = 0;
  for (const std::size_t sectors : {512U, 1024U, 4096U}) {
    for (std::size_t end = 4096; end <= whole.size(); end += 4096) {
      Overwrite(end - sectors, std::string(sectors, '\0'));
      const Answer answer = Ask();
      if (answer.failure) {
        ++told;
        EXPECT_EQ(*answer.failure, ErrorCode::kCorruptData) << sectors << " before " << end;
      } else {
        EXPECT_EQ(answer.text, right.text) << sectors << " before " << end;
      }
      Overwrite(end - sectors, whole.substr(end - sectors, sectors));
    }
  }
  EXPECT_EQ(told, 3 * whole.size() / 4096);
}

TEST_F(DamageTest, ACutFileIsTold) {
  ASSERT_TRUE(Open().Execute(kFill));
  const auto size = std::filesystem::file_size(File());
  for (const std::uintmax_t missing : {std::uintmax_t{1}, std::uintmax_t{100}, size / 2}) {
    std::filesystem::resize_file(File(), size - missing);
    EXPECT_EQ(Ask().failure, ErrorCode::kCorruptData) << missing;
  }
  std::filesystem::resize_file(File(), 0);
  const Answer empty = Ask();
  EXPECT_EQ(empty.failure, ErrorCode::kCorruptData);
  EXPECT_THAT(empty.text, HasSubstr("is empty"));
}

TEST_F(DamageTest, AFileOfAnEarlierReleaseIsSealedOnceAndKeepsWhatItHolds) {
  WriteByAnother("PRAGMA application_id = " + std::to_string(kUnsealed) +
                 "; PRAGMA user_version = 7; PRAGMA journal_mode = WAL; " + std::string(kFill));
  const Answer before = Ask();
  ASSERT_FALSE(before.failure) << before.text;
  EXPECT_EQ(Open().UserVersion().value(), 7);
  EXPECT_EQ(Open().QueryInt("PRAGMA application_id").value(), kApplication);
  Flip(std::filesystem::file_size(File()) * 4);
  EXPECT_EQ(Ask().failure, ErrorCode::kCorruptData);
}

TEST_F(DamageTest, WhatAnotherSqliteCopiesFromTheWriteAheadLogIsNoDamage) {
  ASSERT_TRUE(Open().Execute(kFill));
  const std::string kept = (folder_ / "kept").string();
  {
    Database database = Open();
    ASSERT_TRUE(database.Execute("UPDATE t SET b = 'changed' WHERE a < 300"));
    ASSERT_TRUE(
        database.Execute("CREATE TABLE empty(a);"
                         "INSERT INTO t VALUES (2000, printf('%.6000c', 'y'));"
                         "DELETE FROM t WHERE a BETWEEN 300 AND 380"));
    // As a kill leaves them.
    std::filesystem::copy(File(), kept);
    std::filesystem::copy(File() + "-wal", kept + "-wal");
  }
  std::filesystem::rename(kept, File());
  std::filesystem::rename(kept + "-wal", File() + "-wal");
  WriteByAnother("PRAGMA wal_checkpoint(TRUNCATE)");
  const Answer answer = Ask();
  EXPECT_FALSE(answer.failure) << answer.text;
  EXPECT_THAT(answer.text, HasSubstr("299changed"));
  EXPECT_EQ(Open().QueryInt("SELECT count(*) FROM empty").value(), 0);
}

TEST_F(DamageTest, APageThatWasWrittenElsewhereIsNone) {
  ASSERT_TRUE(Open().Execute(kFill));
  Overwrite(3 * std::uintmax_t{4096}, Bytes().substr(4 * std::size_t{4096}, 4096));
  EXPECT_EQ(Ask().failure, ErrorCode::kCorruptData);
}

TEST_F(DamageTest, NothingIsWrittenToAFileThatWasMovedAway) {
  Database database = Open();
  ASSERT_TRUE(database.Execute(kFill));
  database.SetBusyTimeout(std::chrono::milliseconds(0));
  auto turn = WriteTurn::Open(File()).value();
  const auto begin = [&] { return turn.Begin(database, std::chrono::seconds(5), [] {}); };
  {
    auto transaction = begin();
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(database.Execute("DELETE FROM t WHERE a = 1"));
    std::filesystem::rename(folder_, folder_.string() + "-moved");
    const auto committed = transaction->Commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code(), ErrorCode::kTimeout);
  }
  EXPECT_EQ(database.CheckPlace().error().code(), ErrorCode::kUnavailable);
  const auto refused = begin();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("test.db"));
  std::filesystem::rename(folder_.string() + "-moved", folder_);
  EXPECT_TRUE(begin()) << "its folder is back";
  std::filesystem::remove(File() + "-wal");
  EXPECT_FALSE(begin());
}

TEST(ChecksumTest, EveryBitEveryLengthAndEveryBoundaryCounts) {
  const std::string bytes = "what a cow gives";
  const std::int64_t right = Checksum().Add(bytes).value();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_NE(Checksum().Add(flipped).value(), right);
  }
  EXPECT_NE(Checksum().Add(std::string("a\0", 2)).value(), Checksum().Add("a").value());
  EXPECT_NE(Checksum().Add("ab").Add("c").value(), Checksum().Add("a").Add("bc").value());
  EXPECT_EQ(right, Checksum().Add("what a cow gives").value());
}

}  // namespace
}  // namespace herdflow::sqlite
