#include <memory>

#include "layer_store_properties.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

TEST_P(LayerStoreProperties, AnotherZoneGivesTheLayersOfThatZone) {
  EXPECT_TRUE(rc::check("filled in one zone, judged in another", [&] {
    const auto world = *RandomWorld().as("messages");
    const auto actions = *RandomActions().as("actions");
    FakeEventLog log;
    FillLog(world, log);
    const auto layers = GetParam()();
    {
      const auto store = layers->Open({});
      if (!store) RC_FAIL(store.error().message());
      RandomRun run(log, **store);
      for (const RandomAction& action : actions) run.Do(action);
      if (*rc::gen::arbitrary<bool>().as("to the end before")) run.Finish();
    }
    log.Put({Topic::kFarms, 0}, kWorldBegin, "default",
            R"({"id":"default","name":"Home","time_zone":"Europe/Berlin"})");
    const auto store = layers->Open({});
    if (!store) RC_FAIL(store.error().message());
    RandomRun run(log, **store);
    for (const RandomAction& action : actions) run.Do(action);
    run.Finish(*rc::gen::inRange<std::size_t>(1, 9).as("chunk"));
    const std::string difference = Difference(ReferenceLayers(log, {}).Dump(), DumpLayers(*layers));
    if (!difference.empty()) RC_FAIL(difference);
  }));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreProperties, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

}  // namespace
}  // namespace herdflow::pipeline::testing
