#include "herdflow/store_mysql/store.hpp"
#include "mysql_layer_store_fixture.hpp"
#include "run_ledger_contract.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, RunLedgerContract,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, RunLedgerContract,
                         ::testing::Values(store_mysql::MakerOf("mysql")));

}  // namespace
}  // namespace herdflow::pipeline::testing
