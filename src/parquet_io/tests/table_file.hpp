#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/intake/seed.hpp"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace herdflow::parquet_io {

using ArrowType = std::shared_ptr<arrow::DataType>;

/// One column of a test's file: its rows as a JSON array, or an array made by hand.
struct TestColumn {
  TestColumn(std::string column_name, const ArrowType& type, std::string_view json_rows);
  TestColumn(std::string column_name, std::shared_ptr<arrow::Array> made);

  std::string name;
  std::shared_ptr<arrow::Array> rows;
};

struct TableOptions {
  /// The footer and all columns, all columns, or the one named `note`.
  enum class Encryption : std::uint8_t { kNone, kWhole, kColumns, kColumnNote };

  std::string codec = "snappy";
  std::int64_t group_rows = 1 << 20;
  bool dictionary = true;
  bool int96 = false;
  bool checksums = false;
  bool statistics = true;
  bool nullable = true;
  bool pages_version_2 = false;
  std::int64_t page_rows = 20'000;
  std::int64_t page_bytes = 1 << 20;
  std::int64_t write_rows = 1'024;  ///< Between two looks at a page's size.
  Encryption encryption = Encryption::kNone;
  bool arrow_types = true;  ///< Keep Arrow's own types in the file, as pyarrow does.
};

/// A temporary folder to write Parquet files into.
class ParquetTest : public testing::Test {
 protected:
  ParquetTest();
  ~ParquetTest() override;

  [[nodiscard]] std::string Path(std::string_view name) const { return (folder_ / name).string(); }
  /// The path of the new file; folders on the way are made.
  std::string Write(std::string_view name, const std::vector<TestColumn>& columns,
                    const TableOptions& options = {}) const;
  std::string WriteBytes(std::string_view name, std::string_view bytes) const;
  /// Where a number stands in a file as Thrift's compact protocol writes it, first to last, and the
  /// file with another number of as many bytes in one of these places.
  static std::vector<std::size_t> PlacesOf(std::int64_t number, const std::string& path);
  static void Overwrite(const std::string& path, std::size_t place, std::int64_t number);
  /// Well-formed files of one or two rows.
  std::string WriteCows(std::string_view name) const;
  std::string WriteSensors(std::string_view name) const;
  std::string WriteMeasurements(std::string_view name) const;

  std::filesystem::path folder_;
};

std::string FileBytes(const std::string& path);

/// All events of the sources, in order; reading must succeed.
pipeline::EventBatch ReadEvents(const std::vector<std::string>& paths, std::size_t max_rows = 1000);
std::vector<std::string> ReadValues(const std::string& path);
/// The message with which opening or reading fails; empty if it does not.
std::string ReadFailure(const std::vector<std::string>& paths);

/// A field's value as it stands in a message: `549.95`, `"549.95"`, `null`.
std::string Token(std::string_view json, std::string_view field);

}  // namespace herdflow::parquet_io
