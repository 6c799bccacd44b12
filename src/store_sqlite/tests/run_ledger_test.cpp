#include "../migrations.hpp"
#include "herdflow/sqlite/database.hpp"
#include "herdflow/store_sqlite/store.hpp"
#include "run_ledger_contract.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, RunLedgerContract, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

TEST(SqliteRunLedger, OfAFolderWithoutAStoreSaysHowToMakeOne) {
  const store_sqlite::SqliteLayerStoreFixture layers;
  const auto ledger = store_sqlite::MakeSqliteRunLedger(layers.folder());
  ASSERT_EQ(CodeOf(ledger), ErrorCode::kNotFound);
  EXPECT_THAT(ledger.error().message(), HasSubstr("herdflow load"));
}

/// A store as the release before slots were a column left it, with the runs of a slot asked for.
void MakeStoreWithoutSlots(const std::string& folder) {
  constexpr std::size_t kSchema = 3;
  sqlite::OpenOptions options{};
  options.path = folder + "/store.db";
  options.application_id = 0x48465354;
  auto database = Must(sqlite::Database::Open(options));
  for (const std::string_view each : store_sqlite::kMigrations.first(kSchema)) {
    Must(database.Execute(each));
  }
  Must(database.SetUserVersion(kSchema));
  Must(database.Execute(
      "INSERT INTO ops_task_runs (pipeline, task, idempotency_key, trigger_kind, state, "
      "requested_at, attempt, rows_read, rows_written, cancel_requested) VALUES "
      "('cow_data_pipeline', 'cleanse_cows', "
      "'schedule:cow_data_pipeline:2025-01-01T00:15:00Z:cleanse_cows', 'schedule', 'queued', 1, 0, "
      "0, 0, 0)"));
}

TEST(SqliteRunLedger, ASlotThatWasAskedForByTheLastReleaseIsKnownAsOne) {
  const store_sqlite::SqliteLayerStoreFixture layers;
  MakeStoreWithoutSlots(layers.folder());
  const auto ledger = Must(store_sqlite::MakeSqliteRunLedger(layers.folder()));
  const auto run = Must(ledger->Take({"host:1", 3, Now(), {}})).value();
  EXPECT_EQ(run.slot, ParseInstant("2025-01-01T00:15:00Z"));
  EXPECT_EQ(run.beats, 0);
}

}  // namespace
}  // namespace herdflow::pipeline::testing
