#pragma once

// A law of every layer store: what is read changes with its revision only. Included beside
// layer_store_properties.hpp.

#include <string>
#include <vector>

#include "layer_store_properties.hpp"
#include "revision_lines.hpp"

namespace herdflow::pipeline::testing {

/// Everything that there is to do, a step at a time: loads of each partition, the herd book,
/// cleanse, each aggregate task.
inline const std::vector<RandomAction> kSteps = [] {
  constexpr int kAll = 1'000;
  constexpr int kNever = 100;
  std::vector<RandomAction> steps;
  for (int place = 0; place < 12; ++place) steps.push_back({0, kAll, place, kNever});
  for (const int what : {3, 1, 2, 4}) steps.push_back({what, kAll, 2, kNever});
  for (int task = 0; task < 5; ++task) steps.push_back({5, kAll, task, kNever});
  return steps;
}();

/// What an answer shows, looked at again and again. RC_FAILs where one state has two texts.
class Looker {
 public:
  explicit Looker(const StoreQueries& queries) : queries_(queries) {}

  void Look() {
    std::string wrong = seen_.See("farms", KnownFarms(queries_));
    for (const char* farm : {"default", "north"}) {
      wrong += seen_.See(farm, KnownFarm(queries_, farm));
      for (const char* cow : {"C0", "C1"}) {
        wrong += seen_.See(fmt::format("{}/{}", farm, cow), KnownCow(queries_, farm, cow));
      }
      for (const char* day : {"2024-01-01", "2024-04-08"}) {
        wrong += seen_.See(fmt::format("{} on {}", farm, day),
                           KnownReport(queries_, farm, *ParseDate(day)));
      }
    }
    if (!wrong.empty()) RC_FAIL(wrong);
  }

 private:
  const StoreQueries& queries_;
  SeenAnswers seen_;
};

TEST_P(LayerStoreProperties, WhatIsReadIsTheSameWhileItsRevisionsAre) {
  EXPECT_TRUE(rc::check("messages in waves, after any action and every step", [&] {
    const auto world = *RandomWorld().as("messages");
    const auto actions = *RandomActions().as("actions");
    const auto wave = *rc::gen::inRange<std::size_t>(8, 32).as("messages of a wave");
    const auto layers = GetParam()();
    FakeEventLog log;
    const auto store = layers->Open({.default_farm = kBerlin});
    if (!store) RC_FAIL(store.error().message());
    const auto queries = layers->Queries();
    Looker looker(queries);
    RandomRun run(log, **store);
    auto action = actions.begin();
    for (std::size_t at = 0; at < world.size(); at += wave) {
      const auto end = std::min(at + wave, world.size());
      FillLog({world.begin() + static_cast<std::ptrdiff_t>(at),
               world.begin() + static_cast<std::ptrdiff_t>(end)},
              log);
      for (int i = 0; i < 4 && action != actions.end(); ++i, ++action) {
        run.Do(*action);
        looker.Look();
      }
      for (const RandomAction& step : kSteps) {
        run.Do(step);
        if (step.what != 0) looker.Look();
      }
      run.Finish();
      looker.Look();
    }
  }));
}

}  // namespace herdflow::pipeline::testing
