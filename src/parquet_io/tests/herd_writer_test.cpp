#include "herdflow/parquet_io/herd_writer.hpp"

#include <gmock/gmock.h>

#include "herdflow/herd/message.hpp"
#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class HerdWriter : public ParquetTest {
 protected:
  static herd::SyntheticHerd Herd(std::uint64_t seed = 7) {
    const auto day = [](std::string_view text) { return *ParseDate(text); };
    return *herd::SyntheticHerd::Make(
        {.cows = 8, .from = day("2024-01-01"), .to = day("2024-03-31"), .seed = seed});
  }
  Result<WrittenHerd> Generate(std::string_view folder, std::uint64_t seed = 7) {
    return WriteHerd(Herd(seed), Path(folder), nullptr);
  }
};

TEST_F(HerdWriter, WritesTheThreeFilesAndTheTruth) {
  std::vector<std::int64_t> heard;
  const auto written =
      WriteHerd(Herd(), Path("new/herd"), [&heard](std::int64_t rows) { heard.push_back(rows); });
  ASSERT_TRUE(written.has_value()) << written.error().message();
  EXPECT_THAT(written->files,
              ElementsAre(Path("new/herd/cows.parquet"), Path("new/herd/sensors.parquet"),
                          Path("new/herd/measurements.parquet"), Path("new/herd/truth.json")));
  EXPECT_EQ(heard.back(), written->truths.at(0).measurements);
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("new/herd")), {}), 4);
}

TEST_F(HerdWriter, TheSameHerdIsTheSameBytes) {
  ASSERT_TRUE(Generate("a").has_value());
  ASSERT_TRUE(Generate("b").has_value());
  ASSERT_TRUE(Generate("c", 8).has_value());
  for (const char* name :
       {"cows.parquet", "sensors.parquet", "measurements.parquet", "truth.json"}) {
    EXPECT_EQ(FileBytes(Path("a") + "/" + name), FileBytes(Path("b") + "/" + name)) << name;
    EXPECT_NE(FileBytes(Path("a") + "/" + name), FileBytes(Path("c") + "/" + name)) << name;
  }
}

TEST_F(HerdWriter, WhatIsReadBackIsWhatTheHerdSaid) {
  const auto written = Generate("herd");
  ASSERT_TRUE(written.has_value());
  const herd::SyntheticHerd herd = Herd();
  const auto cows = ReadValues(written->files[0]);
  ASSERT_EQ(cows.size(), herd.cows().size());
  for (std::size_t i = 0; i < cows.size(); ++i) {
    EXPECT_EQ(Token(cows[i], "id"), '"' + herd.cows()[i].id + '"');
    EXPECT_EQ(Token(cows[i], "name"), '"' + herd.cows()[i].name + '"');
    EXPECT_EQ(Token(cows[i], "birthdate"), '"' + FormatDate(herd.cows()[i].birthdate) + '"');
  }
  const auto sensors = ReadValues(written->files[1]);
  ASSERT_EQ(sensors.size(), herd.sensors().size());
  EXPECT_EQ(Token(sensors.front(), "unit"), '"' + herd.sensors().front().unit + '"');

  const auto values = ReadValues(written->files[2]);
  std::size_t row = 0;
  herd.ForEachMeasurement([&](const herd::SyntheticMeasurement& made) {
    ASSERT_LT(row, values.size());
    const std::string& value = values[row++];
    ASSERT_EQ(Token(value, "sensor_id"), '"' + std::string(made.sensor_id) + '"');
    ASSERT_EQ(Token(value, "cow_id"), '"' + std::string(made.cow_id) + '"');
    ASSERT_EQ(Token(value, "timestamp"), herd::ShortestDecimal(made.timestamp));
    ASSERT_EQ(Token(value, "value"), made.value ? herd::ShortestDecimal(*made.value) : "null");
  });
  EXPECT_EQ(row, values.size());
  EXPECT_EQ(written->truths.at(0).measurements, static_cast<std::int64_t>(row));
}

TEST_F(HerdWriter, SeveralFarmsStandInTheSameFiles) {
  const auto written =
      WriteFarms({{"a", "Farm A", Herd(7)}, {"b", "Farm B", Herd(8)}}, Path("farms"), nullptr);
  ASSERT_TRUE(written.has_value()) << written.error().message();
  EXPECT_EQ(written->files.front(), Path("farms/farms.parquet"));
  EXPECT_THAT(ReadValues(written->files[0]),
              ElementsAre(R"({"id":"a","name":"Farm A","time_zone":"UTC"})",
                          R"({"id":"b","name":"Farm B","time_zone":"UTC"})"));
  const auto cows = ReadValues(written->files[1]);
  ASSERT_EQ(cows.size(), 16U);
  EXPECT_EQ(Token(cows.front(), "farm"), R"("a")");
  EXPECT_EQ(Token(cows.back(), "farm"), R"("b")");
  EXPECT_EQ(Token(ReadValues(written->files[2]).back(), "farm"), R"("b")");
  const auto readings = ReadEvents({written->files[3]}, 100'000);
  EXPECT_EQ(static_cast<std::int64_t>(readings.size()),
            written->truths.at(0).measurements + written->truths.at(1).measurements);
  EXPECT_TRUE(readings.front().key.starts_with("a/"));
  EXPECT_TRUE(readings.back().key.starts_with("b/"));
}

TEST_F(HerdWriter, TheTruthIsSortedAndReadable) {
  const auto written = Generate("herd");
  ASSERT_TRUE(written.has_value());
  const std::string json = FileBytes(Path("herd/truth.json"));
  EXPECT_TRUE(json.starts_with("{\n  \"cows\": 8,\n  \"dead_sensors\": [\n    \"")) << json;
  EXPECT_TRUE(json.ends_with("\n}\n")) << json;
  EXPECT_THAT(json,
              HasSubstr("\"measurements\": " + std::to_string(written->truths.at(0).measurements)));
  for (const herd::IllEpisode& ill : written->truths.at(0).ill) {
    EXPECT_THAT(json, HasSubstr("{\"cow_id\": \"" + ill.cow_id + "\", \"first\": \"" +
                                FormatDate(ill.first) + '"'));
  }
}

TEST_F(HerdWriter, NothingIsOverwritten) {
  fs::create_directories(Path("herd"));
  WriteBytes("herd/truth.json", "mine");
  const auto written = Generate("herd");
  EXPECT_EQ(written.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(written.error().message(), Path("herd/truth.json") +
                                           " exists and is not overwritten: choose another folder, "
                                           "or remove it first");
  EXPECT_EQ(FileBytes(Path("herd/truth.json")), "mine");
  EXPECT_FALSE(fs::exists(Path("herd/cows.parquet")));
}

TEST_F(HerdWriter, WhereTheTruthIsAllFilesAre) {
  for (const std::string name : {"cows.parquet", "sensors.parquet", "measurements.parquet"}) {
    const auto in_the_way = [&](std::int64_t) {
      fs::create_directories(Path("herd/" + name + "/in_the_way"));
    };
    const auto written = WriteHerd(Herd(), Path("herd"), in_the_way);
    EXPECT_THAT(written.error().message(), HasSubstr("naming " + Path("herd/" + name)));
    EXPECT_FALSE(fs::exists(Path("herd/truth.json"))) << name;
    fs::remove_all(Path("herd"));
  }
  const auto in_the_way_of_farms = [&](std::int64_t) {
    fs::create_directories(Path("farms/farms.parquet/in_the_way"));
  };
  EXPECT_FALSE(WriteFarms({{"a", "A", Herd()}}, Path("farms"), in_the_way_of_farms).has_value());
  EXPECT_FALSE(fs::exists(Path("farms/truth.json")));
}

TEST_F(HerdWriter, AFolderThatCannotBeMadeIsNamed) {
  WriteBytes("file", "");
  EXPECT_THAT(Generate("file/herd").error().message(), HasSubstr("making folder " + Path("file")));
}

TEST_F(HerdWriter, OnFailureNothingIsLeftBehind) {
  fs::create_directories(Path("herd/.measurements.parquet.partial/in_the_way"));
  const auto written = Generate("herd");
  EXPECT_THAT(written.error().message(), HasSubstr("writing " + Path("herd")));
  EXPECT_EQ(std::distance(fs::directory_iterator(Path("herd")), {}), 1);
}

}  // namespace
}  // namespace herdflow::parquet_io
