#include "herdflow/parquet_io/event_sources.hpp"

#include <arrow/api.h>
#include <arrow/extension/fixed_shape_tensor.h>
#include <arrow/util/compression.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <fstream>
#include <functional>
#include <set>
#include <stdexcept>

#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

constexpr auto kAnyBytes = std::string::npos;

using pipeline::EventBatch;
using pipeline::Topic;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class EventSources : public ParquetTest {
 protected:
  /// Row r: sensor s<r % 7>, cow c<r % 5>, second r, value r / 4.
  std::string WriteMany(std::string_view name, int rows, const TableOptions& options = {}) {
    arrow::StringBuilder sensors;
    arrow::StringBuilder cows;
    arrow::DoubleBuilder times;
    arrow::DoubleBuilder values;
    for (int row = 0; row < rows; ++row) {
      EXPECT_TRUE(sensors.Append("s" + std::to_string(row % 7)).ok());
      EXPECT_TRUE(cows.Append("c" + std::to_string(row % 5)).ok());
      EXPECT_TRUE(times.Append(row).ok());
      EXPECT_TRUE(values.Append(row / 4.0).ok());
    }
    return Write(name,
                 {{"sensor_id", sensors.Finish().ValueOrDie()},
                  {"cow_id", cows.Finish().ValueOrDie()},
                  {"timestamp", times.Finish().ValueOrDie()},
                  {"value", values.Finish().ValueOrDie()}},
                 options);
  }

  static std::unique_ptr<intake::EventSource> OpenOne(const std::string& path) {
    auto found = OpenEventSources({path}, {}, {});
    if (!found) throw std::runtime_error(found.error().message());
    return std::move(found->sources.front());
  }
};

TEST_F(EventSources, ARowIsOneEventWithItsKey) {
  const auto measurements = ReadEvents({WriteMeasurements("m.parquet")});
  ASSERT_EQ(measurements.size(), 2U);
  EXPECT_EQ(measurements[0].key, "s1_c1");
  EXPECT_EQ(measurements[0].value,
            R"({"sensor_id":"s1","cow_id":"c1","timestamp":1594425600,"value":4.5})");
  EXPECT_EQ(measurements[1].value,
            R"({"sensor_id":"s1","cow_id":"c1","timestamp":1594425601.5,"value":null})");
  const auto cows = ReadEvents({WriteCows("c.parquet")});
  EXPECT_EQ(cows.at(0).key, "c1");
  EXPECT_EQ(cows.at(0).value, R"({"id":"c1","name":"Base #1","birthdate":"2020-01-09"})");
  EXPECT_EQ(ReadEvents({WriteSensors("s.parquet")}).at(0).key, "s1");
}

TEST_F(EventSources, ARowIsOfTheFarmThatItNamesElseOfTheOneThatIsSaidOfAll) {
  const std::string path =
      Write("c.parquet", {{"id", arrow::utf8(), R"(["a", "b", "c"])"},
                          {"name", arrow::utf8(), R"(["A", "B", "C"])"},
                          {"birthdate", arrow::utf8(), "[null, null, null]"},
                          {"farm", arrow::utf8(), R"(["hill", null, "default"])"}});
  const auto plain = ReadEvents({path});
  EXPECT_EQ(plain.at(0).key, "hill/a");
  EXPECT_EQ(plain.at(0).value, R"({"farm":"hill","id":"a","name":"A","birthdate":null})");
  EXPECT_EQ(plain.at(1).key, "b");
  EXPECT_EQ(plain.at(1).value, R"({"id":"b","name":"B","birthdate":null})");
  EXPECT_EQ(plain.at(2).value, R"({"id":"c","name":"C","birthdate":null})");
  const auto of_all = OpenEventSources({WriteMeasurements("m.parquet")}, "hill", {});
  const auto reading = of_all->sources.at(0)->Next({})->at(0);
  EXPECT_EQ(reading.key, "hill/s1_c1");
  EXPECT_EQ(reading.value,
            R"({"farm":"hill","sensor_id":"s1","cow_id":"c1","timestamp":1594425600,"value":4.5})");
  const auto of_default = OpenEventSources({WriteSensors("s.parquet")}, "default", {});
  EXPECT_EQ(of_default->sources.at(0)->Next({})->at(0).key, "s1");
}

TEST_F(EventSources, ARowOfAnotherFarmThanIsSaidOfAllIsRefused) {
  const std::string path = Write("s.parquet", {{"id", arrow::utf8(), R"(["a", "b"])"},
                                               {"unit", arrow::utf8(), R"(["L", "L"])"},
                                               {"farm", arrow::utf8(), R"(["hill", "valley"])"}});
  const auto refused = OpenEventSources({path}, "hill", {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(refused.error().message(),
              HasSubstr("s.parquet: row 2 is of the farm valley, and not of hill, as --farm says"));
}

TEST_F(EventSources, WhatIsNoFarmsIdIsSentForQuarantine) {
  const std::string path = Write("s.parquet", {{"id", arrow::utf8(), R"(["a", "b"])"},
                                               {"unit", arrow::utf8(), R"(["L", "L"])"},
                                               {"farm", arrow::utf8(), R"(["hill", "Hill"])"}});
  EXPECT_EQ(ReadEvents({path}).at(1).value, R"({"farm":"Hill","id":"b","unit":"L"})");
  const auto of_all = OpenEventSources({path}, "hill", {});
  ASSERT_TRUE(of_all);
  EXPECT_EQ(of_all->sources.at(0)->Next({})->at(1).value, R"({"farm":"Hill","id":"b","unit":"L"})");
}

TEST_F(EventSources, TellsWhoseRowsTheyAreButForFarmsThatAFileMakes) {
  const std::string sensors = Write(
      "s.parquet", {{"id", arrow::utf8(), R"(["a", "b", "c", "d", "e"])"},
                    {"unit", arrow::utf8(), R"(["L", "L", "L", "L", "L"])"},
                    {"farm", arrow::utf8(), R"(["hill", "Hill", null, "valley", "default"])"}});
  const std::string farms =
      Write("farms.parquet", {{"id", arrow::utf8(), R"(["hill"])"},
                              {"name", arrow::utf8(), R"(["Hill"])"},
                              {"time_zone", arrow::utf8(), R"(["Europe/Berlin"])"}});
  const auto farms_of = [](const std::vector<std::string>& paths, const char* of_all) {
    const auto sources = OpenEventSources(paths, of_all, {});
    EXPECT_TRUE(sources) << (sources ? "" : sources.error().message());
    return sources ? sources->farms : std::set<std::string, std::less<>>{"none"};
  };
  EXPECT_THAT(farms_of({sensors, farms}, ""), ElementsAre("valley"));
  EXPECT_THAT(farms_of({WriteCows("c.parquet")}, "north"), ElementsAre("north"));
  EXPECT_THAT(farms_of({WriteCows("c.parquet")}, ""), ElementsAre());
}

TEST_F(EventSources, FarmsComeFirst) {
  const std::string farms =
      Write("z.parquet", {{"id", arrow::utf8(), R"(["hill"])"},
                          {"name", arrow::utf8(), R"(["Hill"])"},
                          {"time_zone", arrow::utf8(), R"(["Europe/Berlin"])"},
                          {"milk_density", arrow::float64(), "[1.03]"}});
  const auto sources =
      OpenEventSources({WriteMeasurements("m.parquet"), WriteCows("c.parquet"), farms}, "hill", {});
  ASSERT_TRUE(sources);
  EXPECT_EQ(sources->sources.front()->topic(), Topic::kFarms);
  const auto events = sources->sources.front()->Next({});
  EXPECT_EQ(events->at(0).key, "hill");
  EXPECT_EQ(events->at(0).value,
            R"({"id":"hill","name":"Hill","time_zone":"Europe/Berlin","milk_density":1.03})");
}

TEST_F(EventSources, AnIdThatIsNullIsEmptyInTheKey) {
  const auto events =
      ReadEvents({Write("m.parquet", {{"sensor_id", arrow::utf8(), R"([null, "s"])"},
                                      {"cow_id", arrow::int64(), "[7, null]"},
                                      {"timestamp", arrow::int64(), "[1, 2]"},
                                      {"value", arrow::int64(), "[1, 2]"}})});
  EXPECT_EQ(events.at(0).key, "_7");
  EXPECT_EQ(events.at(1).key, "s_");
}

TEST_F(EventSources, ASourceKnowsWhatItIs) {
  const std::string path = WriteMany("m.parquet", 10);
  const auto source = OpenOne(path);
  EXPECT_EQ(source->name(), path);
  EXPECT_EQ(source->topic(), Topic::kMeasurements);
  EXPECT_EQ(source->rows(), 10);
}

TEST_F(EventSources, AnyBatchSizeGivesTheSameEvents) {
  const std::string path = WriteMany("m.parquet", 40'000, {.group_rows = 9'000});
  const EventBatch whole = ReadEvents({path}, 100'000);
  ASSERT_EQ(whole.size(), 40'000U);
  EXPECT_EQ(whole[39'999].key, "s1_c4");
  EXPECT_EQ(Token(whole[39'999].value, "value"), "9999.75");
  for (const std::size_t size : {1U, 7U, 1'024U, 5'000U}) {
    const EventBatch parts = ReadEvents({path}, size);
    ASSERT_EQ(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      ASSERT_EQ(parts[i].key, whole[i].key);
      ASSERT_EQ(parts[i].value, whole[i].value);
    }
  }
}

TEST_F(EventSources, NextFillsItsBatch) {
  const auto source = OpenOne(WriteMany("m.parquet", 40'000, {.group_rows = 9'000}));
  EXPECT_EQ(source->Next({.rows = 25'000, .bytes = kAnyBytes})->size(), 25'000U);
  EXPECT_EQ(source->Next({.rows = 25'000, .bytes = kAnyBytes})->size(), 15'000U);
  EXPECT_EQ(source->Next({.rows = 25'000, .bytes = kAnyBytes})->size(), 0U);
  EXPECT_EQ(source->Next({.rows = 25'000, .bytes = kAnyBytes})->size(), 0U);
}

TEST_F(EventSources, SkipGoesOnAtThatRow) {
  const auto source = OpenOne(WriteMany("m.parquet", 40'000, {.group_rows = 9'000}));
  for (const int row : {1, 8'999, 9'000, 9'001, 26'999, 35'000, 39'999, 5}) {
    ASSERT_TRUE(source->Skip(row).has_value());
    const auto events = source->Next({.rows = 3, .bytes = kAnyBytes});
    ASSERT_TRUE(events.has_value());
    EXPECT_EQ(Token(events->at(0).value, "timestamp"), std::to_string(row));
  }
  ASSERT_TRUE(source->Skip(40'000).has_value());
  EXPECT_TRUE(source->Next({.rows = 3, .bytes = kAnyBytes})->empty());
  EXPECT_THAT(source->Skip(40'001).error().message(), HasSubstr("has 40000 rows"));
  EXPECT_FALSE(source->Skip(-1).has_value());
}

TEST_F(EventSources, EveryCodecIsRead) {
  for (const char* codec : {"uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw"}) {
    SCOPED_TRACE(codec);
    EXPECT_EQ(ReadEvents({WriteMany("m.parquet", 3'000, {.codec = codec})}).size(), 3'000U);
  }
}

TEST_F(EventSources, ACodecThatIsNotReadIsNamed) {
  constexpr std::int64_t kSnappy = 1;
  constexpr std::int64_t kLzo = 3;
  const std::string bytes = FileBytes(WriteSensors("s.parquet"));
  bool is_named = false;
  for (const std::size_t place : PlacesOf(kSnappy, Path("s.parquet"))) {
    Overwrite(WriteBytes("lzo.parquet", bytes), place, kLzo);
    is_named =
        is_named || ReadFailure({Path("lzo.parquet")}) ==
                        "reading " + Path("lzo.parquet") +
                            ": column \"id\" is compressed by lzo, which cannot be read here; "
                            "write the file anew with zstd or snappy";
  }
  EXPECT_TRUE(is_named);
}

TEST_F(EventSources, AFileWithoutRowsIsAtItsEnd) {
  EXPECT_TRUE(ReadEvents({WriteMany("m.parquet", 0)}).empty());
  EXPECT_EQ(OpenOne(Path("m.parquet"))->rows(), 0);
}

TEST_F(EventSources, OneGiantRowGroupIsNotHeldInMemory) {
  const std::string path =
      WriteMany("m.parquet", 1'000'000, {.codec = "uncompressed", .dictionary = false});
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  const std::int64_t before = arrow::default_memory_pool()->bytes_allocated();
  const auto source = OpenOne(path);
  std::int64_t most = 0;
  std::size_t rows = 0;
  while (true) {
    const auto events = source->Next({.rows = 10'000, .bytes = kAnyBytes});
    ASSERT_TRUE(events.has_value());
    if (events->empty()) break;
    rows += events->size();
    most = std::max(most, arrow::default_memory_pool()->bytes_allocated() - before);
  }
  EXPECT_EQ(rows, 1'000'000U);
  EXPECT_GT(file_bytes, 24 << 20);
  EXPECT_LT(most, 8 << 20);
}

TEST_F(EventSources, ManyDistinctIdsAreReadAfterTheDictionaryIsFull) {
  arrow::StringBuilder ids;
  for (int row = 0; row < 60'000; ++row) {
    ASSERT_TRUE(ids.Append("an ear tag of some length, number " + std::to_string(row)).ok());
  }
  const auto names = ids.Finish().ValueOrDie();
  const std::string path = Write("sensors.parquet", {{"id", names}, {"unit", names}});
  const EventBatch events = ReadEvents({path}, 4'096);
  ASSERT_EQ(events.size(), 60'000U);
  for (int row = 0; row < 60'000; ++row) {
    ASSERT_EQ(events[static_cast<std::size_t>(row)].key,
              "an ear tag of some length, number " + std::to_string(row));
  }
}

TEST_F(EventSources, AColumnOfAWrongTypeIsNamed) {
  const auto failure = [this](const TestColumn& value) {
    return ReadFailure({Write("m.parquet", {{"sensor_id", arrow::utf8(), R"(["s"])"},
                                            {"cow_id", arrow::utf8(), R"(["c"])"},
                                            {"timestamp", arrow::int64(), "[1]"},
                                            value})});
  };
  EXPECT_EQ(failure({"value", arrow::list(arrow::float64()), "[[1.0]]"}),
            Path("m.parquet") +
                ": column \"value\" is of type list<element: double>; a file of "
                "measurements needs numbers (floats of 32 bits or more) or text there");
  EXPECT_THAT(failure({"value", arrow::boolean(), "[true]"}), HasSubstr("is of type bool"));
  EXPECT_THAT(
      failure({"value", arrow::struct_({arrow::field("v", arrow::float64())}), R"([{"v": 1.0}])"}),
      HasSubstr("is of type struct<v: double>"));
  EXPECT_THAT(failure({"value", arrow::time32(arrow::TimeUnit::MILLI), "[1]"}),
              HasSubstr("is of type time32[ms]"));
  EXPECT_THAT(failure({"value", arrow::timestamp(arrow::TimeUnit::MILLI), "[1]"}),
              HasSubstr("is of type timestamp[ms]"));
}

TEST_F(EventSources, ColumnsBesideTheNeededMayBeAnything) {
  const auto values = ReadValues(
      Write("s.parquet",
            {{"extra", arrow::list(arrow::int64()), "[[1, 2]]"},
             {"unit", arrow::utf8(), R"(["L"])"},
             {"more",
              arrow::struct_({arrow::field("id", arrow::utf8()), arrow::field("b", arrow::int8())}),
              R"([{"id": "wrong", "b": 1}])"},
             {"id", arrow::utf8(), R"(["s1"])"}}));
  EXPECT_THAT(values, ElementsAre(R"({"id":"s1","unit":"L"})"));
}

TEST_F(EventSources, ASensorsKindIsInTheMessageWhereTheFileHasIt) {
  const auto values = ReadValues(Write("s.parquet", {{"kind", arrow::utf8(), R"(["milk", null])"},
                                                     {"unit", arrow::utf8(), R"(["kg", "L"])"},
                                                     {"id", arrow::utf8(), R"(["s1", "s2"])"}}));
  EXPECT_THAT(values, ElementsAre(R"({"id":"s1","unit":"kg","kind":"milk"})",
                                  R"({"id":"s2","unit":"L","kind":null})"));
}

TEST_F(EventSources, ColumnsOfExtensionTypesMayStandBeside) {
  const auto tensors = arrow::extension::fixed_shape_tensor(arrow::int8(), {2});
  const TestColumn pairs("pairs", arrow::fixed_size_list(arrow::int8(), 2), "[[1, 2]]");
  const auto values = ReadValues(
      Write("s.parquet", {{"id", arrow::utf8(), R"(["s1"])"},
                          {"unit", arrow::utf8(), R"(["L"])"},
                          {"pairs", arrow::ExtensionType::WrapArray(tensors, pairs.rows)}}));
  EXPECT_THAT(values, ElementsAre(R"({"id":"s1","unit":"L"})"));
}

TEST_F(EventSources, ADamagedPageNamesFileColumnAndRow) {
  const std::string path = WriteMany("m.parquet", 20'000, {.group_rows = 5'000, .checksums = true});
  const auto footer = parquet::ParquetFileReader::OpenFile(path)->metadata();
  const auto page = footer->RowGroup(2)->ColumnChunk(3)->data_page_offset();
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(page + 100);
    file << "damage";
  }
  EXPECT_THAT(ReadFailure({path}),
              AllOf(HasSubstr("reading " + path),
                    HasSubstr("column \"value\", row 10001 or shortly after")));
}

TEST_F(EventSources, AFileChangedSinceItWasCheckedIsRefused) {
  const auto source = OpenOne(WriteMany("m.parquet", 10));
  WriteMany("m.parquet", 11);
  EXPECT_EQ(source->Next({.rows = 5, .bytes = kAnyBytes}).error().code(), ErrorCode::kConflict);
}

TEST_F(EventSources, AFileThatIsWrittenToWhileItIsReadIsRefused) {
  const std::string path = WriteMany("m.parquet", 40'000);
  const auto source = OpenOne(path);
  ASSERT_TRUE(source->Next({.rows = 100, .bytes = kAnyBytes}).has_value());
  std::ofstream(path, std::ios::binary | std::ios::app) << "more";
  const auto rest = source->Next({.rows = 40'000, .bytes = kAnyBytes});
  ASSERT_FALSE(rest.has_value());
  EXPECT_EQ(rest.error().code(), ErrorCode::kConflict);
}

TEST_F(EventSources, NextStopsAtItsBytes) {
  const auto source = OpenOne(WriteMany("m.parquet", 5'000));
  std::size_t rows = 0;
  for (;;) {
    const auto events = source->Next({.rows = 5'000, .bytes = 10'000});
    ASSERT_TRUE(events.has_value());
    if (events->empty()) break;
    std::size_t bytes = 0;
    for (const auto& event : *events) bytes += event.key.size() + event.value.size();
    EXPECT_LT(bytes, 10'200U);
    rows += events->size();
  }
  EXPECT_EQ(rows, 5'000U);
}

TEST_F(EventSources, ARowThatMakesTooLargeAnEventRefusesItsFile) {
  const auto write = [&](std::size_t bytes) {
    arrow::StringBuilder ids;
    for (const std::size_t size : {std::size_t{3}, bytes}) {
      EXPECT_TRUE(ids.Append(std::string(size, 'x')).ok());
    }
    return Write("sensors.parquet",
                 {{"id", ids.Finish().ValueOrDie()}, {"unit", arrow::utf8(), R"(["L", "L"])"}});
  };
  constexpr std::size_t kAround = std::string_view(R"({"id":"","unit":"L"})").size();
  const auto events = ReadEvents({write(pipeline::kMaxEventBytes - kAround)});
  EXPECT_EQ(events.at(1).value.size(), pipeline::kMaxEventBytes);
  EXPECT_THAT(ReadFailure({write(pipeline::kMaxEventBytes - kAround + 1)}),
              AllOf(HasSubstr(Path("sensors.parquet")),
                    HasSubstr("row 2 makes an event of more than 65536 bytes")));
  EXPECT_THAT(ReadFailure({write(200 << 10)}), HasSubstr("row 2 makes an event of"));
}

TEST_F(EventSources, NothingIsGivenOfAFileThatIsDamagedAtItsEnd) {
  const std::string path = WriteMany("m.parquet", 20'000, {.group_rows = 5'000, .checksums = true});
  const auto footer = parquet::ParquetFileReader::OpenFile(path)->metadata();
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(footer->RowGroup(3)->ColumnChunk(3)->data_page_offset() + 100);
    file << "damage";
  }
  EXPECT_THAT(OpenEventSources({path}, {}, {}).error().message(),
              HasSubstr("column \"value\", row 14993 or shortly after"));
}

TEST_F(EventSources, ReadingStopsWhenAsked) {
  std::stop_source stopped;
  stopped.request_stop();
  const auto found = OpenEventSources({WriteMany("m.parquet", 10)}, {}, stopped.get_token());
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), ErrorCode::kShuttingDown);
}

class LargeRows : public EventSources {
 protected:
  static TestColumn Units(int rows) {
    arrow::StringBuilder units;
    for (int row = 0; row < rows; ++row) EXPECT_TRUE(units.Append("L").ok());
    return {"unit", units.Finish().ValueOrDie()};
  }
  /// Rows that differ in their ids of so many bytes.
  std::string WriteDifferent(int rows, std::size_t bytes, const TableOptions& options) {
    arrow::StringBuilder ids;
    std::string id(bytes, 'x');
    for (int row = 0; row < rows; ++row) {
      id.replace(0, 8, std::to_string(10'000'000 + row));
      EXPECT_TRUE(ids.Append(id).ok());
    }
    return Write("sensors.parquet", {{"id", ids.Finish().ValueOrDie()}, Units(rows)}, options);
  }
  /// Rows with one id of so many bytes, which the file holds once.
  std::string WriteSame(int rows, std::size_t bytes, const ArrowType& type,
                        const TableOptions& options) {
    arrow::Int32Builder indices;
    for (int row = 0; row < rows; ++row) EXPECT_TRUE(indices.Append(0).ok());
    const TestColumn word("word", type, "[\"" + std::string(bytes, 'x') + "\"]");
    const auto ids = arrow::DictionaryArray::FromArrays(indices.Finish().ValueOrDie(), word.rows);
    return Write("sensors.parquet", {{"id", ids.ValueOrDie()}, Units(rows)}, options);
  }
  /// What Arrow holds at most while the file is read, and the rows, by batches of seed's size.
  std::pair<std::int64_t, std::size_t> MostWhileReading(const std::string& path) {
    const std::int64_t before = arrow::default_memory_pool()->bytes_allocated();
    const auto source = OpenOne(path);
    std::int64_t most = 0;
    std::size_t rows = 0;
    for (;;) {
      const auto events = source->Next({});
      EXPECT_TRUE(events.has_value());
      if (!events || events->empty()) break;
      rows += events->size();
      most = std::max(most, arrow::default_memory_pool()->bytes_allocated() - before);
    }
    return {most, rows};
  }
};

TEST_F(LargeRows, AreReadFewerAtATime) {
  for (const bool dictionary : {true, false}) {
    const std::string path = WriteDifferent(
        1'900, 60'000, {.dictionary = dictionary, .page_rows = 20, .write_rows = 20});
    const auto [most, rows] = MostWhileReading(path);
    EXPECT_EQ(rows, 1'900U);
    EXPECT_LT(most, 100 << 20);
  }
}

TEST_F(LargeRows, WhatAFileHoldsOnceIsHeldOnce) {
  for (const ArrowType& type : {arrow::utf8(), arrow::binary()}) {
    for (const bool arrow_types : {true, false}) {
      const auto [most, rows] =
          MostWhileReading(WriteSame(500, 60'000, type, {.arrow_types = arrow_types}));
      EXPECT_EQ(rows, 500U);
      EXPECT_LT(most, 8 << 20);
      EXPECT_THAT(ReadFailure({WriteSame(20'000, 200 << 10, type, {.arrow_types = arrow_types})}),
                  HasSubstr("row 1 makes an event of more than 65536 bytes"));
    }
  }
}

TEST_F(LargeRows, APageThatIsTooLargeIsRefusedByFileAndRow) {
  const std::string path = WriteDifferent(
      2'500, 60'000, {.dictionary = false, .page_bytes = 1 << 30, .write_rows = 1 << 20});
  EXPECT_LT(std::filesystem::file_size(path), 16U << 20);
  EXPECT_THAT(ReadFailure({path}), AllOf(HasSubstr("reading " + path), HasSubstr("(at row 1)"),
                                         HasSubstr("with pages of about a megabyte")));
}

}  // namespace
}  // namespace herdflow::parquet_io
