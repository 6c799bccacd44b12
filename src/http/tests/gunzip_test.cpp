#include "gunzip.hpp"

#include <gtest/gtest.h>

#include "packed.hpp"

namespace herdflow::http {
namespace {

/// What the pieces hold; `-` where they are no gzip or something is missing.
std::string Unpacked(const std::string& packed, std::size_t piece) {
  Gunzip gunzip;
  std::string all;
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    gunzip.Put(packed.substr(at, piece));
    for (;;) {
      const auto some = gunzip.Next();
      if (!some) return "-";
      if (some->empty()) break;
      all += *some;
    }
  }
  return gunzip.is_whole() ? all : "-";
}

TEST(GunzipTest, UnpacksHoweverItIsCut) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i * i);
  const std::string packed = Packed(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1'000}, packed.size()}) {
    EXPECT_TRUE(Unpacked(packed, piece) == text) << piece;
    EXPECT_TRUE(Unpacked(packed + Packed("and more"), piece) == text + "and more") << piece;
  }
}

TEST(GunzipTest, OfALittleThatHoldsMuchComesALittleAtATime) {
  Gunzip gunzip;
  gunzip.Put(Packed(std::string(std::size_t{100} << 20, ' ')));
  std::size_t bytes = 0;
  for (auto some = gunzip.Next(); some && !some->empty(); some = gunzip.Next()) {
    EXPECT_LE(some->size(), std::size_t{64} << 10);
    bytes += some->size();
  }
  EXPECT_EQ(bytes, std::size_t{100} << 20);
  EXPECT_TRUE(gunzip.is_whole());
}

TEST(GunzipTest, WhatIsNoGzipOrNotAllOfItIsKnown) {
  const std::string packed = Packed("a body");
  EXPECT_EQ(Unpacked("a body that is no gzip", 5), "-");
  EXPECT_EQ(Unpacked(packed.substr(0, packed.size() - 1), 5), "-");
  EXPECT_EQ(Unpacked(packed + "x", 5), "-");
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;
  EXPECT_EQ(Unpacked(damaged, 5), "-");
  EXPECT_FALSE(Gunzip().is_whole());
}

}  // namespace
}  // namespace herdflow::http
