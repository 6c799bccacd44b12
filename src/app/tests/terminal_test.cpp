#include "terminal.hpp"

#include <gtest/gtest.h>

namespace herdflow::app {
namespace {

TEST(Table, AlignsNumbersRightAndTextsLeftByCharacters) {
  Table table({{"cow"}, {"litres", Table::Align::kRight}});
  table.Add({"Zoë", "1,806.91"});
  table.Add({"Berta", "7"});
  EXPECT_EQ(table.Text(),
            "cow      litres\n"
            "-----  --------\n"
            "Zoë    1,806.91\n"
            "Berta         7\n");
}

TEST(Table, ShowsWhatIsInANameAndKeepsARowOnItsLine) {
  Table table({{"cow"}, {"c\u202e1"}});
  table.Add({"c\x1b[31md\n", "a\u2028b"});
  EXPECT_EQ(table.Text(),
            "cow                 c\\u202e1\n"
            "------------------  --------\n"
            "c\\u001b[31md\\u000a  a\\u2028b\n");
}

TEST(Thousands, GroupsDigits) {
  EXPECT_EQ(Thousands(0), "0");
  EXPECT_EQ(Thousands(999), "999");
  EXPECT_EQ(Thousands(-1000), "-1,000");
  EXPECT_EQ(Thousands(1234567), "1,234,567");
}

TEST(Decimals, ShowsTwo) {
  EXPECT_EQ(Decimals(1806.914), "1,806.91");
  EXPECT_EQ(Decimals(0.5), "0.50");
}

}  // namespace
}  // namespace herdflow::app
