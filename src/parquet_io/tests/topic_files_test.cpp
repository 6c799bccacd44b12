#include "topic_files.hpp"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "herdflow/parquet_io/event_sources.hpp"
#include "herdflow/parquet_io/herd_writer.hpp"
#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;
using pipeline::Topic;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TopicFiles : public ParquetTest {
 protected:
  std::vector<std::string> Sources(const std::vector<std::string>& paths) {
    const auto found = OpenEventSources(paths, {}, {});
    if (!found) return {found.error().message()};
    left_out_ = found->left_out;
    std::vector<std::string> names;
    for (const auto& source : found->sources) {
      names.push_back(fs::path(source->name()).lexically_relative(folder_).string());
    }
    return names;
  }
  std::string Failure(const std::vector<std::string>& paths) { return Sources(paths).at(0); }

  std::vector<std::string> left_out_;
};

TEST_F(TopicFiles, AFolderOfThreeFilesIsCowsSensorsMeasurements) {
  WriteMeasurements("measurements.parquet");
  WriteSensors("sensors.parquet");
  WriteCows("cows.parquet");
  WriteBytes("README.txt", "not data");
  EXPECT_THAT(Sources({folder_}),
              ElementsAre("cows.parquet", "sensors.parquet", "measurements.parquet"));
  EXPECT_THAT(left_out_, ElementsAre(Path("README.txt") + ": it is no Parquet file"));
}

TEST_F(TopicFiles, AFolderMayHaveFarmsToo) {
  WriteMeasurements("measurements.parquet");
  WriteSensors("sensors.parquet");
  WriteCows("cows.parquet");
  Write("farms.parquet", {{"id", arrow::utf8(), R"(["hill"])"},
                          {"name", arrow::utf8(), R"(["Hill"])"},
                          {"time_zone", arrow::utf8(), R"(["UTC"])"}});
  EXPECT_THAT(Sources({folder_}), ElementsAre("farms.parquet", "cows.parquet", "sensors.parquet",
                                              "measurements.parquet"));
  EXPECT_TRUE(left_out_.empty());
}

TEST_F(TopicFiles, EveryFileThatIsParquetIsReadWhateverItsName) {
  const std::string bytes = FileBytes(WriteMeasurements("parts/a.parquet"));
  for (const char* name : {"b.PARQUET", "c.pq", "d.parq", "part-1.parquet.0000", "e", "f.gz"}) {
    WriteBytes("parts/" + std::string(name), bytes);
  }
  WriteBytes("parts/notes.txt", "not data");
  WriteBytes("parts/empty", "");
  WriteBytes("parts/_SUCCESS", "");
  WriteBytes("parts/.a.parquet.crc", "crc");
  EXPECT_THAT(Sources({Path("parts")}),
              ElementsAre("parts/a.parquet", "parts/b.PARQUET", "parts/c.pq", "parts/d.parq",
                          "parts/e", "parts/f.gz", "parts/part-1.parquet.0000"));
  EXPECT_THAT(left_out_, ElementsAre(".a.parquet.crc, _SUCCESS in " + Path("parts") +
                                         ": hidden, as other tools' own files are",
                                     Path("parts/empty") + ": it is no Parquet file",
                                     Path("parts/notes.txt") + ": it is no Parquet file"));
}

TEST_F(TopicFiles, WhatIsNamedParquetAndIsNoneIsRefused) {
  WriteMeasurements("parts/a.parquet");
  WriteBytes("parts/b.PQ", "");
  EXPECT_THAT(Failure({Path("parts")}), HasSubstr(Path("parts/b.PQ")));
}

TEST_F(TopicFiles, WhatStandsBesideTheThreeIsNamed) {
  WriteMeasurements("measurements.parquet");
  WriteMeasurements("measurements-2023.parquet");
  WriteSensors("sensors.parquet");
  WriteCows("cows.parquet");
  WriteCows("old/cows.parquet");
  EXPECT_THAT(Sources({folder_}),
              ElementsAre("cows.parquet", "sensors.parquet", "measurements.parquet"));
  EXPECT_THAT(left_out_,
              ElementsAre(HasSubstr("measurements-2023.parquet: it stands beside cows"),
                          HasSubstr("old: it is no file; folders in folders are not looked into")));
}

TEST_F(TopicFiles, OfAMadeUpHerdNothingIsSaidToBeLeftOut) {
  const auto day = [](std::string_view text) { return *ParseDate(text); };
  const auto herd = *herd::SyntheticHerd::Make(
      {.cows = 2, .from = day("2024-01-01"), .to = day("2024-01-03"), .seed = 1});
  ASSERT_TRUE(WriteHerd(herd, Path("herd"), nullptr).has_value());
  EXPECT_THAT(Sources({Path("herd")}), ElementsAre("herd/cows.parquet", "herd/sensors.parquet",
                                                   "herd/measurements.parquet"));
  EXPECT_THAT(left_out_, IsEmpty());
  ASSERT_TRUE(WriteFarms({{"hill", "Hill", herd}}, Path("farms"), nullptr).has_value());
  EXPECT_THAT(Sources({Path("farms")}), SizeIs(4));
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(TopicFiles, ATruthThatIsNoneIsNamed) {
  fs::rename(WriteMeasurements("other.parquet"), Path("truth.json"));
  WriteCows("cows.parquet");
  WriteSensors("sensors.parquet");
  WriteMeasurements("measurements.parquet");
  EXPECT_THAT(Sources({folder_}), SizeIs(3));
  EXPECT_THAT(left_out_, ElementsAre(HasSubstr("truth.json: it stands beside cows")));
  fs::remove(Path("truth.json"));
  fs::create_directory(Path("truth.json"));
  EXPECT_THAT(Sources({folder_}), SizeIs(3));
  EXPECT_THAT(left_out_, ElementsAre(HasSubstr("truth.json: it is no file; folders in folders")));
  WriteMeasurements("parts/a.parquet");
  WriteBytes("parts/truth.json", "{}");
  EXPECT_THAT(Sources({Path("parts")}), SizeIs(1));
  EXPECT_THAT(left_out_, ElementsAre(HasSubstr("truth.json: it is no Parquet file")));
}

TEST_F(TopicFiles, AFileBySeveralNamesIsReadOnce) {
  const std::string file = WriteMeasurements("parts/a.parquet");
  fs::create_hard_link(file, Path("parts/b.parquet"));
  fs::create_symlink(file, Path("parts/c.parquet"));
  EXPECT_THAT(Sources({Path("parts"), file}), ElementsAre("parts/a.parquet"));
  EXPECT_THAT(left_out_, ElementsAre(HasSubstr("b.parquet: it is the same file as " + file),
                                     HasSubstr("c.parquet: it is the same file as"),
                                     HasSubstr("a.parquet: it is the same file as")));
}

TEST_F(TopicFiles, APipeIsNeverOpenedForLong) {
  WriteMeasurements("parts/a.parquet");
  ASSERT_EQ(mkfifo(Path("parts/pipe").c_str(), 0600), 0);
  fs::create_symlink(Path("nowhere"), Path("parts/link"));
  EXPECT_THAT(Sources({Path("parts")}), ElementsAre("parts/a.parquet"));
  EXPECT_THAT(left_out_, ElementsAre(Path("parts/link") + ": it is no regular file",
                                     Path("parts/pipe") + ": it is no regular file"));
  ASSERT_EQ(mkfifo(Path("parts/b.parquet").c_str(), 0600), 0);
  EXPECT_THAT(Failure({Path("parts")}), HasSubstr(Path("parts/b.parquet") + " is no regular file"));
  EXPECT_THAT(Failure({Path("parts/pipe")}), HasSubstr("a pipe or a device will not do"));
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

TEST_F(TopicFiles, WhatIsNotReadIsNamedWhereNothingIs) {
  WriteBytes("readme.txt", "not data");
  WriteBytes("_SUCCESS", "");
  EXPECT_THAT(Failure({folder_}), AllOf(HasSubstr("holds no Parquet file; left out _SUCCESS in "),
                                        HasSubstr("readme.txt: it is no Parquet file")));
  WriteMeasurements("measurements.parquet");
  WriteMeasurements("other.parquet");
  EXPECT_THAT(Failure({folder_}), AllOf(HasSubstr("has no cows.parquet and sensors.parquet"),
                                        HasSubstr("other.parquet: it stands beside cows"),
                                        HasSubstr("readme.txt: it is no Parquet file")));
  for (int i = 0; i < 20; ++i) WriteBytes("t" + std::to_string(i), "");
  EXPECT_THAT(Failure({folder_}), HasSubstr("; and 13 more"));
}

TEST_F(TopicFiles, WhatCannotBeMeantIsNamed) {
  EXPECT_THAT(Failure({Path("none")}), HasSubstr("none: no such file or folder"));
  EXPECT_THAT(Failure({folder_}), HasSubstr("holds no Parquet file"));
  EXPECT_THAT(Failure({"/dev/null"}), HasSubstr("/dev/null is no regular file"));
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
