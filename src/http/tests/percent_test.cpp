#include "percent.hpp"

#include <gtest/gtest.h>

namespace herdflow::http {
namespace {

TEST(PercentDecode, GivesTheBytes) {
  EXPECT_EQ(PercentDecode("a%20b%C3%a9+"), "a b\xC3\xA9+");
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
  EXPECT_EQ(PercentDecode(""), "");
  for (const auto* text : {"%", "%4", "a%", "%zz", "%4g", "%-1", "% 1"}) {
    EXPECT_EQ(PercentDecode(text), std::nullopt) << text;
  }
}

TEST(DecodeUnreserved, LeavesWhatMeansSomethingElse) {
  EXPECT_EQ(DecodeUnreserved("/%68ealthz"), "/healthz");
  EXPECT_EQ(DecodeUnreserved("%41%7a%30%2D%2e%5F%7E"), "Az0-._~");
  EXPECT_EQ(DecodeUnreserved("%2F%3f%25%20%00%C3"), "%2F%3f%25%20%00%C3");
  EXPECT_EQ(DecodeUnreserved("%2%35"), std::nullopt);
}

}  // namespace
}  // namespace herdflow::http
