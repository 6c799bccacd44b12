#include "item_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::intake {
namespace {

/// The items between bars, and what is wrong with the body.
std::string Items(BulkForm form, std::initializer_list<std::string_view> pieces) {
  ItemReader reader(form);
  std::vector<std::string> items;
  const auto note = [&](std::string_view item) { items.emplace_back(item); };
  std::optional<std::string> fault;
  for (const auto piece : pieces) {
    if (!fault) fault = reader.Take(piece, note);
  }
  if (!fault) fault = reader.End(note);
  return fmt::format("{}{}", fmt::join(items, "|"), fault ? " ! " + *fault : "");
}

/// However it is cut.
void ExpectItems(BulkForm form, std::string_view body, const std::string& expected) {
  EXPECT_EQ(Items(form, {body}), expected) << body;
  for (std::size_t at = 0; at <= body.size(); ++at) {
    EXPECT_EQ(Items(form, {body.substr(0, at), body.substr(at)}), expected) << body << " at " << at;
  }
  ItemReader reader(form);
  std::vector<std::string> items;
  const auto note = [&](std::string_view item) { items.emplace_back(item); };
  std::optional<std::string> fault;
  for (std::size_t at = 0; at < body.size() && !fault; ++at) {
    fault = reader.Take(body.substr(at, 1), note);
  }
  if (!fault) fault = reader.End(note);
  EXPECT_EQ(fmt::format("{}{}", fmt::join(items, "|"), fault ? " ! " + *fault : ""), expected);
}

TEST(ItemReader, AnObjectIsOneItem) {
  ExpectItems(BulkForm::kJson, " {\"a\":[1,{}]} \n", "{\"a\":[1,{}]}");
}

TEST(ItemReader, AnArrayHasItems) {
  ExpectItems(BulkForm::kJson, "[]", "");
  ExpectItems(BulkForm::kJson, " [ {\"a\":1} ,\n{\"b\":[2]},3 , \"x,]}\\\"\" ] ",
              "{\"a\":1}|{\"b\":[2]}|3 |\"x,]}\\\"\"");
}

TEST(ItemReader, AByteOrderMarkBeforeTheJsonIsNoneOfIt) {
  ExpectItems(BulkForm::kJson, "\xEF\xBB\xBF[{},{}]", "{}|{}");
  ExpectItems(BulkForm::kJson, " \xEF\xBB\xBF {}", "{}");
  ExpectItems(BulkForm::kJson, "\xEF\xBB\xBF", " ! the body is empty");
  for (const auto* no_mark : {"\xEF\xBB{}", "\xEF \xBB\xBF{}"}) {
    ExpectItems(BulkForm::kJson, no_mark,
                " ! the body begins with \xEF\xBF\xBD; an object or an array was expected");
  }
  ExpectItems(BulkForm::kJson, "\xEF\xBB\xBF\xEF\xBB\xBF{}",
              " ! the body begins with \xEF\xBF\xBD; an object or an array was expected");
}

TEST(ItemReader, WhatIsWrongWithinAnItemIsTheItemsOwn) {
  ExpectItems(BulkForm::kJson, "[{\"a\":},{nonsense},tru]", "{\"a\":}|{nonsense}|tru");
}

TEST(ItemReader, WhatIsWrongWithTheArrayEndsIt) {
  ExpectItems(BulkForm::kJson, "[{},{}", "{}|{} ! the body ends within the array");
  ExpectItems(BulkForm::kJson, "[{},{\"a", "{} ! the body ends within the array");
  ExpectItems(BulkForm::kJson, "[{},,{}]", "{} ! , stands where an item was expected");
  ExpectItems(BulkForm::kJson, "[{},]", "{} ! ] stands where an item was expected");
  ExpectItems(BulkForm::kJson, "[{}{}]",
              "{} ! { follows an item; a comma or the end of the array was expected");
  ExpectItems(BulkForm::kJson, "[{},{\"a\":1],{}]", "{} ! ] closes what } should");
  ExpectItems(BulkForm::kJson, "[{}] {}", "{} ! { follows the end of the array");
  ExpectItems(BulkForm::kJson, "{},{}", "{} ! , follows the end of the object");
  ExpectItems(BulkForm::kJson, "", " ! the body is empty");
  ExpectItems(BulkForm::kJson, "7",
              " ! the body begins with 7; an object or an array was expected");
  ExpectItems(BulkForm::kJson, "{\"a\":1", " ! the body ends within the object");
}

TEST(ItemReader, ALineIsAnItemAndAnEmptyOneIsNone) {
  ExpectItems(BulkForm::kLines, "{\"a\":1}\r\n\n  \n[2]\nx", "{\"a\":1}\r|[2]|x");
  ExpectItems(BulkForm::kLines, " \n\t{} \n \r\n 7", "{} |7");
  ExpectItems(BulkForm::kLines, "", "");
  ExpectItems(BulkForm::kLines, "{}\n", "{}");
}

TEST(ItemReader, OfWhatIsTooLargeNoMoreIsKeptThanTellsThat) {
  const std::string large(3 * pipeline::kMaxEventBytes, 'x');
  for (const auto form : {BulkForm::kLines, BulkForm::kJson}) {
    ItemReader reader(form);
    std::vector<std::size_t> sizes;
    const auto note = [&](std::string_view item) { sizes.push_back(item.size()); };
    const bool lines = form == BulkForm::kLines;
    EXPECT_FALSE(reader.Take(lines ? "" : "[\"", note));
    EXPECT_FALSE(reader.Take(large, note));
    EXPECT_FALSE(reader.Take(large, note));
    EXPECT_FALSE(reader.Take(lines ? "\n{}\n" : "\",{}]", note));
    EXPECT_FALSE(reader.End(note));
    EXPECT_EQ(sizes, (std::vector<std::size_t>{pipeline::kMaxEventBytes + 1, 2}));
  }
}

TEST(ItemReader, HoweverManyBlanksStandBeforeALineItIsTaken) {
  ItemReader reader(BulkForm::kLines);
  std::vector<std::string> items;
  const auto note = [&](std::string_view item) { items.emplace_back(item); };
  const std::string blanks(2 * pipeline::kMaxEventBytes, ' ');
  EXPECT_FALSE(reader.Take(blanks, note));
  EXPECT_FALSE(reader.Take(blanks + "{}\n" + blanks, note));
  EXPECT_FALSE(reader.End(note));
  EXPECT_EQ(items, (std::vector<std::string>{"{}"}));
}

TEST(ItemReader, AnArrayIsBoundedAndSoIsItsDepth) {
  std::string many = "[0";
  for (std::int64_t i = 1; i < kMostInArray; ++i) many += ",0";
  ItemReader reader(BulkForm::kJson);
  std::int64_t items = 0;
  const auto count = [&](std::string_view) { ++items; };
  EXPECT_FALSE(reader.Take(many, count));
  EXPECT_TRUE(reader.Take(",0]", count));
  EXPECT_EQ(items, kMostInArray);
  ItemReader deep(BulkForm::kJson);
  EXPECT_TRUE(deep.Take(std::string(2'000, '['), count));
}

}  // namespace
}  // namespace herdflow::intake
