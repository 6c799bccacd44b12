#include <memory>
#include <string>

#include "herdflow/store_mysql/store.hpp"
#include "layer_store_contract.hpp"
#include "mysql_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, LayerStoreContract,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, LayerStoreContract,
                         ::testing::Values(store_mysql::MakerOf("mysql")));

}  // namespace
}  // namespace herdflow::pipeline::testing
