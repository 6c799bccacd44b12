#include "golden_suite.hpp"
#include "mysql_layer_store_fixture.hpp"

namespace herdflow::golden {
namespace {

INSTANTIATE_TEST_SUITE_P(MariaDb, Golden, OnEachCase(store_mysql::MakerOf("mariadb")), NameOfCase);
INSTANTIATE_TEST_SUITE_P(Mysql, Golden, OnEachCase(store_mysql::MakerOf("mysql")), NameOfCase);

}  // namespace
}  // namespace herdflow::golden
