#include "herdflow/http/validators.hpp"

#include <gtest/gtest.h>

#include "gunzip.hpp"

namespace herdflow::http {
namespace {

Request With(std::initializer_list<NamedText> headers) {
  Request request;
  request.headers = headers;
  return request;
}
Request Has(std::string tags) { return With({{"if-none-match", std::move(tags)}}); }
Request Takes(std::string encodings) { return With({{"accept-encoding", std::move(encodings)}}); }

TEST(NamesTag, ComparesWeaklyInAnyList) {
  for (const char* tags : {R"("a")", R"(W/"a")", R"("b", "a")", R"("b",W/"a" , "c")",
                           R"(,, "b" ,"a")", R"("x, y","a")", "\t\"a\" "}) {
    EXPECT_TRUE(NamesTag(Has(tags), R"(W/"a")")) << tags;
    EXPECT_TRUE(NamesTag(Has(tags), R"("a")")) << tags;
  }
}

TEST(NamesTag, WhatIsNoTagOfTheListIsNot) {
  for (const char* tags : {"", "a", "W/a", R"("a)", R"("b)", R"("A")", R"("a ")", R"("b" "a")", "*",
                           R"(w/"a")", R"("x,"a",y")", R"(b, "a")", "W/", "\""}) {
    EXPECT_FALSE(NamesTag(Has(tags), R"(W/"a")")) << tags;
  }
  EXPECT_FALSE(NamesTag({}, R"("a")"));
}

TEST(NamesTag, ReadsEveryLine) {
  EXPECT_TRUE(NamesTag(With({{"If-None-Match", "\"b\""}, {"IF-NONE-MATCH", "\"a\""}}), "\"a\""));
}

TEST(NamesAnyTag, IsAStarAlone) {
  EXPECT_TRUE(NamesAnyTag(Has("*")));
  EXPECT_TRUE(NamesAnyTag(Has(" * ")));
  for (const char* tags : {"", "\"*\"", "*, \"a\"", "**"}) EXPECT_FALSE(NamesAnyTag(Has(tags)));
}

TEST(TakesGzip, ByNameOrElseByStar) {
  for (const char* taken : {"gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.001", "gzip ; q=1",
                            "gzip;Q=0.5", "*", "*;q=0.1", "gzip, *;q=0", "deflate,gzip;level=9"}) {
    EXPECT_TRUE(TakesGzip(Takes(taken))) << taken;
  }
  for (const char* left : {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip; q=0.", "*;q=0",
                           "*, gzip;q=0", "gzipped", "gzip;q="}) {
    EXPECT_FALSE(TakesGzip(Takes(left))) << left;
  }
  EXPECT_FALSE(TakesGzip({}));
  EXPECT_TRUE(TakesGzip(With({{"Accept-Encoding", "br"}, {"Accept-Encoding", "gzip"}})));
}

TEST(GzipTest, IsWhatGunzipUnpacks) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i);
  for (const std::string& each : {std::string(), std::string("a body"), text}) {
    const auto packed = Gzip(each);
    ASSERT_TRUE(packed);
    Gunzip gunzip;
    gunzip.Put(*packed);
    std::string all;
    for (auto some = gunzip.Next(); some && !some->empty(); some = gunzip.Next()) all += *some;
    EXPECT_TRUE(gunzip.is_whole());
    EXPECT_TRUE(all == each);
  }
}

}  // namespace
}  // namespace herdflow::http
