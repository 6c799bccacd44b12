#include "router.hpp"

#include <gtest/gtest.h>

namespace herdflow::http {
namespace {

Route Make(std::string method, std::string path) {
  Route route;
  route.method = std::move(method);
  route.path = std::move(path);
  return route;
}

Router Cows() {
  return Router({Make("GET", "/"), Make("GET", "/cows/{cow_id}"), Make("DELETE", "/cows/{cow_id}"),
                 Make("POST", "/cows/"), Make("GET", "/cows/{cow_id}/days/{day}")});
}

TEST(Router, FindsWithAndWithoutTrailingSlash) {
  const Router router = Cows();
  for (const auto* path : {"/cows", "/cows/"}) {
    ASSERT_TRUE(router.Find("POST", path).route) << path;
    EXPECT_EQ(router.Find("POST", path).route->path, "/cows/");
  }
  EXPECT_TRUE(router.Find("GET", "/cows/7/").route);
  EXPECT_TRUE(router.Find("GET", "/").route);
}

TEST(Router, DecodesParameters) {
  const Router router = Cows();
  const auto found = router.Find("GET", "/cows/a%2Fb%20%C3%A9/days/2024-04-07");
  ASSERT_TRUE(found.route);
  EXPECT_EQ(found.parameters, (std::vector<NamedText>{{"cow_id", "a/b é"}, {"day", "2024-04-07"}}));
}

TEST(Router, UnknownPathsHaveNeitherRouteNorMethods) {
  const Router router = Cows();
  for (const auto* path : {"/cow", "/cows/7/8", "/cows/7//", "//", "/cows//", "/COWS",
                           "/cows/7/days", "/cows//days/1"}) {
    const auto found = router.Find("GET", path);
    EXPECT_FALSE(found.route) << path;
    EXPECT_EQ(found.allow, "") << path;
  }
}

TEST(Router, KnownPathsNameTheirMethods) {
  const Router router = Cows();
  EXPECT_EQ(router.Find("GET", "/cows/").allow, "POST");
  EXPECT_EQ(router.Find("PUT", "/cows/7").allow, "DELETE, GET, HEAD");
}

TEST(Router, HeadIsAnsweredByGet) {
  const auto found = Cows().Find("HEAD", "/cows/7");
  EXPECT_EQ(found.allow, "");
}

TEST(Router, AnEscapeThatNeedNotBeOneIsTheSamePath) {
  const Router router = Cows();
  for (const auto* path : {"/%63ows", "/c%6Fws/", "/%63%6f%77%73"}) {
    ASSERT_TRUE(router.Find("POST", path).route) << path;
  }
  EXPECT_EQ(router.Find("GET", "/c%6fws/%7e%41%2541").parameters,
            (std::vector<NamedText>{{"cow_id", "~A%41"}}));
  for (const auto* path : {"/cows%2F", "/%2Fcows", "//cows", "/c%6Fws%3F"}) {
    EXPECT_FALSE(router.Find("POST", path).route) << path;
  }
  EXPECT_EQ(router.Find("GET", "/cows/%2F").parameters, (std::vector<NamedText>{{"cow_id", "/"}}));
}

TEST(Router, NoticesWhatIsNoEscape) {
  const Router router = Cows();
  for (const auto* path :
       {"/cows/%", "/cows/%4", "/cows/%zz", "/cows/a%2", "/%zz", "/cows/%2%35"}) {
    EXPECT_TRUE(router.Find("GET", path).bad_escape) << path;
    EXPECT_FALSE(router.Find("GET", path).route) << path;
  }
  EXPECT_FALSE(router.Find("GET", "/cows/%41").bad_escape);
}

}  // namespace
}  // namespace herdflow::http
