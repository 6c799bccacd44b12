#include "herdflow/sql/sql.hpp"

#include <gtest/gtest.h>

#include <string>

#include "statements.hpp"

namespace herdflow::sql {
namespace {

TEST(Sql, AStatementIsItsFileWithTheSchemasPutIn) {
  EXPECT_EQ(Statement("delete_dirty_days", {"b_", "s_", "g_", "o_"}), "DELETE FROM o_dirty_days\n");
  const std::string cow = Statement("find_cow", {"b.", "s.", "g.", "o."});
  EXPECT_NE(cow.find("FROM o.cow_ids i JOIN g.cows_rows g"), std::string::npos) << cow;
}

TEST(Sql, NoBraceIsLeftInAnyStatement) {
  for (const char* name : {"insert_bronze_measurement", "write_reading", "insert_quarantine",
                           "read_unjudged_partitions", "read_latest_sensor_data"}) {
    const std::string text = Statement(name, {"", "", "", ""});
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
  }
}

TEST(Sql, WhatIsNoFileIsNoStatement) {
  EXPECT_TRUE(FindStatement("no_such_statement").empty());
  EXPECT_TRUE(FindStatement("").empty());
}

TEST(ForManyRows, NumbersTheParametersOn) {
  EXPECT_EQ(ForManyRows("REPLACE INTO t (a, b) VALUES (?1, ?2)\n", 2, 3),
            "REPLACE INTO t (a, b) VALUES (?1, ?2), (?3, ?4), (?5, ?6)");
}

}  // namespace
}  // namespace herdflow::sql
