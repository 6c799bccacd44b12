#include "append_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace herdflow::log_sqlite {
namespace {

using namespace std::chrono_literals;

PendingBatch BatchOf(std::size_t events, const std::string& value) {
  return {.topic = pipeline::Topic::kMeasurements,
          .events = pipeline::EventBatch(events, {"k", value, {}}),
          .done = [](const auto&) {}};
}

std::string ValuesOf(const std::deque<PendingBatch>& batches) {
  std::string values;
  for (const auto& batch : batches) values += batch.events.front().value;
  return values;
}

TEST(AppendQueue, GivesWhatWaitsInItsOrderUpToWhatIsAskedFor) {
  AppendQueue queue{SqliteLogOptions()};
  for (const char* value : {"a", "b", "c", "d"}) queue.Put(BatchOf(10, value));
  std::deque<PendingBatch> taken;
  EXPECT_TRUE(queue.Take(15, 0ms, taken));
  EXPECT_EQ(ValuesOf(taken), "ab") << "the batch that reaches the limit is the last";
  EXPECT_TRUE(queue.Take(10, 0ms, taken));
  EXPECT_EQ(ValuesOf(taken), "abc") << "behind what was taken before";
  queue.Put(BatchOf(10, "e"));
  taken.clear();
  EXPECT_TRUE(queue.Take(20, 0ms, taken));
  EXPECT_EQ(ValuesOf(taken), "de");
  taken.clear();
  EXPECT_TRUE(queue.Take(20, 0ms, taken));
  EXPECT_TRUE(taken.empty());
}

TEST(AppendQueue, NothingIsRefusedOnceThereIsRoomAgain) {
  SqliteLogOptions options;
  options.max_queued_events = 10;
  AppendQueue queue{options};
  queue.Put(BatchOf(10, "a"));
  queue.Put(BatchOf(1, "b"));
  EXPECT_EQ(queue.TakeRefused().size(), 1u);
  std::deque<PendingBatch> taken;
  EXPECT_TRUE(queue.Take(100, 0ms, taken));
  queue.Put(BatchOf(1, "c"));
  EXPECT_EQ(queue.TakeRefused().size(), 1u) << "what is taken is not dealt with";
  queue.Release(10, 0);
  queue.Put(BatchOf(1, "d"));
  EXPECT_TRUE(queue.TakeRefused().empty());
  taken.clear();
  EXPECT_TRUE(queue.Take(100, 0ms, taken));
  EXPECT_EQ(ValuesOf(taken), "d");
}

}  // namespace
}  // namespace herdflow::log_sqlite
