#include "connections.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace herdflow::http {
namespace {

Connections::Address Address(const std::string& text) {
  return boost::asio::ip::make_address(text);
}

class ConnectionsTest : public ::testing::Test {
 protected:
  std::optional<Connections::Place> Enter(const std::string& from) {
    return all_.Enter(Address(from));
  }
  /// As many as there may be of one address.
  std::vector<Connections::Place> EnterShare(const std::string& from) {
    std::vector<Connections::Place> places;
    for (int i = 0; i < 6; ++i) places.push_back(*Enter(from));
    return places;
  }
  Connections::GiveWay Note(const std::string& name) {
    return [this, name] { gave_way_.push_back(name); };
  }

  Connections all_{8};
  std::vector<std::string> gave_way_;
};

TEST_F(ConnectionsTest, OneAddressHasThreeQuartersAndOthersTheRest) {
  const auto greedy = EnterShare("10.0.0.1");
  EXPECT_FALSE(Enter("10.0.0.1"));
  const auto first = Enter("10.0.0.2");
  const auto second = Enter("10.0.0.3");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(Enter("10.0.0.4"));
}

TEST_F(ConnectionsTest, WhoLeavesMakesRoom) {
  const auto greedy = EnterShare("10.0.0.1");
  std::optional<Connections::Place> place(Enter("10.0.0.2"));
  { const auto other = Enter("10.0.0.2"); }
  EXPECT_TRUE(Enter("10.0.0.2"));
  EXPECT_FALSE(all_.WaitForNone(std::chrono::milliseconds(0)));
}

TEST_F(ConnectionsTest, TheOldestIdleOneOfWhoHasMostGivesWayOnce) {
  auto greedy = EnterShare("10.0.0.1");
  auto modest = *Enter("10.0.0.2");
  auto other = *Enter("10.0.0.3");
  modest.BeIdle(Note("modest"));
  greedy[1].BeIdle(Note("older"));
  greedy[0].BeIdle(Note("newer"));
  const auto first = Enter("10.0.0.4");
  const auto second = Enter("10.0.0.5");
  const auto third = Enter("10.0.0.6");
  EXPECT_TRUE(first && second && third);
  EXPECT_EQ(gave_way_, (std::vector<std::string>{"older", "newer", "modest"}));
  EXPECT_FALSE(Enter("10.0.0.7"));
  EXPECT_FALSE(all_.MakeRoom());
}

TEST_F(ConnectionsTest, WhoHasItsShareMakesRoomForItself) {
  auto greedy = EnterShare("10.0.0.1");
  auto modest = *Enter("10.0.0.2");
  modest.BeIdle(Note("modest"));
  EXPECT_FALSE(Enter("10.0.0.1"));
  greedy[3].BeIdle(Note("greedy"));
  EXPECT_TRUE(Enter("10.0.0.1"));
  EXPECT_EQ(gave_way_, std::vector<std::string>{"greedy"});
}

TEST_F(ConnectionsTest, WhoIsBusyAgainIsNotTold) {
  auto greedy = EnterShare("10.0.0.1");
  greedy[0].BeIdle(Note("busy again"));
  greedy[0].BeBusy();
  EXPECT_FALSE(Enter("10.0.0.1"));
  EXPECT_TRUE(gave_way_.empty());
}

TEST_F(ConnectionsTest, AnIpv6NetworkIsOneAndMappedAddressesAreIpv4) {
  std::vector<Connections::Place> places;
  for (int i = 1; i <= 6; ++i) places.push_back(*Enter("2001:db8::" + std::to_string(i)));
  EXPECT_FALSE(Enter("2001:db8::1:2:3:4"));
  EXPECT_TRUE(Enter("2001:db8:0:1::1"));
  places.clear();
  for (int i = 0; i < 6; ++i) places.push_back(*Enter("10.0.0.1"));
  EXPECT_FALSE(Enter("::ffff:10.0.0.1"));
  EXPECT_TRUE(Enter("::ffff:10.0.0.2"));
}

}  // namespace
}  // namespace herdflow::http
