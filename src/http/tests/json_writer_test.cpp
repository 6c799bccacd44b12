#include "herdflow/http/json_writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>

namespace herdflow::http {
namespace {

std::string NumberText(double number) {
  JsonWriter json;
  json.Number(number);
  return json.Take();
}

TEST(JsonWriter, NestsAndSeparates) {
  JsonWriter json;
  json.BeginObject().Key("a").BeginArray().Integer(1).Null().BeginObject().EndObject().EndArray();
  json.Key("b").Boolean(true).Key("c").BeginArray().EndArray().EndObject();
  EXPECT_EQ(json.Take(), R"({"a":[1,null,{}],"b":true,"c":[]})");
}

TEST(JsonWriter, WritesNumbersAsPeopleDo) {
  EXPECT_EQ(NumberText(12), "12");
  EXPECT_EQ(NumberText(0.1), "0.1");
  EXPECT_EQ(NumberText(700000), "700000");
  EXPECT_EQ(NumberText(1806.91), "1806.91");
  EXPECT_EQ(NumberText(1e20), "100000000000000000000");
  EXPECT_EQ(NumberText(0.000001), "0.000001");
  EXPECT_EQ(NumberText(0), "0");
}

TEST(JsonWriter, NumbersReadBackTheSame) {
  for (const double number : {1.0 / 3, 2.2250738585072014e-308, 1.7976931348623157e308, 5e-324,
                              -123456.789, 9007199254740993.0, 1e21, 1e22}) {
    EXPECT_EQ(std::strtod(NumberText(number).c_str(), nullptr), number);
  }
}

TEST(JsonWriter, WhatIsNoNumberIsNull) {
  EXPECT_EQ(NumberText(std::nan("")), "null");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWriter, EscapesTexts) {
  JsonWriter json;
  json.String(std::string_view("a\"b\\c\n\t\x01\0é", 11));
  EXPECT_EQ(json.Take(), "\"a\\\"b\\\\c\\n\\u0009\\u0001\\u0000é\"");
}

}  // namespace
}  // namespace herdflow::http
