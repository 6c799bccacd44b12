#include "migrate.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "layer_store_contract/fixture.hpp"
#include "mysql_layer_store_fixture.hpp"
#include "session_settings.hpp"

namespace herdflow::pipeline::testing {
namespace {

using store_mysql::MysqlLayerStoreFixture;
using store_mysql::Tables;

/// Everything that migrations make, a line each, without the prefix of the databases.
Lines SchemaOf(MysqlLayerStoreFixture& layers) {
  const std::string ours = " WHERE table_schema LIKE '" + layers.options().prefix + "%'";
  Lines lines;
  const auto add = [&](std::string_view what, const std::string& sql, int columns) {
    for (const Cells& row : layers.Query(sql, columns)) {
      std::string line = fmt::format("{}: {}", what, fmt::join(row, " | "));
      for (std::size_t at = 0;
           (at = line.find(layers.options().prefix, at)) != std::string::npos;) {
        line.erase(at, layers.options().prefix.size());
      }
      lines.push_back(std::move(line));
    }
  };
  add("table",
      "SELECT table_schema, table_name, table_type, engine, row_format, table_collation FROM "
      "information_schema.tables" +
          ours,
      6);
  add("column",
      "SELECT table_schema, table_name, ordinal_position, column_name, column_type, is_nullable, "
      "column_default, collation_name, extra FROM information_schema.columns" +
          ours,
      9);
  add("index",
      "SELECT table_schema, table_name, index_name, seq_in_index, column_name, non_unique FROM "
      "information_schema.statistics" +
          ours,
      6);
  add("view",
      "SELECT table_schema, table_name, security_type, view_definition FROM "
      "information_schema.views" +
          ours,
      4);
  add("counter", "SELECT name, value FROM {ops}counters", 2);
  add("lease", "SELECT step, owner FROM {ops}step_leases", 2);
  add("table", "SELECT table_name, position, state FROM {ops}feed_places", 3);
  std::sort(lines.begin(), lines.end());
  return lines;
}

class Migrations : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto server = store_mysql::ServerOfStack(GetParam());
    if (!server) {
      SkipWithoutServer();
      return;
    }
    fresh_ = std::make_unique<MysqlLayerStoreFixture>(*server, Tables::kNew);
    layers_ = std::make_unique<MysqlLayerStoreFixture>(*server, Tables::kNew);
  }

  void ExpectTheSchemaOfAFreshStore() {
    Must(fresh_->Open({}));
    const auto ours = SchemaOf(*layers_);
    const auto wanted = SchemaOf(*fresh_);
    std::vector<std::string> more, missing;
    std::set_difference(ours.begin(), ours.end(), wanted.begin(), wanted.end(),
                        std::back_inserter(more));
    std::set_difference(wanted.begin(), wanted.end(), ours.begin(), ours.end(),
                        std::back_inserter(missing));
    EXPECT_THAT(more, IsEmpty());
    EXPECT_THAT(missing, IsEmpty());
  }

  /// Empty databases, as Migrate begins with.
  void MakeDatabases() {
    for (const std::string& name : databases().names()) {
      layers_->Query(fmt::format("CREATE DATABASE {} COLLATE {}", name,
                                 store_mysql::CollationOf(GetParam() == "mariadb")),
                     0);
    }
    layers_->Query(
        "CREATE TABLE {ops}schema_versions (version INT NOT NULL PRIMARY KEY, "
        "applied_at DATETIME(6) NOT NULL)",
        0);
  }

  /// Run the migrations after the first `done`, killed after each statement, one after the other;
  /// the last one before it is noted as done.
  void MigrateKilledAtEach(std::size_t done) {
    for (; done < store_mysql::kMigrations.size(); ++done) {
      const std::string sql =
          store_sql::WithSchemas(store_mysql::kMigrations[done], databases().schemas());
      for (const std::string_view statement : store_mysql::StatementsOf(sql)) {
        const auto end = static_cast<std::size_t>(statement.data() + statement.size() - sql.data());
        Must(store_mysql::RunMigration(layers_->Open(), sql.substr(0, end)));
      }
      if (done + 1 == store_mysql::kMigrations.size()) break;
      Must(store_mysql::RunMigration(layers_->Open(), sql));
      layers_->Query(
          fmt::format("INSERT INTO {{ops}}schema_versions VALUES ({}, NOW(6))", done + 1), 0);
    }
  }

  [[nodiscard]] store_mysql::Databases databases() const {
    return store_mysql::Databases(layers_->options().prefix);
  }

  std::unique_ptr<MysqlLayerStoreFixture> fresh_, layers_;
};

TEST_P(Migrations, KilledAfterAnyStatementTheyAreDoneAgain) {
  MakeDatabases();
  MigrateKilledAtEach(0);
  Must(layers_->Open({}));
  ExpectTheSchemaOfAFreshStore();
}

TEST_P(Migrations, AFilledStoreOfTheLastReleaseIsBroughtForwardHoweverOftenItIsKilled) {
  constexpr std::size_t kVersion = 2;
  MakeDatabases();
  std::ifstream file(HERDFLOW_LAST_RELEASE);
  std::stringstream text;
  text << file.rdbuf();
  const std::string sql = store_sql::WithSchemas(text.str(), databases().schemas());
  for (const std::string_view statement : store_mysql::StatementsOf(sql)) {
    layers_->Query(statement, 0);
  }
  layers_->Query("INSERT INTO {ops}schema_versions VALUES (1, NOW(6)), (2, NOW(6))", 0);
  MigrateKilledAtEach(kVersion);
  const auto store = Must(layers_->Open({}));
  EXPECT_EQ(SilverLines(*layers_), Lines{"C1 S1 2024-04-08T12:00:00Z 12.5 accepted on 2024-04-08"});
  EXPECT_EQ(layers_->Query("SELECT farm FROM {silver}quarantine ORDER BY topic_offset", 1),
            (std::vector<Cells>{{"default"}, {"-"}, {"-"}, {"default"}}));
  EXPECT_EQ(layers_->Query("SELECT farm, cow_id FROM {silver}measurements", 2),
            (std::vector<Cells>{{"default", "C1"}}));
  EXPECT_EQ(layers_->Query("SELECT part, farms_from FROM {ops}consumer_offsets", 2),
            (std::vector<Cells>{{"0", "1"}}));
  const auto audit = Must(layers_->Queries().operations->Audit());
  EXPECT_THAT(audit.differences, IsEmpty()) << "counted once, however often it was killed";
  EXPECT_EQ(audit.status.silver_by_state, (std::map<std::string, std::int64_t>{{"accepted", 1}}));
  EXPECT_EQ(layers_->Query("SELECT table_name, state FROM {ops}feed_places ORDER BY table_name", 2),
            (std::vector<Cells>{{"cow_daily_metrics", "0"},
                                {"daily_aggregation", "0"},
                                {"monthly_aggregation", "0"},
                                {"weekly_aggregation", "0"},
                                {"yearly_aggregation", "0"}}))
      << "they go on where they were";
  // As a fresh one has it.
  layers_->Query("UPDATE {ops}counters SET value = 0", 0);
  layers_->Query("DELETE FROM {ops}feed_places", 0);
  ExpectTheSchemaOfAFreshStore();
  for (const char* of : {"cow", "sensor"}) {  // What a process of that release would do.
    const std::string table = fmt::format("{}{}_ids", databases().ops, of);
    EXPECT_FALSE(
        layers_->Open().Execute(fmt::format("SELECT id FROM {} WHERE {}_id = 'C1'", table, of)));
    EXPECT_FALSE(
        layers_->Open().Execute(fmt::format("INSERT INTO {} ({}_id) VALUES ('C9')", table, of)));
  }
  EXPECT_EQ(Must(store->ReserveCow({"default", "C2", "Alma", "Alma", {}, {}, "key"})).id, "C1");
  EXPECT_EQ(Must(store->ReserveCow({"default", "C2", "Alma", "Alma", {}, {}, ""})).name,
            "Alma #42");
  EXPECT_EQ(Must(store->ReserveCow({"north", "C2", "Alma", "Alma", {}, {}, "key"})).id, "C2");
}

TEST_P(Migrations, AStatementThatFailsForAnotherReasonThanThatItWasDoneEndsThem) {
  MakeDatabases();
  store_mysql::Connection& connection = layers_->Open();
  const std::string table = databases().ops + "t";
  Must(store_mysql::RunMigration(connection, "CREATE TABLE " + table + " (a INT)"));
  for (int i = 0; i < 2; ++i) {
    Must(store_mysql::RunMigration(connection, "ALTER TABLE " + table + " ADD COLUMN b INT"));
    Must(store_mysql::RunMigration(connection, "ALTER TABLE " + table + " ADD INDEX i (b)"));
    Must(store_mysql::RunMigration(connection, "ALTER TABLE " + table + " DROP COLUMN a"));
  }
  EXPECT_FALSE(store_mysql::RunMigration(connection, "ALTER TABLE " + table + " ADD INDEX j (a)"));
}

INSTANTIATE_TEST_SUITE_P(MariaDb, Migrations, ::testing::Values("mariadb"));
INSTANTIATE_TEST_SUITE_P(Mysql, Migrations, ::testing::Values("mysql"));

}  // namespace
}  // namespace herdflow::pipeline::testing
