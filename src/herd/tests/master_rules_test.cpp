#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/herd/rules.hpp"
#include "judging.hpp"

namespace herdflow::herd {
namespace {

TEST(PrecheckMasterData, RefusesIdsAndWarnsOfTheRest) {
  const auto cow =
      PrecheckCow({.id = {}, .name = {}, .birthdate = Text("soon"), .deleted = {}}, kReceived);
  EXPECT_EQ(cow.refused.size(), 1U);
  EXPECT_EQ(cow.warnings.size(), 2U);
  const auto sensor = PrecheckSensor({.id = Text("s"), .unit = {}, .kind = {}, .deleted = {}});
  EXPECT_TRUE(sensor.refused.empty());
  EXPECT_EQ(sensor.warnings.size(), 1U);
  const auto retired = PrecheckSensor({.id = Text("s"), .unit = {}, .kind = {}, .deleted = True()});
  EXPECT_TRUE(retired.warnings.empty());
}

std::variant<Cow, Rejection> CowNamed(const Field& name, const Field& birthdate = {}) {
  return JudgeCow({.id = Text("c"), .name = name, .birthdate = birthdate, .deleted = {}},
                  kReceived);
}

TEST(JudgeCow, TrimsItsName) {
  const auto cow = std::get<Cow>(CowNamed(Text("\u3000 Linda #3\u00A0"), Text("2019-09-09")));
  EXPECT_EQ(cow.id, "c");
  EXPECT_EQ(cow.name, "Linda #3");
  EXPECT_EQ(cow.birthdate, ParseDate("2019-09-09"));
  EXPECT_FALSE(cow.retired);
}

TEST(JudgeCow, NamesHaveOneTo255Characters) {
  EXPECT_EQ(CodeOf(CowNamed(Text(Repeated("é", 255)))), "accepted");
  EXPECT_EQ(CodeOf(CowNamed(Text(" " + Repeated("é", 255) + " "))), "accepted");
  EXPECT_EQ(CodeOf(CowNamed(Text(Repeated("é", 256)))), "too_long");
  for (const Field& name : {Field{}, Null(), Text(""), Text(" \u2003"), Text("None")}) {
    EXPECT_EQ(CodeOf(CowNamed(name)), "missing");
  }
  for (const Field& name : {Number("5"), True(), Other()}) {
    EXPECT_EQ(CodeOf(CowNamed(name)), "bad_type");
  }
  EXPECT_EQ(CodeOf(CowNamed(Text("a\nb"))), "bad_characters");
  EXPECT_EQ(CodeOf(CowNamed(Text("a\xFF"))), "bad_utf8");
}

TEST(JudgeCow, BirthdateIsTheDayAsWritten) {
  const auto born = [](const Field& birthdate) {
    return std::get<Cow>(CowNamed(Text("N"), birthdate)).birthdate;
  };
  EXPECT_EQ(born({}), std::nullopt);
  EXPECT_EQ(born(Null()), std::nullopt);
  EXPECT_EQ(born(Text("None")), std::nullopt);
  for (const auto* text :
       {"2019-09-09", " 2019-09-09 ", "2019-09-09T23:30:00-05:00", "2019-09-09 00:00:00",
        "2019-09-09T00:00:00+14:00", "20190909", "20190909T233000-0500", "2019-252"}) {
    EXPECT_EQ(born(Text(text)), ParseDate("2019-09-09")) << text;
  }
}

TEST(JudgeCow, BirthdateFrom1980ToTheDayOfReceipt) {
  const auto code = [](const Field& birthdate) { return CodeOf(CowNamed(Text("N"), birthdate)); };
  EXPECT_EQ(code(Text("1980-01-01")), "accepted");
  EXPECT_EQ(code(Text("1979-12-31")), "out_of_range");
  EXPECT_EQ(code(Text("2024-04-08")), "accepted");
  EXPECT_EQ(code(Text("2024-04-09")), "out_of_range");
  for (const Field& birthdate : {Text("09.09.2019"), Text("2019-02-29"), Text("2019-09-09T"),
                                 Number("20190909"), True(), Text(" ")}) {
    EXPECT_EQ(code(birthdate), "bad_date") << birthdate.text;
  }
}

TEST(JudgeCow, IdComesFirstAndIsAllThatARetiredCowNeeds) {
  EXPECT_EQ(CodeOf(JudgeCow({}, kReceived)), "missing");
  const auto retired = JudgeCow(
      {.id = Number("7"), .name = Other(), .birthdate = Text("x"), .deleted = True()}, kReceived);
  EXPECT_TRUE(std::get<Cow>(retired).retired);
  EXPECT_EQ(std::get<Cow>(retired).id, "7");
  EXPECT_EQ(std::get<Cow>(retired).name, "");
}

std::variant<Sensor, Rejection> SensorOf(const Field& unit, const Field& deleted = {}) {
  return JudgeSensor({.id = Text("s"), .unit = unit, .kind = {}, .deleted = deleted});
}
std::variant<Sensor, Rejection> SensorOfKind(const Field& kind) {
  return JudgeSensor({.id = Text("s"), .unit = Text("kg"), .kind = kind, .deleted = {}});
}

TEST(JudgeSensor, UnitsHaveOneSpelling) {
  const auto unit = [](std::string_view text) {
    return std::get<Sensor>(SensorOf(Text(text))).unit;
  };
  EXPECT_EQ(unit("l"), "L");
  EXPECT_EQ(unit(" L "), "L");
  EXPECT_EQ(unit("KG"), "kg");
  EXPECT_EQ(unit("\u3000Gallons"), "gal");
  EXPECT_EQ(unit("LBS"), "lb");
  EXPECT_EQ(unit("°C"), "°C");
}

TEST(JudgeSensor, UnitsHaveOneToTenCharacters) {
  EXPECT_EQ(CodeOf(SensorOf(Text(Repeated("°", 10)))), "accepted");
  EXPECT_EQ(CodeOf(SensorOf(Text(Repeated("°", 11)))), "too_long");
  EXPECT_EQ(CodeOf(SensorOf(Text("  "))), "missing");
  EXPECT_EQ(CodeOf(SensorOf({})), "missing");
  EXPECT_EQ(CodeOf(SensorOf(Text("k\tg"))), "bad_characters");
  EXPECT_EQ(CodeOf(SensorOf(Number("1"))), "bad_type");
}

TEST(JudgeSensor, AKindIsATextOfOneTo32CharactersOrNone) {
  EXPECT_EQ(std::get<Sensor>(SensorOfKind(Text("\u2003milk "))).kind, "milk");
  EXPECT_EQ(std::get<Sensor>(SensorOfKind(Text("Füße"))).kind, "Füße");
  for (const Field& kind :
       {Field{}, Null(), Text(""), Text("None"), Text("nan"), Text(" \u2003")}) {
    EXPECT_EQ(std::get<Sensor>(SensorOfKind(kind)).kind, "");
  }
  EXPECT_EQ(CodeOf(SensorOfKind(Text(Repeated("é", 32)))), "accepted");
  EXPECT_EQ(CodeOf(SensorOfKind(Text(Repeated("é", 33)))), "too_long");
  EXPECT_EQ(CodeOf(SensorOfKind(Text("mi\nlk"))), "bad_characters");
  EXPECT_EQ(CodeOf(SensorOfKind(Text("m\xFF"))), "bad_utf8");
  for (const Field& kind : {Number("1"), True(), Other()}) {
    EXPECT_EQ(CodeOf(SensorOfKind(kind)), "bad_type");
  }
}

/// `code field` of each warning.
std::vector<std::string> Warnings(std::string_view unit, const Field& kind) {
  const auto found =
      PrecheckSensor({.id = Text("s"), .unit = Text(unit), .kind = kind, .deleted = {}});
  EXPECT_TRUE(found.refused.empty());
  std::vector<std::string> warnings;
  for (const Rejection& warning : found.warnings) {
    EXPECT_TRUE(warning.reason.starts_with(warning.field)) << warning.reason;
    warnings.push_back(fmt::format("{} {}", Name(warning.code), warning.field));
  }
  return warnings;
}

TEST(PrecheckMasterData, WarnsOfAnUnknownUnitAndOfAKindThatTheUnitCannotMeasure) {
  using Found = std::vector<std::string>;
  for (const auto& [unit, kind] : {std::pair("L", ""), std::pair("gal", "milk"),
                                   std::pair("KG", "weight"), std::pair("Pounds", "milk")}) {
    EXPECT_EQ(Warnings(unit, Text(kind)), Found()) << unit;
  }
  EXPECT_EQ(Warnings("ml", {}), Found({"implausible unit"}));
  EXPECT_EQ(Warnings("ml", Text("milk")), Found({"implausible unit"}));
  EXPECT_EQ(Warnings("L", Text("weight")), Found({"implausible kind"}));
  EXPECT_EQ(Warnings("kg", Text("feed")), Found({"implausible kind"}));
  EXPECT_EQ(Warnings("ml", Number("1")), Found({"implausible unit", "bad_type kind"}));
  EXPECT_EQ(Warnings("", Number("1")), Found({"missing unit", "bad_type kind"}));
}

TEST(PrecheckMasterData, AWarningSaysWhatTheMetricsWouldTake) {
  const auto reason = [](std::string_view unit, std::string_view kind) {
    return PrecheckSensor({.id = Text("s"), .unit = Text(unit), .kind = Text(kind), .deleted = {}})
        .warnings.at(0)
        .reason;
  };
  EXPECT_EQ(reason("ltrs", ""),
            "unit is \"ltrs\"; for the herd's metrics L, gal, kg or lb was expected");
  EXPECT_EQ(reason("litres", "weight"),
            "kind is \"weight\"; for the herd's metrics milk was expected of a sensor in L");
  EXPECT_EQ(reason("lbs", "feed"),
            "kind is \"feed\"; for the herd's metrics milk or weight was expected of a sensor in "
            "lb");
}

TEST(JudgeSensor, RetiredNeedsNoUnit) {
  EXPECT_TRUE(std::get<Sensor>(SensorOf({}, True())).retired);
  EXPECT_EQ(CodeOf(SensorOf(Text("L"), Other())), "bad_type");
}

}  // namespace
}  // namespace herdflow::herd
