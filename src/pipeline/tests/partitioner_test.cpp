#include <gtest/gtest.h>

#include <string>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::pipeline {
namespace {

/// With 2^31 - 1 partitions the remainder shows the hash itself, but for its sign: what
/// Utils.toPositive leaves of the Java client's value.
std::int32_t HashWithoutSign(std::string_view key) { return PartitionOf(key, 0x7fffffff); }

std::int32_t ToPositive(std::int32_t java_value) { return java_value & 0x7fffffff; }

// The values of the Java client's own test, UtilsTest.testMurmur2.
TEST(Partitioner, HashesAsTheJavaClientDoes) {
  EXPECT_EQ(HashWithoutSign("21"), ToPositive(-973932308));
  EXPECT_EQ(HashWithoutSign("foobar"), ToPositive(-790332482));
  EXPECT_EQ(HashWithoutSign("a-little-bit-long-string"), ToPositive(-985981536));
  EXPECT_EQ(HashWithoutSign("a-little-bit-longer-string"), ToPositive(-1486304829));
  EXPECT_EQ(HashWithoutSign("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"),
            ToPositive(-58897971));
  EXPECT_EQ(HashWithoutSign("abc"), ToPositive(479470107));
}

TEST(Partitioner, EveryKeyHasOnePartitionOfThoseThereAre) {
  EXPECT_EQ(PartitionOf("", 1), 0);
  EXPECT_EQ(PartitionOf("foobar", 1), 0);
  EXPECT_EQ(PartitionOf("abc", 3), 479470107 % 3);
  bool seen[3] = {};
  for (int i = 0; i < 100; ++i) {
    const auto partition = PartitionOf(std::string("\xff\0", 2) + std::to_string(i), 3);
    ASSERT_GE(partition, 0);
    ASSERT_LT(partition, 3);
    seen[partition] = true;
  }
  EXPECT_TRUE(seen[0] && seen[1] && seen[2]);
}

TEST(Topics, AreKnownByTheirNames) {
  for (const Topic topic : kAllTopics) EXPECT_EQ(TopicNamed(Name(topic)), topic);
  EXPECT_EQ(TopicNamed("Cows"), std::nullopt);
  EXPECT_EQ(TopicNamed(""), std::nullopt);
}

}  // namespace
}  // namespace herdflow::pipeline
