#include <memory>

#include "layer_store_properties.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreProperties, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

}  // namespace
}  // namespace herdflow::pipeline::testing
