#include "herdflow/herd/measure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace herdflow::herd {
namespace {

constexpr std::array kUnits{Unit::kLitre, Unit::kGallon, Unit::kKilogram, Unit::kPound};

std::vector<std::string> SpellingsOf(Unit unit) {
  switch (unit) {
    case Unit::kLitre:
      return {"l", "ltr", "litre", "litres", "liter", "liters"};
    case Unit::kGallon:
      return {"gal", "gallon", "gallons"};
    case Unit::kKilogram:
      return {"kg", "kgm", "kilogram", "kilograms"};
    case Unit::kPound:
      return {"lb", "lbs", "lbr", "pound", "pounds"};
    case Unit::kOther:
      return {"",    "ml", "g", "t",  "oz",      "L ",       "k g",     "litrs",  "kgs",
              "lbf", "°C", "K", "gl", "litress", "gallons.", "k\u0261", "\u2113", "\u33A2"};
  }
  return {};
}

TEST(UnitOf, KnowsEverySpellingInAnyLetterCase) {
  for (const Unit unit : kUnits) {
    for (std::string text : SpellingsOf(unit)) {
      EXPECT_EQ(UnitOf(text), unit) << text;
      for (char& c : text) {
        c = static_cast<char>(c - 'a' + 'A');
        EXPECT_EQ(UnitOf(text), unit) << text;
      }
    }
  }
  for (const std::string& text : SpellingsOf(Unit::kOther)) {
    EXPECT_EQ(UnitOf(text), Unit::kOther) << text;
  }
}

TEST(UnitSpelling, IsOneForEachUnitAndOthersStayAsTheyAre) {
  EXPECT_EQ(UnitSpelling("LITERS"), "L");
  EXPECT_EQ(UnitSpelling("Gallon"), "gal");
  EXPECT_EQ(UnitSpelling("KGM"), "kg");
  EXPECT_EQ(UnitSpelling("LBR"), "lb");
  EXPECT_EQ(UnitSpelling("Steps"), "Steps");
}

TEST(MeasureOf, AVolumeMeansMilkAndAMassWeightWhereNoKindIsSaid) {
  EXPECT_EQ(MeasureOf("l", ""), (Measure{Metric::kMilk, 1, 1}));
  EXPECT_EQ(MeasureOf("gal", ""), (Measure{Metric::kMilk, 473'176'473, 125'000'000}));
  EXPECT_EQ(MeasureOf("KG", ""), (Measure{Metric::kWeight, 1, 1}));
  EXPECT_EQ(MeasureOf("lbs", ""), (Measure{Metric::kWeight, 45'359'237, 100'000'000}));
  for (const Unit unit : kUnits) {
    const std::string text = SpellingsOf(unit).front();
    const bool volume = unit == Unit::kLitre || unit == Unit::kGallon;
    EXPECT_EQ(MeasureOf(text, ""), MeasureOf(text, volume ? "milk" : "weight")) << text;
  }
}

TEST(MeasureOf, MilkMayBeWeighed) {
  EXPECT_EQ(MeasureOf("kg", "milk"), (Measure{Metric::kMilk, 1'000, 1'031}));
  EXPECT_EQ(MeasureOf("lb", "milk"), (Measure{Metric::kMilk, 45'359'237, 103'100'000}));
  EXPECT_EQ(MeasureOf("kg", "milk", 1'000'000), (Measure{Metric::kMilk, 1, 1}));
}

TEST(MeasureOf, NothingElseIsAMetric) {
  for (const auto& [unit, kind] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"L", "weight"},
                                                                  {"gal", "weight"},
                                                                  {"L", "water"},
                                                                  {"kg", "feed"},
                                                                  {"K", ""},
                                                                  {"K", "milk"},
                                                                  {"steps", "weight"},
                                                                  {"", ""}}) {
    EXPECT_EQ(MeasureOf(unit, kind), Measure{}) << unit << ' ' << kind;
  }
}

TEST(Converted, IsExactAndRoundsTiesToTheEvenOne) {
  constexpr Measure kHalf{Metric::kWeight, 1, 2};
  EXPECT_EQ(Converted(0, kHalf), 0);
  EXPECT_EQ(Converted(1, kHalf), 0);
  EXPECT_EQ(Converted(3, kHalf), 2);
  EXPECT_EQ(Converted(5, kHalf), 2);
  EXPECT_EQ(Converted(7, kHalf), 4);
  // A pound is 0.45359237 kg: half a hundred million of its millionths end in a half.
  EXPECT_EQ(Converted(50'000'000, MeasureOf("lb", "")), 22'679'618);   // …618.5
  EXPECT_EQ(Converted(150'000'000, MeasureOf("lb", "")), 68'038'856);  // …855.5
  EXPECT_EQ(Converted(1'000'000, MeasureOf("gal", "")), 3'785'412);
  EXPECT_EQ(Converted(10'310'000, MeasureOf("kg", "milk")), 10'000'000);
  EXPECT_EQ(Converted(1'000'000'000'000, MeasureOf("gal", "")), 3'785'411'784'000);
  // Rounded once, 4.3995: by way of whole millionths of a kilogram it would be 5.
  EXPECT_EQ(Converted(10, MeasureOf("lb", "milk")), 4);
}

/// Numbers of any length, so that nothing but school's multiplication is trusted.
using Digits = std::vector<int>;  ///< Decimal, the lowest first, no zeros at the end.

Digits DigitsOf(std::int64_t number) {
  Digits digits;
  for (; number > 0; number /= 10) digits.push_back(static_cast<int>(number % 10));
  return digits;
}

Digits Times(const Digits& a, const Digits& b) {
  Digits product(a.size() + b.size() + 1, 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) product[i + j] += a[i] * b[j];
  }
  for (std::size_t i = 0; i + 1 < product.size(); ++i) {
    product[i + 1] += product[i] / 10;
    product[i] %= 10;
  }
  while (!product.empty() && product.back() == 0) product.pop_back();
  return product;
}

int Compare(const Digits& a, const Digits& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const auto [x, y] = std::mismatch(a.rbegin(), a.rend(), b.rbegin());
  return x == a.rend() ? 0 : *x < *y ? -1 : 1;
}

/// |value·n/d - whole| <= 1/2, and even where it is just that: 2·value·n against (2·whole ± 1)·d.
bool IsNearest(std::int64_t whole, std::int64_t value, const Measure& measure) {
  const Digits exact = Times(DigitsOf(2 * value), DigitsOf(measure.numerator));
  const Digits denominator = DigitsOf(measure.denominator);
  const int above = Compare(exact, Times(DigitsOf(2 * whole + 1), denominator));
  if (above > 0 || (above == 0 && whole % 2 == 1)) return false;
  if (whole == 0) return true;
  const int below = Compare(exact, Times(DigitsOf(2 * whole - 1), denominator));
  return below > 0 || (below == 0 && whole % 2 == 0);
}

TEST(Converted, IsTheNearestMillionthOfTheExactRational) {
  EXPECT_TRUE(rc::check("any value, ties of pounds and of gallons", [] {
    const auto steps_of = [](std::int64_t step) {
      return rc::gen::map(rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000 / step + 1),
                          [step](std::int64_t count) { return count * step; });
    };
    const auto value = *rc::gen::oneOf(steps_of(1), steps_of(50'000'000), steps_of(62'500'000));
    const auto* unit = *rc::gen::element("L", "gal", "kg", "lb");
    const auto* kind = *rc::gen::element("", "milk", "weight", "?");
    const auto density = *rc::gen::inRange<std::int64_t>(900'000, 1'100'000);
    const Measure measure = MeasureOf(unit, kind, density);
    RC_ASSERT(IsNearest(Converted(value, measure), value, measure));
  }));
}

}  // namespace
}  // namespace herdflow::herd
