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
      RandomRun run(log, **store, *herd::FarmCalendar::Make("UTC"));
      for (const RandomAction& action : actions) run.Do(action);
      if (*rc::gen::arbitrary<bool>().as("to the end before")) run.Finish();
    }
    const auto store = layers->Open({.time_zone = "Europe/Berlin"});
    if (!store) RC_FAIL(store.error().message());
    RandomRun run(log, **store, calendar_);
    for (const RandomAction& action : actions) run.Do(action);
    run.Finish(*rc::gen::inRange<std::size_t>(1, 9).as("chunk"));
    const std::string difference =
        Difference(ReferenceLayers(log, calendar_).Dump(), DumpLayers(*layers));
    if (!difference.empty()) RC_FAIL(difference);
  }));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreProperties, ::testing::Values(MakeLayerStoreFixture([] {
                           return std::make_unique<store_sqlite::SqliteLayerStoreFixture>();
                         })));

}  // namespace
}  // namespace herdflow::pipeline::testing
