#include "herdflow/core/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace herdflow {
namespace {

const std::string kShown = "\xEF\xBF\xBD";  // U+FFFD

TEST(ReplaceBadUtf8, KeepsTextAsItIs) {
  for (const std::string text :
       {"", "Berta", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x90\x84", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xF4\x8F\xBF\xBF", "\xEF\xBF\xBD"}) {
    EXPECT_EQ(ReplaceBadUtf8(text), text);
  }
  EXPECT_EQ(ReplaceBadUtf8(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ReplaceBadUtf8, ShowsEveryByteThatIsNoPartOfACharacter) {
  EXPECT_EQ(ReplaceBadUtf8("a\xFFz"), "a" + kShown + "z");
  EXPECT_EQ(ReplaceBadUtf8("\x80"), kShown) << "a continuation alone";
  EXPECT_EQ(ReplaceBadUtf8("\xC3"), kShown) << "cut off";
  EXPECT_EQ(ReplaceBadUtf8("\xE2\x82"), kShown + kShown) << "cut off";
  EXPECT_EQ(ReplaceBadUtf8("\xC3("), kShown + "(");
  EXPECT_EQ(ReplaceBadUtf8("\xC0\xAF"), kShown + kShown) << "overlong";
  EXPECT_EQ(ReplaceBadUtf8("\xE0\x9F\xBF"), kShown + kShown + kShown) << "overlong";
  EXPECT_EQ(ReplaceBadUtf8("\xF0\x8F\xBF\xBF").size(), 12u) << "overlong";
  EXPECT_EQ(ReplaceBadUtf8("\xED\xA0\x80"), kShown + kShown + kShown) << "half a surrogate pair";
  EXPECT_EQ(ReplaceBadUtf8("\xF4\x90\x80\x80").size(), 12u) << "beyond U+10FFFF";
  EXPECT_EQ(ReplaceBadUtf8("\xF5\x80\x80\x80").size(), 12u);
}

TEST(ReplaceBadUtf8, IsDoneOnce) {
  EXPECT_TRUE(rc::check("what it gives it keeps", [](const std::string& bytes) {
    const std::string text = ReplaceBadUtf8(bytes);
    RC_ASSERT(ReplaceBadUtf8(text) == text);
  }));
}

TEST(IsUtf8, KnowsWellFormedText) {
  for (const auto* text : {"", "a", "é", "€", "🐄", "\x7f"}) EXPECT_TRUE(IsUtf8(text)) << text;
  for (const auto* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "a\xff", "\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(text));
  }
}

TEST(Visible, LeavesWhatAPersonSees) {
  for (const std::string text : {"", "Berta #1", " a b ", "é€", "牛", "🐄", "שלום", "~", "\\"}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(Visible, EscapesWhatShowsNothing) {
  EXPECT_EQ(Visible("\xEF\xBB\xBF"
                    "cow_id"),
            "\\ufeffcow_id");
  EXPECT_EQ(Visible("cow\u200B_id"), "cow\\u200b_id");
  EXPECT_EQ(Visible("cow_id\u00A0"), "cow_id\\u00a0");
  EXPECT_EQ(Visible(std::string("a\0\t\n\x1b[\x7f", 7)), "a\\u0000\\u0009\\u000a\\u001b[\\u007f");
  EXPECT_EQ(Visible("\u0085\u00AD\u2028\u202E\u2060\u3000\u3164"),
            "\\u0085\\u00ad\\u2028\\u202e\\u2060\\u3000\\u3164");
  EXPECT_EQ(Visible("a\U000E0020"), "a\\u{e0020}");
  EXPECT_EQ(Visible("a\xFFz"), "a" + kShown + "z");
}

TEST(Visible, EndsAfterSoManyCharacters) {
  EXPECT_EQ(Visible("🐄🐄", 2), "🐄🐄");
  EXPECT_EQ(Visible("🐄\n🐄", 2), "🐄\\u000a…");
}

TEST(OnlyVisible, HasNeitherBlanksNorWhatShowsNothing) {
  EXPECT_EQ(OnlyVisible("\xEF\xBB\xBF cow\u200B_id\u00A0\t"), "cow_id");
}

TEST(WithoutByteOrderMark, TakesOne) {
  EXPECT_EQ(WithoutByteOrderMark("\xEF\xBB\xBFid"), "id");
  EXPECT_EQ(WithoutByteOrderMark("\xEF\xBB\xBF\xEF\xBB\xBFid"), "\xEF\xBB\xBFid");
  EXPECT_EQ(WithoutByteOrderMark("id"), "id");
}

TEST(CutUtf8, CutsNoCharacterInTwo) {
  EXPECT_EQ(CutUtf8("aé", 3), "aé");
  EXPECT_EQ(CutUtf8("aé", 2), "a");
  EXPECT_EQ(CutUtf8("a🐄b", 4), "a");
  EXPECT_EQ(CutUtf8("a🐄b", 5), "a🐄");
}

TEST(EditDistance, CountsChanges) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("folder", "fodler"), 2u);
  EXPECT_EQ(EditDistance("port", "sport"), 1u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
}

TEST(Meant, IsTheNameThatAFewLettersAreMissingOrWrongOf) {
  const std::vector<std::string> names{"serve", "seed", "load", "report", "generate"};
  EXPECT_EQ(Meant("serv", names), "serve");
  EXPECT_EQ(Meant("reprot", names), "report");
  EXPECT_EQ(Meant("gen", names), "generate");
  EXPECT_EQ(Meant("send", names), "seed");
  EXPECT_EQ(Meant("SERV", names), "serve");
  EXPECT_EQ(Meant("fly", names), std::nullopt);
  EXPECT_EQ(Meant("", names), std::nullopt);
  EXPECT_EQ(Meant("serv", {}), std::nullopt);
}

}  // namespace
}  // namespace herdflow
