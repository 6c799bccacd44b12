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
INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreRevisions, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

/// What is SQLite's alone.
class SqliteLayerStore : public ::testing::Test {
 protected:
  /// A store of this version of the schema, and what fills it.
  void MakeOfVersion(std::size_t version, const std::string& filled) {
    sqlite::OpenOptions options{};
    options.path = layers_.folder() + "/store.db";
    options.application_id = 0x48465354;
    auto database = Must(sqlite::Database::Open(options));
    for (const auto migration : store_sqlite::kMigrations.first(version)) {
      Must(database.Execute(migration));
    }
    Must(database.Execute(fmt::format("PRAGMA user_version = {};{}", version, filled)));
  }

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
  MakeOfVersion(
      6,
      "INSERT INTO ops_settings VALUES ('rules_version', '2-0'), ('time_zone', 'UTC');"
      "INSERT INTO ops_streams VALUES (1, 'log', 'sensors', 'log');"
      "INSERT INTO ops_consumer_offsets (consumer_group, stream_id, part, first_offset, "
      "next_offset,"
      " holes, last_version, epoch, last_offset) VALUES ('herdflow', 'log', 0, 0, 1, 0, 1, 1, 0);"
      "INSERT INTO ops_watermarks VALUES ('sensors', 1, 0, 1);"
      "INSERT INTO ops_sensor_ids VALUES (1, 'S1');"
      "INSERT INTO bronze_sensors_rows VALUES (1, 0, 0, 1, 1, 'S1', 'Pounds', NULL, 'S1',"
      " '{\"id\":\"S1\",\"unit\":\"Pounds\",\"kind\":\"milk\"}', NULL);"
      "INSERT INTO gold_sensors_rows VALUES (1, 'Pounds', NULL, 1, 1, 0, 0, 1, 1)");
  const auto store = Must(layers_.Open({}));
  const char* const gold = "SELECT id, unit, kind FROM gold_sensors";
  EXPECT_EQ(layers_.Query(gold, 3), (std::vector<Cells>{{"S1", "Pounds", "-"}}));
  Must(JudgeSensors(*store, Never, Quiet));
  EXPECT_EQ(layers_.Query(gold, 3), (std::vector<Cells>{{"S1", "lb", "milk"}}));
}

TEST_F(SqliteLayerStore, WhatAStoreOfBeforeThereWereFarmsHoldsIsOfDefault) {
  MakeOfVersion(
      7,
      "INSERT INTO ops_settings VALUES ('rules_version', '2-0'), ('time_zone', 'Europe/Berlin');"
      "INSERT INTO ops_streams VALUES (1, 'log', 'measurements', 'log');"
      "INSERT INTO ops_consumer_offsets (consumer_group, stream_id, part, first_offset,"
      " next_offset, holes, last_version, epoch, last_offset)"
      " VALUES ('herdflow', 'log', 0, 0, 5, 0, 5, 1, 4);"
      "INSERT INTO ops_watermarks VALUES ('measurements', 1, 0, 5);"
      "INSERT INTO ops_cow_ids VALUES (7, 'C1');"
      "INSERT INTO ops_sensor_ids VALUES (9, 'S1');"
      "INSERT INTO ops_cow_names VALUES ('Alma', 41);"
      "INSERT INTO ops_cow_requests VALUES ('key', 'Alma', NULL, 'C1', 'Alma #41');"
      "INSERT INTO ops_rejudge_scopes VALUES (-1, 0, 5, 6), (9, 0, NULL, NULL);"
      // 2024-04-08T23:30Z, which is the 9th in Berlin.
      "INSERT INTO bronze_measurements_rows VALUES (1, 0, 0, 1, 1712619000000000, 9, 7, 0,"
      " '2024-04-08T23:30:00Z', '12.5', NULL, NULL, NULL, NULL, NULL, NULL);"
      "INSERT INTO silver_measurements_rows VALUES"
      " (7, 19822, 9, 1712619000000000, 12500000, 0, 1, 1, 0, 0, 1, 1);"
      "INSERT INTO gold_cows_rows VALUES (7, 'Alma', NULL, NULL, 1, 0, 0, 0, 1, 1);"
      "INSERT INTO gold_sensors_rows VALUES (9, 'L', NULL, 1, 0, 0, 0, 1, 1, NULL);"
      "INSERT INTO silver_quarantine_rows VALUES"
      " (1, 0, 1, 2, 2, 9, 7, 19821, 1, 'negative', 'value', '', '', 0),"
      " (1, 0, 2, 3, 3, NULL, NULL, NULL, NULL, 'bad_json', '', '', '', 0),"
      " (1, 0, 3, 4, 4, NULL, NULL, NULL, NULL, 'missing', '', '', '', 0),"
      " (1, 0, 4, 5, 5, NULL, 7, NULL, NULL, 'missing', 'sensor_id', '', '', 0)");
  Must(store_sqlite::MakeSqliteRunLedger(layers_.folder()));
  const auto read_only = Must(layers_.Queries().herd->FindFarm("default"));
  ASSERT_TRUE(read_only) << "also before somebody opens it who knows the configuration";
  EXPECT_EQ(read_only->rules.time_zone, "Europe/Berlin");
  EXPECT_FALSE(read_only->created_at);
  herd::FarmRules rules{.time_zone = "Europe/Berlin", .bounds = {.litre_max = 50'000'000}};
  const auto store = Must(layers_.Open({.default_farm = rules}));
  EXPECT_EQ(Must(layers_.Queries().herd->FindFarm("default"))->rules, rules);
  EXPECT_THAT(SilverLines(layers_),
              ElementsAre("C1 S1 2024-04-08T23:30:00Z 12.5 accepted on 2024-04-09"));
  EXPECT_EQ(layers_.Query("SELECT farm, cow_id FROM silver_measurements", 2),
            (std::vector<Cells>{{"default", "C1"}}));
  EXPECT_EQ(layers_.Query("SELECT farm FROM silver_quarantine ORDER BY topic_offset", 1),
            (std::vector<Cells>{{"default"}, {"-"}, {"-"}, {"default"}}));
  const auto audit = Must(layers_.Queries().operations->Audit());
  EXPECT_THAT(audit.differences, ::testing::IsEmpty()) << "what there was is counted once";
  const auto kept = Must(layers_.Queries().operations->ReadStatus());
  using Counts = std::map<std::string, std::int64_t>;
  EXPECT_EQ(kept.silver_by_state, (Counts{{"accepted", 1}}));
  EXPECT_EQ(kept.quarantine_by_code, (Counts{{"bad_json", 1}, {"missing", 2}, {"negative", 1}}));
  EXPECT_EQ(kept.partitions.at(0).bronze_rows, 1);
  EXPECT_EQ(layers_.Query("SELECT epoch, farms_from FROM ops_consumer_offsets", 2),
            (std::vector<Cells>{{"2", "5"}}));
  EXPECT_EQ(layers_.Query("SELECT kind, ref, first_day FROM ops_rejudge_passes ORDER BY kind", 3),
            (std::vector<Cells>{{"0", "0", "-"}, {"1", "0", "5"}, {"2", "9", "-"}}));
  EXPECT_EQ(Must(store->ReserveCow({"default", "C2", "Alma", "Alma", {}, {}, "key"})).id, "C1");
  EXPECT_EQ(Must(store->ReserveCow({"default", "C2", "Alma", "Alma", {}, {}, ""})).name,
            "Alma #42");
  EXPECT_EQ(Must(store->ReserveCow({"north", "C2", "Alma", "Alma", {}, {}, "key"})).id, "C2");
}

TEST_F(SqliteLayerStore, AFilledStoreOfBeforeThereWereRevisionsKnowsWhatItHolds) {
  MakeOfVersion(8,
                "INSERT INTO ops_farm_ids VALUES (2, 'north'), (3, 'empty');"
                "INSERT INTO ops_cow_ids VALUES (7, 1, 'C1'), (8, 1, 'C2'), (9, 2, 'C1');"
                "INSERT INTO gold_measurements_daily_aggregations_rows VALUES"
                " (7, 19822, 1, 1, 1, 1, 1), (7, 19900, 1, 1, 1, 1, 1),"
                " (8, 19800, 1, 1, 1, 1, 1), (9, 19700, 2, 1, 1, 1, 1)");
  Must(layers_.Open({}));
  const auto queries = layers_.Queries();
  const auto range = [&](std::string_view farm) {
    const auto found = Must(queries.report->ReadDataRange(farm));
    return found ? fmt::format("{} to {}", found->first.days, found->last.days) : "none";
  };
  EXPECT_EQ(range("default"), "19800 to 19900");
  EXPECT_EQ(range("north"), "19700 to 19700");
  EXPECT_EQ(range("empty"), "none");
  for (const char* farm : {"default", "north", "empty"}) {
    EXPECT_GT(Must(queries.herd->ReadRevisions(farm, {}))->herd_book, 1'000'000'000'000'000)
        << farm;
  }
  EXPECT_GT(Must(queries.herd->ReadRevisionOfFarms()), 1'000'000'000'000'000);
}

TEST_F(SqliteLayerStore, AFilledStoreOfBeforeThereWereSumsOfDaysHasThem) {
  const auto gold =
      "INSERT INTO gold_cow_daily_metrics_rows VALUES (1, 19822, 7, 2, 30, 1, 600, 600, 1),"
      " (1, 19822, 8, 1, 12, 0, 0, NULL, NULL), (1, 19823, 7, 0, 0, 2, 1210, 610, 1),"
      " (2, 19822, 9, 1, 5, 0, 0, NULL, NULL);";
  MakeOfVersion(
      11, fmt::format("INSERT INTO ops_feed_places VALUES"
                      " ('cow_daily_metrics', 1, 1, 0, 0, -1073741824, 2147483647, NULL, NULL),"
                      " ('daily_aggregation', 1, 1, 2, 1, 19822, 2147483647, 19823, 19823);"
                      "INSERT INTO gold_measurements_daily_aggregations_rows VALUES"
                      " (1, 19822, 7, 1, 1, 1, 1, 3), (1, 19823, 7, 1, 1, 1, 1, 4);{}",
                      gold));
  Must(layers_.Open({}));
  EXPECT_EQ(layers_.Query("SELECT farm, farm_day, value, total, positive FROM ops_day_sums", 5),
            (std::vector<Cells>{{"1", "19822", "last_weight", "600", "1"},
                                {"1", "19822", "milk_count", "3", "2"},
                                {"1", "19822", "milk_sum", "42", "2"},
                                {"1", "19822", "weight_count", "1", "1"},
                                {"1", "19823", "last_weight", "610", "1"},
                                {"1", "19823", "milk_count", "0", "0"},
                                {"1", "19823", "milk_sum", "0", "0"},
                                {"1", "19823", "weight_count", "2", "1"},
                                {"2", "19822", "last_weight", "0", "0"},
                                {"2", "19822", "milk_count", "1", "1"},
                                {"2", "19822", "milk_sum", "5", "1"},
                                {"2", "19822", "weight_count", "0", "0"},
                                {"1", "19822", "records_count", "3", "1"}}))
      << "but of the day that is being filled";
  EXPECT_EQ(layers_.Query("SELECT last_farm, last_day FROM ops_feed_places WHERE state = 2", 2),
            (std::vector<Cells>{{"0", "-1073741824"}}));
}

TEST_F(SqliteLayerStore, StatementsOfAProcessOfBeforeThereWereFarmsFail) {
  Must(layers_.Open({}));
  sqlite::OpenOptions options{};
  options.path = layers_.folder() + "/store.db";
  options.application_id = 0x48465332;
  auto database = Must(sqlite::Database::Open(options));
  for (const char* of : {"cow", "sensor"}) {
    EXPECT_FALSE(
        database.Prepare(fmt::format("SELECT id FROM ops_{0}_ids WHERE {0}_id = 'C1'", of)));
    EXPECT_FALSE(
        database.Prepare(fmt::format("INSERT INTO ops_{0}_ids ({0}_id) VALUES ('C1')", of)));
  }
}

TEST_F(SqliteLayerStore, OpeningMakesTheFolderAndOpeningAgainChangesNothing) {
  const std::string folder = layers_.folder() + "/a/b";
  Must(store_sqlite::MakeSqliteLayerStore({folder, {}}));
  EXPECT_TRUE(std::filesystem::exists(folder + "/store.db"));
  Must(store_sqlite::MakeSqliteLayerStore({folder, {}}));
}

TEST_F(SqliteLayerStore, QueriesOfAFolderWithoutAStoreSayHowToMakeOne) {
  const auto queries = store_sqlite::MakeSqliteQueries(layers_.folder());
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
        "gold_cow_daily_metrics", "gold_herd_days", "gold_cow_milk_means"}) {
    EXPECT_EQ(layers_.Query(std::string("SELECT COUNT(*) FROM ") + view, 1).at(0).at(0), "0");
  }
  EXPECT_EQ(layers_.Query("SELECT id FROM gold_farms", 1), (std::vector<Cells>{{"default"}}));
}

}  // namespace
}  // namespace herdflow::pipeline::testing
