#include <memory>

#include "layer_store_properties.hpp"
#include "layer_store_revisions.hpp"
#include "mysql_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, LayerStoreProperties,
                         ::testing::Values(store_mysql::MakerOf("mariadb")));
INSTANTIATE_TEST_SUITE_P(Mysql, LayerStoreProperties,
                         ::testing::Values(store_mysql::MakerOf("mysql")));

}  // namespace
}  // namespace herdflow::pipeline::testing
