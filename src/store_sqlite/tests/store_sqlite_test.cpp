#include <filesystem>
#include <memory>
#include <string>

#include "herdflow/store_sqlite/store.hpp"
#include "layer_store_contract.hpp"
#include "migrations.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreContract, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

/// What is SQLite's alone.
class SqliteLayerStore : public ::testing::Test {
 protected:
  store_sqlite::SqliteLayerStoreFixture layers_;
};

TEST_F(SqliteLayerStore, AStoreOfANewerHerdflowIsRefused) {
  Must(layers_.Open({}));
  layers_.Query("PRAGMA user_version = 99", 0);
  const auto opened = layers_.Open({});
  ASSERT_EQ(CodeOf(opened), ErrorCode::kInvalidInput);
  EXPECT_THAT(opened.error().message(), ::testing::HasSubstr("99"));
}

TEST_F(SqliteLayerStore, MigrationsThatDoNotComeToTheirEndLeaveNothing) {
  {
    sqlite::OpenOptions options{};
    options.path = layers_.folder() + "/store.db";
    options.application_id = 0x48465354;
    auto database = Must(sqlite::Database::Open(options));
    // Where the last migration wants to make a table.
    Must(database.Execute("CREATE VIEW ops_notifications AS SELECT 1"));
  }
  EXPECT_FALSE(layers_.Open({}));
  EXPECT_EQ(layers_.Query("SELECT COUNT(*) FROM sqlite_master", 1).at(0).at(0), "1");
  EXPECT_EQ(layers_.Query("PRAGMA user_version", 1).at(0).at(0), "0");
  layers_.Query("DROP VIEW ops_notifications", 0);
  Must(layers_.Open({}));
}

TEST_F(SqliteLayerStore, AFilledStoreOfBeforeThereWereKindsIsBroughtForward) {
  constexpr std::size_t kVersion = 6;
  {
    sqlite::OpenOptions options{};
    options.path = layers_.folder() + "/store.db";
    options.application_id = 0x48465354;
    auto database = Must(sqlite::Database::Open(options));
    for (const auto migration : store_sqlite::kMigrations.first(kVersion)) {
      Must(database.Execute(migration));
    }
    Must(database.Execute(
        "PRAGMA user_version = 6;"
        "INSERT INTO ops_settings VALUES ('rules_version', '2-0'), ('time_zone', 'UTC');"
        "INSERT INTO ops_streams VALUES (1, 'log', 'sensors', 'log');"
        "INSERT INTO ops_consumer_offsets (consumer_group, stream_id, part, first_offset, "
        "next_offset,"
        " holes, last_version, epoch, last_offset) VALUES ('herdflow', 'log', 0, 0, 1, 0, 1, 1, 0);"
        "INSERT INTO ops_watermarks VALUES ('sensors', 1, 0, 1);"
        "INSERT INTO ops_sensor_ids VALUES (1, 'S1');"
        "INSERT INTO bronze_sensors_rows VALUES (1, 0, 0, 1, 1, 'S1', 'Pounds', NULL, 'S1',"
        " '{\"id\":\"S1\",\"unit\":\"Pounds\",\"kind\":\"milk\"}', NULL);"
        "INSERT INTO gold_sensors_rows VALUES (1, 'Pounds', NULL, 1, 1, 0, 0, 1, 1)"));
  }
  const auto store = Must(layers_.Open({}));
  const char* const gold = "SELECT id, unit, kind FROM gold_sensors";
  EXPECT_EQ(layers_.Query(gold, 3), (std::vector<Cells>{{"S1", "Pounds", "-"}}));
  Must(JudgeSensors(*store, Never, Quiet));
  EXPECT_EQ(layers_.Query(gold, 3), (std::vector<Cells>{{"S1", "lb", "milk"}}));
}

TEST_F(SqliteLayerStore, OpeningMakesTheFolderAndOpeningAgainChangesNothing) {
  const std::string folder = layers_.folder() + "/a/b";
  Must(store_sqlite::MakeSqliteLayerStore({folder, {}}));
  EXPECT_TRUE(std::filesystem::exists(folder + "/store.db"));
  Must(store_sqlite::MakeSqliteLayerStore({folder, {}}));
}

TEST_F(SqliteLayerStore, QueriesOfAFolderWithoutAStoreSayHowToMakeOne) {
  const auto queries = store_sqlite::MakeSqliteHerdQueries(layers_.folder());
  ASSERT_EQ(CodeOf(queries), ErrorCode::kNotFound);
  EXPECT_THAT(queries.error().message(), ::testing::HasSubstr("herdflow load"));
  EXPECT_FALSE(std::filesystem::exists(layers_.folder() + "/store.db"));
}

TEST_F(SqliteLayerStore, EveryViewReads) {
  const auto store = Must(layers_.Open({}));
  for (const char* view :
       {"bronze_farms", "bronze_cows", "bronze_sensors", "bronze_measurements",
        "silver_measurements", "silver_quarantine", "gold_cows", "gold_sensors",
        "gold_measurements_daily_aggregations", "gold_measurements_weekly_aggregations",
        "gold_measurements_monthly_aggregations", "gold_measurements_yearly_aggregations",
        "gold_cow_daily_metrics"}) {
    EXPECT_EQ(layers_.Query(std::string("SELECT COUNT(*) FROM ") + view, 1).at(0).at(0), "0");
  }
  EXPECT_EQ(layers_.Query("SELECT id FROM gold_farms", 1), (std::vector<Cells>{{"default"}}));
}

}  // namespace
}  // namespace herdflow::pipeline::testing
