#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "columns.hpp"
#include "field_column.hpp"
#include "herdflow/core/result.hpp"
#include "input_file.hpp"
#include "topic_files.hpp"

namespace herdflow::parquet_io {

/// Some rows of a file: an array for each of ColumnsOf(topic), nothing for a column that it has
/// not.
struct ColumnBatch {
  std::int64_t rows = 0;
  std::vector<std::shared_ptr<arrow::Array>> columns;
};

/// An open Parquet file of a topic, whose columns all fit. Threads: one at a time.
///
/// Memory: below a hundred megabytes, whatever the file holds: rows are read fewer at a time where
/// they are large. What cannot be read within that is refused.
class ParquetFile {
 public:
  /// kInvalidInput names file, column, what was found and what was expected.
  static Result<std::unique_ptr<ParquetFile>> Open(const TopicFile& file);
  virtual ~ParquetFile() = default;

  [[nodiscard]] virtual pipeline::Topic topic() const = 0;
  [[nodiscard]] virtual std::int64_t rows() const = 0;
  /// Of the file when it was opened.
  [[nodiscard]] virtual const FileState& state() const = 0;
  /// Does what the file says of itself agree? See CheckConsistency.
  virtual Result<> Check() = 0;
  /// Read on from this row. Whole row groups before it are not read.
  virtual Result<> Seek(std::int64_t row) = 0;
  /// The next rows; none is the end. kInvalidInput names file, column and row; kConflict: somebody
  /// wrote to the file since it was opened.
  virtual Result<ColumnBatch> Read() = 0;
};

}  // namespace herdflow::parquet_io
