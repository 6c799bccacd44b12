// A load up to the end of the log, whatever goes away meanwhile.

#include "loader_fixture.hpp"

namespace herdflow::pipeline {
namespace {

TEST_F(LoaderTest, ALoadEndsThoughTheLeaderOfAPartitionGoesAwayMeanwhile) {
  const TopicPartition busy{Topic::kCows, 0};
  const TopicPartition loaded_before{Topic::kMeasurements, 1};
  const TopicPartition last{Topic::kMeasurements, 2};
  log_.Put(loaded_before, log_.clock, "S_C", "a");
  EXPECT_EQ(LoadAll(), 1);
  for (const TopicPartition each : {busy, kReadings, last}) log_.Put(each, log_.clock, "k", "b");
  FakeEventReader reader{log_};
  reader.pick = [next = std::size_t{0}](std::size_t) mutable { return next++; };
  Loader loader({reader, store_, "test"});
  std::vector<TopicPartition> compared_still;
  const auto loaded = ToEnd(loader, [&](std::string_view, std::int64_t rows) {
    if (rows == 1) compared_still = loader.checking();
    for (const TopicPartition gone : {kReadings, loaded_before}) {
      log_.away.insert({gone, Error(ErrorCode::kUnavailable, "no broker leads it")});
    }
    // What comes after the end that was to be reached is no sign that the end is coming nearer.
    log_.Put(busy, log_.clock, "k", "more");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  });
  EXPECT_THAT(compared_still, ElementsAre(loaded_before));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(loaded.error().message(), "no broker leads it");
  EXPECT_EQ(store_.places[kReadings].next_offset, 0);
  EXPECT_EQ(store_.places[last].next_offset, 1) << "the others are to be loaded";
}

TEST_F(LoaderTest, ALoadGoesOnWhenTheStoreIsBack) {
  const auto lose_the_store = [&](std::string_view, std::int64_t) { queries_.reads_to_fail = 1; };
  Put("a");
  const auto loaded = ToEnd(loader_, lose_the_store);
  ASSERT_TRUE(loaded) << loaded.error().message();
  EXPECT_EQ(*loaded, 1);
  Put("b");
  queries_.fails_with = ErrorCode::kCorruptData;
  const auto failed = ToEnd(loader_, lose_the_store);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kCorruptData);
}

}  // namespace
}  // namespace herdflow::pipeline
