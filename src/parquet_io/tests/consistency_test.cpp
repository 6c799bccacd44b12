#include "consistency.hpp"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <random>

#include "herdflow/parquet_io/event_sources.hpp"
#include "page_header.hpp"
#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Numbers that stand nowhere else in the files, and are as long when coded.
constexpr int kRows = 12'345;
constexpr int kFewer = 12'000;
constexpr int kMore = 12'999;

class Consistency : public ParquetTest {
 protected:
  Consistency() {
    arrow::StringBuilder ids;
    for (int row = 0; row < kRows; ++row) {
      EXPECT_TRUE(ids.Append("s" + std::to_string(row)).ok());
    }
    const auto made = ids.Finish().ValueOrDie();
    columns_ = {{"id", made}, {"unit", made}};
  }

  /// Each place where the file counts its rows gets another number: one at a time.
  void ExpectEachCountMatters(const TableOptions& options, std::size_t counts) {
    const std::string path = Write("sensors.parquet", columns_, options);
    ASSERT_EQ(ReadFailure({path}), "");
    const auto places = PlacesOf(kRows, path);
    ASSERT_EQ(places.size(), counts);
    for (const std::size_t place : places) {
      for (const int number : {kFewer, kMore}) {
        Overwrite(path, place, number);
        EXPECT_THAT(ReadFailure({path}),
                    AllOf(HasSubstr("reading " + path), HasSubstr(std::to_string(number)),
                          HasSubstr(std::to_string(kRows)), HasSubstr("write it anew")));
      }
      Overwrite(path, place, kRows);
    }
    EXPECT_EQ(ReadFailure({path}), "");
  }

  std::vector<TestColumn> columns_;
};

TEST_F(Consistency, EveryCountThatDisagreesRefusesTheFile) {
  // Two pages; then in the footer rows in all, values of each column, rows of the group.
  ExpectEachCountMatters({.dictionary = false, .statistics = false, .nullable = false}, 6);
  // A page of this version says values and rows.
  ExpectEachCountMatters(
      {.dictionary = false, .statistics = false, .nullable = false, .pages_version_2 = true}, 8);
}

TEST_F(Consistency, CountsThatAgreeOnTooFewRowsAreFoundInThePages) {
  const std::string path = Write("sensors.parquet", columns_,
                                 {.dictionary = false, .statistics = false, .nullable = false});
  const auto places = PlacesOf(kRows, path);
  ASSERT_EQ(places.size(), 6U);
  for (std::size_t i = 2; i < places.size(); ++i) Overwrite(path, places[i], kFewer);
  EXPECT_THAT(ReadFailure({path}),
              HasSubstr("column \"id\" of row group 1 says that it has 12000 values, its pages "
                        "have 12345"));
}

TEST_F(Consistency, PagesBeyondTheCountAreFound) {
  // Pages of 1,000 rows: Arrow alone stops reading after the twelfth, and all seems well.
  const std::string path =
      Write("sensors.parquet", columns_,
            {.dictionary = false, .statistics = false, .nullable = false, .page_rows = 1'000});
  for (const std::size_t place : PlacesOf(kRows, path)) Overwrite(path, place, kFewer);
  EXPECT_THAT(ReadFailure({path}), HasSubstr("12000 values, its pages have 12345"));
}

TEST_F(Consistency, ColumnsThatClaimTheSameBytesAreRefused) {
  const std::string path = Write("sensors.parquet", columns_,
                                 {.dictionary = false, .statistics = false, .nullable = false});
  const auto footer = parquet::ParquetFileReader::OpenFile(path)->metadata();
  const auto first = footer->RowGroup(0)->ColumnChunk(0)->data_page_offset();
  const auto second = footer->RowGroup(0)->ColumnChunk(1)->data_page_offset();
  ASSERT_EQ(first, 4);
  for (const std::size_t place : PlacesOf(second, path)) Overwrite(path, place, second / 2);
  EXPECT_THAT(ReadFailure({path}), HasSubstr("share bytes"));
}

TEST(PageHeaders, AnyBytesAreAHeaderOrNone) {
  std::mt19937_64 chance(1);
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes(chance() % 40, '\0');
    // Half of them small numbers, of which field heads and types are made.
    for (char& byte : bytes) byte = static_cast<char>(chance() % (round % 2 == 0 ? 256 : 29));
    const auto header = ReadPageHeader(bytes);
    if (!header) continue;
    EXPECT_LE(header->own_bytes, bytes.size());
    EXPECT_GE(header->page_bytes, 0);
    EXPECT_GE(header->values, 0);
  }
}

TEST(PageHeaders, AHeaderThatIsCutIsNone) {
  // Type 0, sizes 100 and 60, then of a data page 5 values, encoding 0, level encodings 3.
  const std::string whole(
      "\x15\x00\x15\xC8\x01\x15\x78\x2C\x15\x0A\x15\x00\x15\x06\x15\x06\x00\x00", 18);
  const auto header = ReadPageHeader(whole + "page");
  ASSERT_TRUE(header.has_value());
  EXPECT_EQ(header->own_bytes, whole.size());
  EXPECT_EQ(header->page_bytes, 60);
  EXPECT_EQ(header->values, 5);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadPageHeader(std::string_view(whole).substr(0, size)).has_value()) << size;
  }
}

}  // namespace
}  // namespace herdflow::parquet_io
