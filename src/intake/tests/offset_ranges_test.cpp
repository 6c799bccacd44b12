#include "offset_ranges.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace herdflow::intake {
namespace {

using Ranges = std::vector<pipeline::OffsetRange>;

constexpr std::size_t kMost = 3;

Ranges Of(std::initializer_list<std::int64_t> offsets) {
  Ranges ranges;
  for (const std::int64_t offset : offsets) {
    EXPECT_TRUE(AddOffset(ranges, offset, kMost)) << offset;
  }
  Tidy(ranges);
  return ranges;
}

TEST(OffsetRanges, WhatComesInOrderIsOne) { EXPECT_EQ(Of({5, 6, 7, 8, 9}), (Ranges{{5, 10}})); }

TEST(OffsetRanges, NeighboursAreOneHoweverTheyCame) {
  EXPECT_EQ(Of({7, 8, 3, 5, 6}), (Ranges{{3, 4}, {5, 9}}));
  EXPECT_EQ(Of({4, 2, 3}), (Ranges{{2, 5}}));
  EXPECT_EQ(Of({}), Ranges());
}

TEST(OffsetRanges, OneTooManyIsLeftOutAndTheLastStillGrows) {
  Ranges ranges;
  for (const std::int64_t offset : {1, 3, 5}) EXPECT_TRUE(AddOffset(ranges, offset, kMost));
  EXPECT_FALSE(AddOffset(ranges, 7, kMost));
  EXPECT_TRUE(AddOffset(ranges, 6, kMost));
  Tidy(ranges);
  EXPECT_EQ(ranges, (Ranges{{1, 2}, {3, 4}, {5, 7}}));
}

}  // namespace
}  // namespace herdflow::intake
