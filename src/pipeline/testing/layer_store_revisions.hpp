#pragma once

// A law of every layer store: what is read changes with its revision only. Included beside
// layer_store_properties.hpp.

#include <string>
#include <vector>

#include "layer_store_properties.hpp"
#include "revision_lines.hpp"

namespace herdflow::pipeline::testing {

TEST_P(LayerStoreProperties, WhatIsReadIsTheSameWhileItsRevisionsAre) {
  EXPECT_TRUE(rc::check("after any action, killed anywhere", [&] {
    const auto world = *RandomWorld().as("messages");
    const auto actions = *RandomActions().as("actions");
    FakeEventLog log;
    FillLog(world, log);
    const auto layers = GetParam()();
    const auto store = layers->Open({.default_farm = kBerlin});
    if (!store) RC_FAIL(store.error().message());
    const auto queries = layers->Queries();
    SeenAnswers seen;
    const auto look = [&] {
      std::string wrong = seen.See("farms", KnownFarms(*queries));
      for (const char* farm : {"default", "north"}) {
        wrong += seen.See(farm, KnownFarm(*queries, farm));
        for (const char* cow : {"C0", "C1"}) {
          wrong += seen.See(fmt::format("{}/{}", farm, cow), KnownCow(*queries, farm, cow));
        }
        for (const char* day : {"2024-01-01", "2024-04-08"}) {
          wrong += seen.See(fmt::format("{} on {}", farm, day),
                            KnownReport(*queries, farm, *ParseDate(day)));
        }
      }
      if (!wrong.empty()) RC_FAIL(wrong);
    };
    RandomRun run(log, **store);
    for (const RandomAction& action : actions) {
      run.Do(action);
      look();
    }
    run.Finish();
    look();
  }));
}

}  // namespace herdflow::pipeline::testing
