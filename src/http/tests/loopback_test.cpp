#include "herdflow/http/loopback.hpp"

#include <gtest/gtest.h>

namespace herdflow::http {
namespace {

TEST(Loopback, IsKnownByNameOrAddress) {
  for (const auto* host : {"localhost", "LocalHost", "db.localhost", "DB.LOCALHOST", "127.0.0.1",
                           "127.255.0.9", "::1", "0:0:0:0:0:0:0:1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
}

TEST(Loopback, IsNotWhatOnlyBeginsOrEndsLikeIt) {
  for (const auto* host :
       {"", "127.0.0.1.example.org", "127.example.org", "127.", "127.1", "localhost.example.org",
        "xlocalhost", ".localhost", "[::1]", "127.0.0.1:80", "0.0.0.0", "::", "10.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace herdflow::http
