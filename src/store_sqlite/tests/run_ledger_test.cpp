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

}  // namespace
}  // namespace herdflow::pipeline::testing
