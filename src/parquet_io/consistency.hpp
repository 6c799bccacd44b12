#pragma once

#include <string>
#include <vector>

#include "herdflow/core/result.hpp"

namespace arrow::io {
class RandomAccessFile;
}
namespace parquet {
class FileMetaData;
}

namespace herdflow::parquet_io {

/// Does what a Parquet file says of itself agree: rows in all, rows of each row group, values of
/// each column, and, for the columns that are read (`leaves`), values of every page between the
/// bytes that are a column's? Arrow reads the pages up to a count and believes each of them.
///
/// Reads page headers only. Statistics are not looked at: nothing is read by them.
/// kInvalidInput names the file, where it disagrees, and both numbers.
Result<> CheckConsistency(const std::string& path, arrow::io::RandomAccessFile& file,
                          const parquet::FileMetaData& metadata, const std::vector<int>& leaves);

}  // namespace herdflow::parquet_io
