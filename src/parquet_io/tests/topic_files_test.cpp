#include "topic_files.hpp"

#include <gmock/gmock.h>

#include "herdflow/parquet_io/event_sources.hpp"
#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;
using pipeline::Topic;
using testing::ElementsAre;
using testing::HasSubstr;

class TopicFiles : public ParquetTest {
 protected:
  std::vector<std::string> Sources(const std::vector<std::string>& paths) {
    const auto sources = OpenEventSources(paths);
    if (!sources) return {sources.error().message()};
    std::vector<std::string> names;
    for (const auto& source : *sources) {
      names.push_back(fs::path(source->name()).lexically_relative(folder_).string());
    }
    return names;
  }
  std::string Failure(const std::vector<std::string>& paths) { return Sources(paths).at(0); }
};

TEST_F(TopicFiles, AFolderOfThreeFilesIsCowsSensorsMeasurements) {
  WriteMeasurements("measurements.parquet");
  WriteSensors("sensors.parquet");
  WriteCows("cows.parquet");
  WriteBytes("README.txt", "not data");
  EXPECT_THAT(Sources({folder_}),
              ElementsAre("cows.parquet", "sensors.parquet", "measurements.parquet"));
}

TEST_F(TopicFiles, FoldersOfPartFilesAreReadByName) {
  WriteCows("cows/a.parquet");
  WriteSensors("sensors.parquet/x.parquet");
  WriteMeasurements("measurements/part-1.parquet");
  WriteMeasurements("measurements/part-0.parquet");
  WriteBytes("measurements/_SUCCESS", "");
  WriteBytes("measurements/.part-0.parquet.crc", "");
  WriteBytes("measurements/_metadata.parquet", "");
  EXPECT_THAT(Sources({folder_}),
              ElementsAre("cows/a.parquet", "sensors.parquet/x.parquet",
                          "measurements/part-0.parquet", "measurements/part-1.parquet"));
}

TEST_F(TopicFiles, SingleFilesAreSortedByTopic) {
  const std::string readings = WriteMeasurements("june.parquet");
  const std::string cows = WriteCows("herd.parquet");
  EXPECT_THAT(Sources({readings, cows}), ElementsAre("herd.parquet", "june.parquet"));
}

TEST_F(TopicFiles, AFolderOfAnyNamesIsReadByColumns) {
  WriteMeasurements("measurements/part-0.parquet");
  EXPECT_THAT(Sources({Path("measurements")}), ElementsAre("measurements/part-0.parquet"));
}

TEST_F(TopicFiles, AMissingFileOfTheThreeIsNamed) {
  WriteCows("cows.parquet");
  WriteSensors("sensors.parquet");
  WriteMeasurements("measurement.parquet");
  EXPECT_THAT(Failure({folder_}), HasSubstr("has no measurements.parquet; if that is meant"));
}

TEST_F(TopicFiles, WhatCannotBeMeantIsNamed) {
  EXPECT_THAT(Failure({Path("none")}), HasSubstr("none: no such file or folder"));
  EXPECT_THAT(Failure({folder_}), HasSubstr("holds no *.parquet file"));
  EXPECT_THAT(Failure({"/dev/null"}), HasSubstr("/dev/null is neither a file nor a folder"));
  WriteCows("cows.parquet");
  WriteCows("cows/a.parquet");
  EXPECT_THAT(Failure({folder_}), HasSubstr("both hold cows"));
  WriteCows("deep/year=2024/a.parquet");
  EXPECT_THAT(Failure({Path("deep")}), HasSubstr("holds the folder year=2024"));
}

TEST_F(TopicFiles, NothingIsGivenIfOneFileDoesNotFit) {
  WriteCows("cows.parquet");
  WriteSensors("sensors.parquet");
  WriteCows("measurements.parquet");
  EXPECT_THAT(Failure({folder_}),
              HasSubstr("measurements.parquet: column \"sensor_id\" is missing"));
}

}  // namespace
}  // namespace herdflow::parquet_io
