#include "derived_statements.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "herdflow/store_sql/statements.hpp"

namespace herdflow::store_sql {
namespace {

using herd::PeriodKind;
using pipeline::DerivedTable;

constexpr Schemas kPlain{"b_", "s_", "g_", "o_"};

std::string TextOf(const OwnedSql& sql) { return Text(sql.sql(), kPlain); }

TEST(DerivedStatements, OfATableBySensorAndPeriod) {
  const DerivedSql& sql = StatementsOf(pipeline::SensorPeriods(PeriodKind::kMonth));
  EXPECT_EQ(sql.key_columns, 4U);
  EXPECT_EQ(sql.columns, 8U);
  EXPECT_EQ(TextOf(sql.write),
            "REPLACE INTO g_measurements_monthly_aggregations_rows (farm, first_day, cow_id, "
            "sensor_id, value_sum, value_min, value_max, records_count) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
  EXPECT_EQ(TextOf(sql.remove),
            "DELETE FROM g_measurements_monthly_aggregations_rows "
            "WHERE farm = ?1 AND first_day = ?2 AND cow_id = ?3 AND sensor_id = ?4");
  EXPECT_EQ(TextOf(sql.read_cows),
            "SELECT farm, first_day, cow_id, sensor_id, value_sum, value_min, value_max, "
            "records_count FROM g_measurements_monthly_aggregations_rows "
            "WHERE farm = ?1 AND first_day = ?2 AND cow_id BETWEEN ?3 AND ?4 "
            "ORDER BY farm, first_day, cow_id, sensor_id");
  EXPECT_EQ(TextOf(sql.days.nth_cow),
            "SELECT cow_id FROM g_measurements_monthly_aggregations_rows WHERE farm = ?1 AND "
            "first_day = ?2 AND cow_id > ?3 ORDER BY cow_id LIMIT 1 OFFSET ?4");
  EXPECT_EQ(TextOf(sql.read_misplaced),
            "SELECT farm, first_day, cow_id, sensor_id, value_sum, value_min, value_max, "
            "records_count FROM g_measurements_monthly_aggregations_rows "
            "WHERE farm = ?1 AND first_day > ?2 AND first_day <= ?3 "
            "ORDER BY farm, first_day, cow_id, sensor_id");
}

TEST(DerivedStatements, OfATableByCow) {
  const DerivedSql& sql = StatementsOf(pipeline::CowMilkMeans());
  EXPECT_EQ(sql.key_columns, 3U);
  EXPECT_EQ(sql.columns, 5U);
  EXPECT_EQ(TextOf(sql.write),
            "REPLACE INTO g_cow_milk_means_rows (farm, farm_day, cow_id, milk_days, milk_sum) "
            "VALUES (?1, ?2, ?3, ?4, ?5)");
  EXPECT_EQ(TextOf(sql.read_cow),
            "SELECT farm, farm_day, cow_id, milk_days, milk_sum FROM g_cow_milk_means_rows "
            "WHERE farm = ?1 AND farm_day = ?2 AND cow_id = ?3");
  EXPECT_EQ(TextOf(StatementsOf(pipeline::SensorPeriods(PeriodKind::kDay)).sum_day),
            "SELECT COALESCE(SUM(records_count), 0), COALESCE(SUM(records_count > 0), 0) FROM "
            "g_measurements_daily_aggregations_rows WHERE farm = ?1 AND first_day = ?2");
  EXPECT_TRUE(sql.sum_day.text.empty());  // Nothing of it is asked for.
  EXPECT_EQ(sql.read_cow.list_text,
            "SELECT farm, farm_day, cow_id, milk_days, milk_sum FROM {gold}cow_milk_means_rows "
            "WHERE (farm, farm_day, cow_id) IN ((?1, ?2, ?3))");
}

TEST(DerivedStatements, OfATableOfTheFarmsDays) {
  const DerivedSql& sql = StatementsOf(pipeline::HerdDays());
  EXPECT_EQ(sql.key_columns, 2U);
  EXPECT_EQ(sql.columns, 8U);
  EXPECT_EQ(TextOf(sql.remove), "DELETE FROM g_herd_days_rows WHERE farm = ?1 AND farm_day = ?2");
  EXPECT_EQ(TextOf(sql.read_cow),
            "SELECT farm, farm_day, milk_sum, cows_milked, weight_sum, cows_weighed, readings, "
            "refused FROM g_herd_days_rows WHERE farm = ?1 AND farm_day = ?2");
  EXPECT_EQ(TextOf(sql.count), "SELECT farm, COUNT(*) FROM g_herd_days_rows GROUP BY farm");
  EXPECT_TRUE(sql.read_cows.text.empty());  // It has no cows to choose from.
  EXPECT_TRUE(sql.days.nth_cow.text.empty());
}

TEST(DerivedStatements, DaysAreFoundInSilverAndInTheQuarantine) {
  EXPECT_EQ(TextOf(SilverDays().next_day),
            "SELECT MIN(farm_day) FROM s_measurements_rows WHERE farm = ?1 AND farm_day >= ?2");
  EXPECT_EQ(TextOf(SilverDays().last_day),
            "SELECT MAX(farm_day) FROM s_measurements_rows WHERE farm = ?1");
  // What was refused without a time is of no day.
  EXPECT_EQ(TextOf(RefusedDays().next_farm),
            "SELECT farm, farm_day FROM s_quarantine_rows WHERE farm > ?1 AND farm_day IS NOT NULL "
            "ORDER BY farm, farm_day LIMIT 1");
}

/// A session keeps what it has prepared by its name.
TEST(DerivedStatements, NoTwoHaveOneName) {
  std::set<std::string> names;
  const auto add = [&](const OwnedSql& sql) {
    if (sql.text.empty()) return;
    EXPECT_TRUE(names.insert(sql.name).second) << sql.name;
  };
  std::vector<const DaysSql*> days{&SilverDays(), &RefusedDays()};
  for (const DerivedTable* table : pipeline::DerivedTables()) {
    const DerivedSql& sql = StatementsOf(*table);
    days.push_back(&sql.days);
    for (const OwnedSql* each : {&sql.write, &sql.remove, &sql.read_cow, &sql.read_cows, &sql.count,
                                 &sql.read_misplaced}) {
      add(*each);
    }
  }
  for (const DaysSql* each : days) {
    for (const OwnedSql* sql :
         {&each->next_day, &each->last_day, &each->next_farm, &each->nth_cow}) {
      add(*sql);
    }
  }
  EXPECT_GT(names.size(), 9 * pipeline::DerivedTables().size());
}

}  // namespace
}  // namespace herdflow::store_sql
