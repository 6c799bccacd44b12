#include "herdflow/herd/measure.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace herdflow::herd {
namespace {

struct Spelling {
  std::string_view text;
  Unit unit;
};
constexpr std::array kSpellings{
    Spelling{"l", Unit::kLitre},
    Spelling{"ltr", Unit::kLitre},
    Spelling{"litre", Unit::kLitre},
    Spelling{"litres", Unit::kLitre},
    Spelling{"liter", Unit::kLitre},
    Spelling{"liters", Unit::kLitre},
    Spelling{"gal", Unit::kGallon},
    Spelling{"gallon", Unit::kGallon},
    Spelling{"gallons", Unit::kGallon},
    Spelling{"kg", Unit::kKilogram},
    Spelling{"kgm", Unit::kKilogram},
    Spelling{"kilogram", Unit::kKilogram},
    Spelling{"kilograms", Unit::kKilogram},
    Spelling{"lb", Unit::kPound},
    Spelling{"lbs", Unit::kPound},
    Spelling{"lbr", Unit::kPound},
    Spelling{"pound", Unit::kPound},
    Spelling{"pounds", Unit::kPound},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameLetters(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return Lower(a) == b; });
}

/// How many of a base unit a unit is.
struct Factor {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};
constexpr Factor kLitresPerGallon{3'785'411'784, 1'000'000'000};
constexpr Factor kKilogramsPerPound{45'359'237, 100'000'000};

Measure InLowestTerms(Metric metric, const Factor& factor) {
  const std::int64_t common = std::gcd(factor.numerator, factor.denominator);
  return {metric, factor.numerator / common, factor.denominator / common};
}

Measure MeasureOfVolume(const Factor& litres, std::string_view kind) {
  return kind.empty() || kind == kMilkKind ? InLowestTerms(Metric::kMilk, litres) : Measure{};
}

Measure MeasureOfMass(const Factor& kilograms, std::string_view kind,
                      std::int64_t density_millionths) {
  if (kind.empty() || kind == kWeightKind) return InLowestTerms(Metric::kWeight, kilograms);
  if (kind != kMilkKind) return {};
  const Measure mass = InLowestTerms(Metric::kMilk, kilograms);
  const Measure litres = InLowestTerms(Metric::kMilk, {1'000'000, density_millionths});
  return InLowestTerms(Metric::kMilk,
                       {mass.numerator * litres.numerator, mass.denominator * litres.denominator});
}

}  // namespace

Unit UnitOf(std::string_view unit) {
  const auto* const known =
      std::find_if(kSpellings.begin(), kSpellings.end(),
                   [&](const Spelling& spelling) { return SameLetters(unit, spelling.text); });
  return known == kSpellings.end() ? Unit::kOther : known->unit;
}

std::string_view UnitSpelling(std::string_view unit) {
  switch (UnitOf(unit)) {
    case Unit::kLitre:
      return "L";
    case Unit::kGallon:
      return "gal";
    case Unit::kKilogram:
      return "kg";
    case Unit::kPound:
      return "lb";
    case Unit::kOther:
      break;
  }
  return unit;
}

Measure MeasureOf(std::string_view unit, std::string_view kind, std::int64_t density_millionths) {
  switch (UnitOf(unit)) {
    case Unit::kLitre:
      return MeasureOfVolume({}, kind);
    case Unit::kGallon:
      return MeasureOfVolume(kLitresPerGallon, kind);
    case Unit::kKilogram:
      return MeasureOfMass({}, kind, density_millionths);
    case Unit::kPound:
      return MeasureOfMass(kKilogramsPerPound, kind, density_millionths);
    case Unit::kOther:
      break;
  }
  return {};
}

std::int64_t Converted(std::int64_t value_millionths, const Measure& measure) {
  if (measure.numerator == measure.denominator) return value_millionths;  // Nearly every sensor.
  __extension__ using Wide = __int128;
  const Wide exact = Wide{value_millionths} * measure.numerator;  // In denominators.
  const Wide twice_rest = exact % measure.denominator * 2;
  auto whole = static_cast<std::int64_t>(exact / measure.denominator);
  const bool tie = twice_rest == measure.denominator;
  if (twice_rest > measure.denominator || (tie && whole % 2 == 1)) ++whole;
  return whole;
}

}  // namespace herdflow::herd
