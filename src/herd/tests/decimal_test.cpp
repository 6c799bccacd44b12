#include "decimal.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>
#include <string>

#include "herdflow/herd/message.hpp"

namespace herdflow::herd {
namespace {

std::optional<std::int64_t> Millionths(std::string_view text) {
  const auto number = Decimal::Parse(text);
  EXPECT_TRUE(number) << text;
  return number ? number->Scaled(6) : std::nullopt;
}

TEST(Decimal, EveryWayToWriteANumberIsTheSameNumber) {
  for (const auto* text : {"549.95", " 549.95\t", "+549.95", "0549.95", "549.950000000", "5.4995e2",
                           "54995E-2", "54995e-02", "0.0054995e+5", "549.95e0", ".54995e3"}) {
    EXPECT_EQ(Millionths(text), 549'950'000) << text;
  }
  EXPECT_EQ(Millionths("5."), 5'000'000);
  EXPECT_EQ(Millionths("-0.5"), -500'000);
}

TEST(Decimal, WhatIsNoNumberIsRefused) {
  for (const auto* text : {"",      " ",   "-",   "+",   ".",         "-.",      "e5",  ".e5",
                           "1e",    "1e+", "1 2", "1,5", "0x10",      "1_000",   "--1", "1.2.3",
                           "1e5.0", "nan", "NaN", "inf", "-Infinity", "\u00A05", "5L"}) {
    EXPECT_FALSE(Decimal::Parse(text)) << '"' << text << '"';
  }
}

TEST(Decimal, HalvesGoToTheEvenNeighbour) {
  EXPECT_EQ(Millionths("0.0000005"), 0);
  EXPECT_EQ(Millionths("0.0000015"), 2);
  EXPECT_EQ(Millionths("0.0000025"), 2);
  EXPECT_EQ(Millionths("-0.0000015"), -2);
  EXPECT_EQ(Millionths("0.00000250000000000000000000000000001"), 3);
  EXPECT_EQ(Millionths("0.00000249999999999999999999999999999"), 2);
  EXPECT_EQ(Millionths("9.9999995"), 10'000'000);
  EXPECT_EQ(Millionths("0.00000005"), 0);
}

TEST(Decimal, ZeroIsZeroWhateverItsExponentAndSign) {
  for (const auto* text : {"0", "-0", "-0.0", "0e999999999999999999999", "000.000e-7"}) {
    const auto number = Decimal::Parse(text);
    ASSERT_TRUE(number) << text;
    EXPECT_TRUE(number->IsZero()) << text;
    EXPECT_EQ(number->Scaled(6), 0) << text;
    EXPECT_TRUE(number->SmallerThanPowerOfTen(-100)) << text;
  }
  EXPECT_TRUE(Decimal::Parse("-0.0")->IsNegative());
}

TEST(Decimal, OverflowIsReportedNotWrapped) {
  const auto whole = [](std::string_view text) { return Decimal::Parse(text)->Scaled(0); };
  EXPECT_EQ(whole("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(whole("9223372036854775807.5"), std::nullopt);
  EXPECT_EQ(whole("9223372036854775808"), std::nullopt);
  EXPECT_EQ(whole("9999999999999999999"), std::nullopt);
  EXPECT_EQ(whole("18446744073709551617"), std::nullopt);
  EXPECT_EQ(whole("-9223372036854775807"), -std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(whole("-9223372036854775809"), std::nullopt);
}

TEST(Decimal, HugeExponentsCostNothing) {
  EXPECT_EQ(Millionths("1e999999999999999999999999"), std::nullopt);
  EXPECT_EQ(Millionths("-1e2000000000"), std::nullopt);
  EXPECT_EQ(Millionths("1e-999999999999999999999999"), 0);
  EXPECT_EQ(Millionths("0." + std::string(100'000, '0') + "1e100001"), 1'000'000);
  EXPECT_EQ(Millionths("1" + std::string(100'000, '0') + "e-100000"), 1'000'000);
}

TEST(Decimal, ComparesWithPowersOfTen) {
  EXPECT_TRUE(Decimal::Parse("99999999999.999")->SmallerThanPowerOfTen(11));
  EXPECT_FALSE(Decimal::Parse("100000000000")->SmallerThanPowerOfTen(11));
  EXPECT_FALSE(Decimal::Parse("-1e11")->SmallerThanPowerOfTen(11));
  EXPECT_TRUE(Decimal::Parse("0.00999")->SmallerThanPowerOfTen(-2));
  EXPECT_FALSE(Decimal::Parse("0.01")->SmallerThanPowerOfTen(-2));
}

TEST(Decimal, ReadsBackTheMillionthsThatItWrites) {
  EXPECT_EQ(MillionthsText(549'950'000), "549.95");
  EXPECT_EQ(MillionthsText(-1), "-0.000001");
  EXPECT_EQ(MillionthsText(0), "0");
  EXPECT_EQ(MillionthsText(60'000'000), "60");
  EXPECT_EQ(MillionthsText(std::numeric_limits<std::int64_t>::min()), "-9223372036854.775808");
  EXPECT_TRUE(rc::check("Parse(MillionthsText(x)) == x", [](std::int64_t x) {
    RC_PRE(x != std::numeric_limits<std::int64_t>::min());
    RC_ASSERT(Millionths(MillionthsText(x)) == x);
  }));
}

TEST(Decimal, RoundsLikeIntegerArithmetic) {
  EXPECT_TRUE(rc::check("x · 10^-k, half to even", [] {
    const auto x = *rc::gen::inRange<std::int64_t>(-200'000, 200'000);
    const auto power = *rc::gen::inRange(1, 5);
    std::int64_t by = 1;
    for (int i = 0; i < power; ++i) by *= 10;
    const std::int64_t magnitude = x < 0 ? -x : x;
    std::int64_t expected = magnitude / by;
    const std::int64_t twice = magnitude % by * 2;
    if (twice > by || (twice == by && expected % 2 == 1)) ++expected;
    RC_ASSERT(Decimal::Parse(std::to_string(x))->Scaled(-power) == (x < 0 ? -expected : expected));
  }));
}

TEST(Decimal, TheScaleMayBeInTheTextOrInTheQuestion) {
  EXPECT_TRUE(rc::check("xe(k) scaled by p == x scaled by k+p", [](std::int32_t x) {
    const auto exponent = *rc::gen::inRange(-12, 9);
    const auto power = *rc::gen::inRange(-6, 7);
    const std::string digits = std::to_string(x);
    const std::string text = digits + "e" + std::to_string(exponent);
    const auto moved = Decimal::Parse(text);
    RC_ASSERT(moved->Scaled(power) == Decimal::Parse(digits)->Scaled(exponent + power));
  }));
}

}  // namespace
}  // namespace herdflow::herd
