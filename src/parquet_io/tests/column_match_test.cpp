#include <gmock/gmock.h>

#include "columns.hpp"

namespace herdflow::parquet_io {
namespace {

using pipeline::Topic;
using testing::ElementsAre;
using testing::HasSubstr;

Result<ColumnMatch> Match(const std::string& path, const std::vector<std::string>& names) {
  return MatchColumns({path, std::nullopt}, names);
}

TEST(MatchColumns, TheColumnsTellTheTopicInAnyOrder) {
  const auto match =
      Match("x.parquet", {"value", "__index_level_0__", "timestamp", "cow_id", "sensor_id"});
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->topic, Topic::kMeasurements);
  EXPECT_THAT(match->positions, ElementsAre(-1, 4, 3, 2, 0, -1));
  EXPECT_EQ(Match("cows.parquet", {"id", "unit"})->topic, Topic::kSensors);
  EXPECT_EQ(Match("x.parquet", {"birthdate", "name", "id"})->topic, Topic::kCows);
}

TEST(MatchColumns, OtherCaseIsTakenWhereItIsOneColumn) {
  EXPECT_THAT(Match("x.parquet", {"ID", "Unit", "Deleted"})->positions,
              ElementsAre(-1, 0, 1, -1, 2));
  EXPECT_THAT(Match("x.parquet", {"ID", "id", "unit"})->positions, ElementsAre(-1, 1, 2, -1, -1));
  const auto doubt = MatchColumns({"x.parquet", Topic::kSensors}, {"ID", "Id", "unit"});
  EXPECT_EQ(doubt.error().message(),
            "x.parquet: column \"id\" could be any of \"ID\", \"Id\"; rename those that are not "
            "meant");
}

TEST(MatchColumns, ASensorsKindMayBeThere) {
  EXPECT_THAT(Match("x.parquet", {"kind", "deleted", "unit", "id"})->positions,
              ElementsAre(-1, 3, 2, 0, 1));
}

TEST(MatchColumns, AFarmIsNoCow) {
  const auto farms = Match("x.parquet", {"name", "id", "time_zone", "litre_max"});
  EXPECT_EQ(farms->topic, Topic::kFarms);
  EXPECT_THAT(farms->positions, ElementsAre(1, 0, 2, -1, 3, -1, -1, -1, -1));
  const auto cows = Match("x.parquet", {"farm", "id", "name", "birthdate"});
  EXPECT_EQ(cows->topic, Topic::kCows);
  EXPECT_THAT(cows->positions, ElementsAre(0, 1, 2, 3, -1));
}

TEST(MatchColumns, TheSameNameTwiceIsDoubt) {
  const auto doubt = MatchColumns({"x.parquet", Topic::kSensors}, {"id", "unit", "unit"});
  EXPECT_THAT(doubt.error().message(), HasSubstr("\"unit\" could be any of"));
}

TEST(MatchColumns, TheNameDecidesWhereColumnsFitTwoTopics) {
  const std::vector<std::string> both{"id", "name", "birthdate", "unit"};
  EXPECT_EQ(Match("data/cows-2024.parquet", both)->topic, Topic::kCows);
  EXPECT_EQ(Match("data/sensors/part-0.parquet", both)->topic, Topic::kSensors);
  EXPECT_THAT(Match("x.parquet", both).error().message(),
              HasSubstr("fit cows and sensors; name the file after the one that it is for"));
}

TEST(MatchColumns, AMissingColumnIsNamedWithWhatIsThere) {
  const auto match = Match("x.parquet", {"sensor_id", "cow_id", "time", "value"});
  EXPECT_EQ(match.error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(match.error().message(),
            "x.parquet: column \"timestamp\" is missing; a file of measurements has \"sensor_id\", "
            "\"cow_id\", \"timestamp\", \"value\", this one has \"sensor_id\", \"cow_id\", "
            "\"time\", \"value\"");
}

TEST(MatchColumns, AByteOrderMarkIsNoPartOfAName) {
  EXPECT_THAT(Match("x.parquet", {"\xEF\xBB\xBFID", "unit"})->positions,
              ElementsAre(-1, 0, 1, -1, -1));
}

TEST(MatchColumns, WhatCannotBeSeenInANameIsShown) {
  const auto failure = [](const std::string& name) {
    return Match("cows.parquet", {"id", name, "birthdate"}).error().message();
  };
  EXPECT_EQ(
      failure("na\u200Bme"),
      "cows.parquet: column \"name\" is missing (rename \"na\\u200bme\", whose name holds a blank "
      "or what shows nothing); a file of cows has \"id\", \"name\", \"birthdate\", this one has "
      "\"id\", \"na\\u200bme\", \"birthdate\"");
  EXPECT_THAT(failure("Name "), HasSubstr("(rename \"Name \", whose"));
  EXPECT_THAT(failure("name\u00A0"), HasSubstr("(rename \"name\\u00a0\", whose"));
  EXPECT_THAT(failure("name\t"), HasSubstr("(rename \"name\\u0009\", whose"));
  EXPECT_THAT(failure("\x1b[31m"),
              HasSubstr("this one has \"id\", \"\\u001b[31m\", \"birthdate\""));
}

TEST(MatchColumns, ATableOfSomethingElseIsToldFromAColumnThatIsMissing) {
  EXPECT_EQ(
      Match("x.parquet", {"invoice", "sum"}).error().message(),
      "x.parquet: it is Parquet, but of something else: it has \"invoice\", \"sum\"; a file of "
      "cows has \"id\", \"name\", \"birthdate\", one of sensors has \"id\", \"unit\", one of "
      "measurements has \"sensor_id\", \"cow_id\", \"timestamp\", \"value\", one of farms has "
      "\"id\", "
      "\"name\", \"time_zone\"; rename its columns so, or leave it out");
  std::vector<std::string> many(300, "c");
  EXPECT_THAT(Match("x.parquet", many).error().message(), HasSubstr("\"c\" and 288 more; a file"));
}

TEST(MatchColumns, AFilesPlaceIsBinding) {
  const auto match = MatchColumns({"d/cows.parquet", Topic::kCows}, {"id", "unit"});
  EXPECT_THAT(match.error().message(), HasSubstr("column \"name\" is missing; a file of cows has"));
}

}  // namespace
}  // namespace herdflow::parquet_io
