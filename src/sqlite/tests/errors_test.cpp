#include "errors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace herdflow::sqlite {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ErrorCode CodeOf(int sqlite_code) { return Translate(sqlite_code, "log.db", "", "").code(); }

TEST(SqliteErrors, SayWhatTheCallerShouldDo) {
  EXPECT_EQ(CodeOf(SQLITE_BUSY), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_BUSY_SNAPSHOT), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_LOCKED), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_FULL), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_FSYNC), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_IOERR_CORRUPTFS), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(SQLITE_CANTOPEN), ErrorCode::kUnavailable);
  EXPECT_EQ(CodeOf(SQLITE_CORRUPT_INDEX), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(SQLITE_NOTADB), ErrorCode::kCorruptData);
  EXPECT_EQ(CodeOf(SQLITE_READONLY_DIRECTORY), ErrorCode::kInvalidInput);
  EXPECT_EQ(CodeOf(SQLITE_CONSTRAINT_PRIMARYKEY), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf(SQLITE_CONSTRAINT_NOTNULL), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(SQLITE_ERROR), ErrorCode::kInternal);
  EXPECT_EQ(CodeOf(SQLITE_MISUSE), ErrorCode::kInternal);
}

TEST(SqliteErrors, NameTheFileAndTheRemedy) {
  EXPECT_THAT(Translate(SQLITE_FULL, "log.db", "database or disk is full", "INSERT").message(),
              AllOf(HasSubstr("log.db"), HasSubstr("disk is full; free some space"),
                    Not(HasSubstr("INSERT"))));
  EXPECT_THAT(Translate(SQLITE_ERROR, "log.db", "no such table: x", "SELECT x").message(),
              AllOf(HasSubstr("no such table: x"), HasSubstr("SELECT x")));
}

TEST(SqliteVersion, WithTheWalResetBugIsRefused) {
  for (const int safe : {3'044'006, 3'044'009, 3'050'007, 3'051'003, 3'052'000, 3'053'002}) {
    EXPECT_TRUE(IsSafeVersion(safe)) << safe;
  }
  for (const int affected :
       {3'007'000, 3'040'001, 3'044'005, 3'045'001, 3'049'009, 3'050'006, 3'051'002}) {
    EXPECT_FALSE(IsSafeVersion(affected)) << affected;
  }
}

}  // namespace
}  // namespace herdflow::sqlite
