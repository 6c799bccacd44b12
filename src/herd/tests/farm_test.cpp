#include "herdflow/herd/farm.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "herdflow/herd/rules.hpp"
#include "judging.hpp"

namespace herdflow::herd {
namespace {

std::string CodeOfId(const Field& id) {
  const auto rejection = JudgeFarmId(id, "id");
  return rejection ? std::string(Name(rejection->code)) : "accepted";
}

FarmFields Fields() {
  FarmFields fields;
  fields.id = Text("north");
  fields.name = Text("North Farm");
  return fields;
}

TEST(JudgeFarmId, TakesOneTo63OfItsCharacters) {
  for (const std::string& id : {std::string("a"), std::string("0"), std::string("a-b-"),
                                std::string("default"), Repeated("z", 63)}) {
    EXPECT_EQ(CodeOfId(Text(id)), "accepted") << id;
  }
  for (const char* id : {"-a", "A", "a b", "a_b", "é", "a/b", " a", "a\n", "a.b"}) {
    EXPECT_EQ(CodeOfId(Text(id)), "bad_characters") << id;
  }
  EXPECT_EQ(CodeOfId(Text(Repeated("z", 64))), "too_long");
  for (const Field& id : {Number("5"), True(), Other()}) EXPECT_EQ(CodeOfId(id), "bad_type");
  for (const Field& id : {Field{}, Null(), Text("")}) EXPECT_EQ(CodeOfId(id), "missing");
}

TEST(FarmOfAnEvent, IsTheDefaultWhereNoneIsNamed) {
  for (const Field& farm : {Field{}, Null(), Text(""), Text("None")}) {
    EXPECT_FALSE(JudgeFarmOf(farm));
    EXPECT_EQ(FarmNamed(farm), kDefaultFarm);
  }
  EXPECT_EQ(FarmNamed(Text("north")), "north");
  EXPECT_EQ(JudgeFarmOf(Text("North"))->code, RejectionCode::kBadCharacters);
  EXPECT_EQ(JudgeFarmOf(Text("North"))->field, "farm");
}

TEST(FarmOfAnEvent, IsTheFirstThatIsJudged) {
  EXPECT_EQ(
      CodeOf(JudgeCow({.farm = Text("N"), .id = {}, .name = {}, .birthdate = {}, .deleted = {}},
                      kReceived)),
      "bad_characters");
  EXPECT_EQ(
      CodeOf(JudgeSensor({.farm = Number("1"), .id = {}, .unit = {}, .kind = {}, .deleted = {}})),
      "bad_type");
  MeasurementFields fields;
  const std::string too_long = Repeated("a", 64);
  fields.farm = Text(too_long);
  EXPECT_EQ(CodeOf(JudgeReading(fields, kReceived, std::nullopt, {})), "too_long");
  EXPECT_EQ(PrecheckMeasurement(fields, kReceived).refused.size(), 4U);
}

TEST(JudgeFarm, IsItsWholeState) {
  const auto plain = std::get<Farm>(JudgeFarm(Fields()));
  EXPECT_EQ(plain.id, "north");
  EXPECT_EQ(plain.name, "North Farm");
  EXPECT_EQ(plain.rules, FarmRules{});
  FarmFields fields = Fields();
  fields.time_zone = Text("Europe/Berlin");
  fields.litre_min = Number("0.5");
  fields.litre_max = Text("45");
  fields.kilogram_min = Number("30");
  fields.kilogram_max = Number("1200.25");
  fields.milk_density = Number("1.03");
  const auto farm = std::get<Farm>(JudgeFarm(fields));
  EXPECT_EQ(farm.rules.time_zone, "Europe/Berlin");
  EXPECT_EQ(farm.rules.bounds, (Bounds{500'000, 45 * kMillion, 30 * kMillion, 1'200'250'000}));
  EXPECT_EQ(farm.rules.density_millionths, 1'030'000);
}

TEST(JudgeFarm, SaysWhatIsWrong) {
  const auto code_with = [](Field FarmFields::*field, const Field& value) {
    FarmFields fields = Fields();
    fields.*field = value;
    return CodeOf(JudgeFarm(fields));
  };
  EXPECT_EQ(code_with(&FarmFields::name, {}), "missing");
  EXPECT_EQ(code_with(&FarmFields::time_zone, Text("Europe/Berlim")), "bad_time_zone");
  EXPECT_EQ(code_with(&FarmFields::time_zone, Text("+02:00")), "bad_time_zone");
  EXPECT_EQ(code_with(&FarmFields::time_zone, Number("2")), "bad_type");
  EXPECT_EQ(code_with(&FarmFields::litre_max, Text("many")), "not_a_number");
  EXPECT_EQ(code_with(&FarmFields::litre_min, Number("-1")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::kilogram_max, Number("1000001")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::litre_min, Number("61")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::kilogram_max, Number("19")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::milk_density, Number("0")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::milk_density, Number("1031")), "out_of_range");
  EXPECT_EQ(code_with(&FarmFields::deleted, Text("maybe")), "bad_type");
}

TEST(JudgeFarm, ClosesByItsIdAlone) {
  FarmFields fields;
  fields.id = Text("north");
  fields.deleted = True();
  EXPECT_TRUE(std::get<Farm>(JudgeFarm(fields)).closed);
  EXPECT_TRUE(PrecheckFarm(fields).warnings.empty());
  fields.id = Text("default");
  EXPECT_EQ(CodeOf(JudgeFarm(fields)), "out_of_range");
  ASSERT_EQ(PrecheckFarm(fields).warnings.size(), 1U);  // Its name is not asked for.
  EXPECT_EQ(PrecheckFarm(fields).warnings.front().field, "deleted");
}

TEST(PrecheckFarm, RefusesItsIdAndWarnsOfAllTheRest) {
  FarmFields fields;
  fields.time_zone = Text("Berlin");
  fields.litre_min = Text("x");
  const Precheck found = PrecheckFarm(fields);
  ASSERT_EQ(found.refused.size(), 1U);
  EXPECT_EQ(found.refused.front().field, "id");
  ASSERT_EQ(found.warnings.size(), 3U);
  EXPECT_EQ(found.warnings[0].field, "name");
  EXPECT_EQ(found.warnings[1].field, "time_zone");
  EXPECT_EQ(found.warnings[2].field, "litre_min");
}

TEST(PrecheckFarm, OfARequestTakesNoTextForANumberOrForAMissingValue) {
  FarmFields fields = Fields();
  fields.time_zone = Text("None");
  fields.litre_min = Text("1");
  fields.litre_max = {Field::Kind::kNull, {}};
  fields.milk_density = Text("nan");
  fields.deleted = Text("false");
  EXPECT_TRUE(PrecheckFarm(fields).warnings.empty());
  Precheck found = PrecheckFarm(fields, Typing::kRequest);
  std::string said;
  for (const Rejection& each : found.warnings) {
    said += fmt::format("{} {}, ", each.field, Name(each.code));
  }
  EXPECT_EQ(said,
            "deleted bad_type, time_zone bad_time_zone, litre_min bad_type, "
            "milk_density bad_type, ");
}

TEST(RulesVersion, ChangesWithEveryRange) {
  const auto of = [](const Bounds& bounds) {
    return RulesVersion({.time_zone = "UTC", .bounds = bounds});
  };
  const std::string version = of({});
  EXPECT_TRUE(version.starts_with(fmt::format("{}-", RulesCode()))) << version;
  EXPECT_EQ(version, of({}));
  EXPECT_NE(version, of({.litre_min = 1}));
  EXPECT_NE(version, of({.litre_max = 1}));
  EXPECT_NE(version, of({.kilogram_min = 1}));
  EXPECT_NE(version, of({.kilogram_max = 1}));
  EXPECT_NE(version,
            RulesVersion({.time_zone = "UTC", .bounds = {}, .density_millionths = 1'000'000}));
}

TEST(FarmMessage, IsReadAndWrittenInItsOrder) {
  const std::string json =
      R"({"id":"n","name":"N","time_zone":"UTC","litre_min":0,"litre_max":60,"kilogram_min":20,)"
      R"("kilogram_max":1500,"milk_density":1.031,"deleted":false})";
  MessageParser parser;
  const auto parsed = parser.Farm(json);
  std::string written;
  WriteFarm(std::get<FarmFields>(parsed), written);
  EXPECT_EQ(written, json);
}

TEST(MessageKeys, BeginWithAnotherFarmThanTheDefault) {
  std::string key;
  WriteMeasurementKey("default", "s", "c", key);
  EXPECT_EQ(key, "s_c");
  key.clear();
  WriteMeasurementKey("north", "s", "c", key);
  EXPECT_EQ(key, "north/s_c");
  key.clear();
  WriteRecordKey("north", "c", key);
  EXPECT_EQ(key, "north/c");
}

}  // namespace
}  // namespace herdflow::herd
