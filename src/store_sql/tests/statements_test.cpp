#include "herdflow/store_sql/statements.hpp"

#include <gtest/gtest.h>

#include <string>

#include "herdflow/store_sql/sql_files.hpp"

namespace herdflow::store_sql {
namespace {

TEST(Sql, AStatementIsItsFileWithTheSchemasPutIn) {
  EXPECT_EQ(Text(sql::kCountDirtyDays, {"b_", "s_", "g_", "o_"}),
            "SELECT COUNT(*) AS total FROM o_dirty_days\n");
  const std::string cow = Text(sql::kFindCow, {"b.", "s.", "g.", "o."});
  EXPECT_NE(cow.find("FROM o.cow_ids i JOIN g.cows_rows g"), std::string::npos) << cow;
}

TEST(Sql, NoBraceIsLeftInAnyStatement) {
  for (const Sql& each : {sql::kInsertBronzeMeasurement, sql::kWriteReading, sql::kInsertQuarantine,
                          sql::kReadUnjudgedPartitions, sql::kReadLatestSensorData}) {
    const std::string text = Text(each, {"", "", "", ""});
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
  }
}

TEST(ForManyRows, NumbersTheParametersOn) {
  EXPECT_EQ(ForManyRows("REPLACE INTO t (a, b) VALUES (?1, ?2)\n", 2, 3),
            "REPLACE INTO t (a, b) VALUES (?1, ?2), (?3, ?4), (?5, ?6)\n");
  EXPECT_EQ(ForManyRows("SELECT a FROM t WHERE (a, b) IN ((?1, ?2)) AND c", 2, 2),
            "SELECT a FROM t WHERE (a, b) IN ((?1, ?2), (?3, ?4)) AND c");
}

}  // namespace
}  // namespace herdflow::store_sql
