#include <map>
#include <memory>
#include <string>

#include "layer_store_properties.hpp"
#include "layer_store_revisions.hpp"
#include "sqlite_layer_store_fixture.hpp"

namespace herdflow::pipeline::testing {
namespace {

/// The lines of what belongs to no farm that can be read.
bool IsNobodys(const std::string& line) { return line.ends_with("of - - -"); }

/// Of a dump, the farm's lines; with its ids as `default`'s stand there.
Lines LinesOf(const std::string& farm, const Lines& dump) {
  const std::string prefix = " " + farm + "/";
  Lines lines;
  for (std::string line : dump) {
    if (line.starts_with("farm: ") || IsNobodys(line)) continue;
    bool is_its = farm == herd::kDefaultFarm && line.find(" north/") == std::string::npos &&
                  line.find(" south/") == std::string::npos;
    for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix)) {
      line.erase(at + 1, prefix.size() - 1);
      is_its = true;
    }
    if (is_its) lines.push_back(std::move(line));
  }
  return lines;
}

// On one engine: others hold these histories against the data contract.
TEST_P(LayerStoreProperties, ThreeFarmsInOneStoreAreThreeHerdflows) {
  const std::map<std::string, herd::FarmRules> farms{
      {"default", kBerlin},
      {"north", {.time_zone = "America/New_York", .bounds = {.litre_max = 20 * herd::kMillion}}},
      {"south", {.time_zone = "Pacific/Auckland", .bounds = {}, .density_millionths = 1'000'000}}};
  EXPECT_TRUE(rc::check("each farm's layers are those of a store of its own", [&] {
    auto world = *RandomWorld().as("messages");
    std::erase_if(world, [](const auto& message) {
      return message.To().topic == Topic::kFarms || message.kind == 5 || message.farm > 2;
    });
    const auto actions = *RandomActions().as("actions");
    FakeEventLog log;
    log.Put({Topic::kFarms, 0}, kWorldBegin, "north",
            R"({"id":"north","name":"N","time_zone":"America/New_York","litre_max":20})");
    log.Put({Topic::kFarms, 1}, kWorldBegin, "south",
            R"({"id":"south","name":"S","time_zone":"Pacific/Auckland","milk_density":1})");
    FillLog(world, log);
    const Lines together = Layers(log, actions, 25'000);
    for (std::size_t i = 0; i < 3; ++i) {
      const std::string farm = RandomMessage::kFarms.at(i);
      FakeEventLog alone;  // In the place of the other farms' messages is nothing.
      for (RandomMessage message : world) {
        const bool is_its = message.farm == static_cast<int>(i);
        message.farm = 0;
        alone.Put(message.To(), message.BrokerTime(), "key", is_its ? message.Json() : "");
      }
      const Lines expected = LinesOf("default", Layers(alone, {}, 25'000, farms.at(farm)));
      const std::string difference = Difference(expected, LinesOf(farm, together));
      if (!difference.empty()) RC_FAIL(farm + ":\n" + difference);
    }
  }));
}

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
