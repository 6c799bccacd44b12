#include "herdflow/http/message.hpp"

#include <gtest/gtest.h>

namespace herdflow::http {
namespace {

TEST(QueryValue, IsDecodedAsOfAForm) {
  Request request;
  request.query = "a=1&b=x+y%2Bz&%63=%31&d&e=%zz&a=2&f==&";
  EXPECT_EQ(request.QueryValue("a"), "1");
  EXPECT_EQ(request.QueryValue("b"), "x y+z");
  EXPECT_EQ(request.QueryValue("c"), "1");
  EXPECT_EQ(request.QueryValue("d"), "");
  EXPECT_EQ(request.QueryValue("e"), "%zz");
  EXPECT_EQ(request.QueryValue("f"), "=");
  EXPECT_EQ(request.QueryValue("g"), std::nullopt);
}

}  // namespace
}  // namespace herdflow::http
