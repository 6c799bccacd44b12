#pragma once

// Laws of every layer store under the pipelines' steps. A test program includes it in one file and
// writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreProperties, testing::Values(MakeSqliteFixture));

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "layer_dump.hpp"
#include "random_herd.hpp"
#include "reference_layers.hpp"

namespace herdflow::pipeline::testing {

class LayerStoreProperties : public ::testing::TestWithParam<MakeLayerStoreFixture> {
 protected:
  void SetUp() override {
    if (GetParam()() == nullptr) SkipWithoutServer();
  }

  /// The dump after these actions and, in the end, everything else in chunks of `chunk`.
  Lines Layers(const FakeEventLog& log, const std::vector<RandomAction>& actions, std::size_t chunk,
               const herd::FarmRules& default_farm = kBerlin) {
    const auto layers = GetParam()();
    auto store = layers->Open({.default_farm = default_farm});
    if (!store) RC_FAIL(store.error().message());
    RandomRun run(log, **store);
    for (const RandomAction& action : actions) run.Do(action);
    run.Finish(chunk);
    const auto status = layers->Queries()->ReadStatus();
    RC_ASSERT(status);
    RC_ASSERT(status->dirty_days == 0);
    for (const auto& partition : status->partitions) {
      RC_ASSERT(partition.AuditGap() == 0);
      RC_ASSERT(partition.judged_offset == partition.next_offset);
    }
    CleanseContext context{**store, chunk};
    const auto nothing = [](std::string_view, std::int64_t) {};
    const auto different = Verify(context, std::nullopt, {}, nothing);
    RC_ASSERT(different);
    RC_ASSERT(different->empty());
    return DumpLayers(*layers);
  }

  inline static const herd::FarmRules kBerlin{.time_zone = "Europe/Berlin", .bounds = {}};
};

/// The lines of what belongs to no farm that can be read.
inline bool IsNobodys(const std::string& line) { return line.ends_with("of - - -"); }

/// Of a dump, the farm's lines; with its ids as `default`'s stand there.
inline Lines LinesOf(const std::string& farm, const Lines& dump) {
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

TEST_P(LayerStoreProperties, AnyOrderAnyBatchesAnyDeathGiveTheLayersOfTheDataContract) {
  EXPECT_TRUE(rc::check("interleaved and killed anywhere", [&] {
    const auto world = *RandomWorld().as("messages");
    const auto actions = *RandomActions().as("actions");
    FakeEventLog log;
    FillLog(world, log);
    const auto chunk = *rc::gen::inRange<std::size_t>(1, 9).as("chunk");
    const Lines expected = ReferenceLayers(log, kBerlin).Dump();
    const std::string difference = Difference(expected, Layers(log, actions, chunk));
    if (!difference.empty()) RC_FAIL(difference);
  }));
}

TEST_P(LayerStoreProperties, EverythingAtOnceGivesTheLayersOfTheDataContract) {
  EXPECT_TRUE(rc::check("one load, one run", [&] {
    const auto world = *RandomWorld().as("messages");
    FakeEventLog log;
    FillLog(world, log);
    const Lines expected = ReferenceLayers(log, kBerlin).Dump();
    const std::string difference = Difference(expected, Layers(log, {}, 25'000));
    if (!difference.empty()) RC_FAIL(difference);
  }));
}

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

}  // namespace herdflow::pipeline::testing
