#include "herdflow/store_sql/columns.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "herdflow/store_sql/sql_files.hpp"

namespace herdflow::store_sql {
namespace {

/// A statement of this text.
constexpr Sql Of(std::string_view text) { return {"", text}; }

TEST(Columns, AreNamedByTheColumnsThatTheyAre) {
  static constexpr Columns kOf(Of("SELECT cow_id, g.name,\n       place_1 FROM {gold}cows_rows g"));
  static_assert(kOf.size() == 3);
  EXPECT_EQ(kOf["cow_id"], 0);
  EXPECT_EQ(kOf["name"], 1);
  EXPECT_EQ(kOf["place_1"], 2);
}

TEST(Columns, AreNamedByTheirAlias) {
  static constexpr Columns kOf(
      Of("SELECT o.first_offset AS from_offset, 0 AS farm, 'a, FROM b' AS text,"
         " COALESCE(MAX(n), 0) + 1 AS next, CASE WHEN a = 1 THEN b ELSE c END AS chosen FROM t"));
  static_assert(kOf.size() == 5);
  EXPECT_EQ(kOf["from_offset"], 0);
  EXPECT_EQ(kOf["farm"], 1);
  EXPECT_EQ(kOf["text"], 2);
  EXPECT_EQ(kOf["next"], 3);
  EXPECT_EQ(kOf["chosen"], 4);
}

TEST(Columns, AnExpressionWithoutAliasHasAPlaceAndNoName) {
  static constexpr Columns kOf(Of("SELECT 1, a + b, COUNT(*) n, COUNT(*), -c, 'd', `e`, f FROM t"));
  static_assert(kOf.size() == 8);
  EXPECT_EQ(kOf["f"], 7);
  static_assert(SameColumns(Of("SELECT COUNT(*) FROM t"), Of("SELECT 1")));
  static_assert(!SameColumns(Of("SELECT COUNT(*) FROM t"), Of("SELECT a FROM t")));
}

TEST(Columns, WhatIsInParenthesesIsOneExpression) {
  static constexpr Columns kOf(
      Of("SELECT (SELECT x, ')' FROM u WHERE (a, b) IN ((1, 2)) LIMIT 1) AS first,"
         " SUM(CAST(y AS INT)), EXTRACT(DAY FROM z) AS day, last FROM t"));
  static_assert(kOf.size() == 4);
  EXPECT_EQ(kOf["first"], 0);
  EXPECT_EQ(kOf["day"], 2);
  EXPECT_EQ(kOf["last"], 3);
}

TEST(Columns, CommentsAreNoneOfIt) {
  static constexpr Columns kOf(
      Of("-- Own: SELECT nothing, it's said (\nSELECT a, -- and b,\n"
         "  c AS d -- FROM here\n, e FROM t -- f"));
  static_assert(kOf.size() == 3);
  EXPECT_EQ(kOf["a"], 0);
  EXPECT_EQ(kOf["d"], 1);
  EXPECT_EQ(kOf["e"], 2);
}

TEST(Columns, OfAUnionTheFirstSelectNamesThem) {
  static constexpr Columns kOf(
      Of("SELECT 'cows' AS kind, COUNT(*) AS total FROM a GROUP BY farm"
         " UNION ALL SELECT 'sensors', x, y FROM b"));
  static_assert(kOf.size() == 2);
  EXPECT_EQ(kOf["total"], 1);
  static_assert(SameColumns(Of("SELECT 1 AS a, 2 AS b UNION SELECT 3, 4"),
                            Of("SELECT a, b FROM t EXCEPT SELECT c, d FROM u")));
}

TEST(Columns, BehindWithTheMainSelectNamesThem) {
  static constexpr Columns kOf(
      Of("WITH a AS (SELECT x, y FROM t), b (z) AS (SELECT 1)\n"
         "SELECT b.z, x FROM a, b"));
  static_assert(kOf.size() == 2);
  EXPECT_EQ(kOf["z"], 0);
  EXPECT_EQ(kOf["x"], 1);
}

TEST(Columns, DistinctIsNoPartOfTheFirst) {
  static_assert(SameColumns(Of("SELECT DISTINCT a, b FROM t"), Of("SELECT a, x.b FROM t")));
  static_assert(SameColumns(Of("SELECT ALL a, b FROM t"), Of("SELECT a, b")));
  static_assert(Columns(Of("SELECT DISTINCT cow_id FROM t"))["cow_id"] == 0);
}

TEST(Columns, TheTextMayEndThem) {
  static_assert(Columns(Of("SELECT 1 AS one, (SELECT 2) + (SELECT 3) AS five"))["five"] == 1);
  static_assert(Columns(Of("SELECT a, b;\n")).size() == 2);
}

TEST(Columns, WhatGivesNoRowsHasNone) {
  static_assert(Columns(Of("")).size() == 0);
  static_assert(Columns(Of("-- SELECT a\n")).size() == 0);
  static_assert(Columns(Of("DELETE FROM t WHERE a IN (SELECT b FROM u)")).size() == 0);
  static_assert(Columns(Of("UPDATE t SET a = (SELECT b FROM u)")).size() == 0);
  static_assert(Columns(sql::kInsertPartition).size() == 0);    // INSERT … SELECT
  static_assert(Columns(sql::kInsertRejudgePass).size() == 0);  // REPLACE … SELECT
  static_assert(SameColumns(sql::kInsertPartition, sql::kRaiseRevision));
}

TEST(Columns, InARowIsWhereTheFirstStands) {
  static constexpr Columns kOf(Of("SELECT a, version, stream_id, topic_partition, b FROM t"));
  static constexpr std::string_view kNames[]{"version", "stream_id", "topic_partition"};
  EXPECT_EQ(kOf.InARow(kNames), 1);
  EXPECT_EQ(kOf.InARow({"topic_partition", "b"}), 3);
  EXPECT_EQ(kOf.InARow({"a"}), 0);
}

TEST(Columns, AreTheSameByNameAndPlace) {
  static_assert(SameColumns(Of("SELECT a, b FROM t"), Of("SELECT x.a, COUNT(*) AS b FROM u")));
  static_assert(!SameColumns(Of("SELECT a, b FROM t"), Of("SELECT b, a FROM t")));
  static_assert(!SameColumns(Of("SELECT a, b FROM t"), Of("SELECT a FROM t")));
  static_assert(!SameColumns(Of("SELECT a FROM t"), Of("SELECT a, b FROM t")));
  static_assert(!SameColumns(Of("SELECT a FROM t"), Of("DELETE FROM t")));
  static_assert(Columns(Of("SELECT a, b FROM t")).BeginsLike(Columns(Of("SELECT a FROM t"))));
  static_assert(!Columns(Of("SELECT a, b FROM t")).BeginsLike(Columns(Of("SELECT b FROM t"))));
  static_assert(!Columns(Of("SELECT a FROM t")).BeginsLike(Columns(Of("SELECT a, b FROM t"))));
}

TEST(Columns, OfStatementsThatThereAre) {
  static constexpr Columns kProgress(sql::kReadProgress);
  static_assert(kProgress.size() == 15);
  EXPECT_EQ(kProgress["judged_offset"], 6);
  EXPECT_EQ(kProgress["bronze_rows"], 14);
  static constexpr Columns kRevisions(sql::kReadRevisions);
  static_assert(kRevisions.size() == 6);
  EXPECT_EQ(kRevisions["cow_days"], 5);
}

}  // namespace
}  // namespace herdflow::store_sql
