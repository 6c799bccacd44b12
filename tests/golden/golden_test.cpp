#include <memory>

#include "golden_suite.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::golden {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, Golden, OnEachCase([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         }),
                         NameOfCase);

}  // namespace
}  // namespace herdflow::golden
