#pragma once

// Laws of every layer store under the pipelines' steps. A test program includes it in one file and
// writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreProperties, testing::Values(MakeSqliteFixture));

#include <gtest/gtest.h>

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
    const auto status = layers->Queries().operations->ReadStatus();
    RC_ASSERT(status);
    RC_ASSERT(status->dirty_days == 0);
    const auto audit = layers->Queries().operations->Audit();
    RC_ASSERT(audit);
    RC_ASSERT(audit->differences.empty());
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

}  // namespace herdflow::pipeline::testing
