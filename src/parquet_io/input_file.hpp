#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "herdflow/core/result.hpp"

namespace arrow {
class MemoryPool;
}
namespace arrow::io {
class ReadableFile;
}

namespace herdflow::parquet_io {

/// What tells a file from another one, and from itself before somebody wrote to it.
struct FileState {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
  std::int64_t bytes = 0;
  std::int64_t changed_at_ns = 0;

  bool operator==(const FileState&) const = default;
  [[nodiscard]] bool IsSameFile(const FileState& other) const {
    return device == other.device && number == other.number;
  }
};

struct InputFile {
  std::shared_ptr<arrow::io::ReadableFile> bytes;
  FileState state;
};

/// Never waits for the other end of a pipe: what is no regular file is refused with kInvalidInput.
/// kUnavailable: rights, a failing disk. `pool` outlives what was opened.
Result<InputFile> OpenInputFile(const std::string& path, arrow::MemoryPool* pool);
/// As it is now.
Result<FileState> StateOf(const std::string& path, const arrow::io::ReadableFile& file);
/// Whether the file begins as Parquet does, encrypted or not. Errors as OpenInputFile.
Result<bool> BeginsAsParquet(const std::string& path);

}  // namespace herdflow::parquet_io
