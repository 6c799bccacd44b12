#include "input_file.hpp"

#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "arrow_error.hpp"

namespace herdflow::parquet_io {
namespace {

tl::unexpected<Error> Unopened(const std::string& path, int error) {
  return Fail(error == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnavailable, "opening {}: {}",
              path, std::generic_category().message(error));
}

Result<FileState> StateOf(const std::string& path, int descriptor) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) return Unopened(path, errno);
  if (!S_ISREG(found.st_mode)) {
    return Fail(ErrorCode::kInvalidInput,
                "{} is no regular file; Parquet is read from its end, so a pipe or a device will "
                "not do",
                path);
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  return FileState{found.st_dev, found.st_ino, found.st_size,
                   found.st_mtim.tv_sec * kSecond + found.st_mtim.tv_nsec};
}

}  // namespace

Result<InputFile> OpenInputFile(const std::string& path, arrow::MemoryPool* pool) {
  // Without O_NONBLOCK a pipe is waited for here, until somebody writes into it.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return Unopened(path, errno);
  const auto state = StateOf(path, descriptor);
  if (!state) {
    ::close(descriptor);
    return Fail(state.error());
  }
  auto file = arrow::io::ReadableFile::Open(descriptor, pool);
  if (!file.ok()) {
    ::close(descriptor);
    return Fail(ReadingError(path, "", file.status()));
  }
  return InputFile{std::move(file).ValueUnsafe(), *state};
}

Result<FileState> StateOf(const std::string& path, const arrow::io::ReadableFile& file) {
  return StateOf(path, file.file_descriptor());
}

Result<bool> BeginsAsParquet(const std::string& path) {
  HERDFLOW_ASSIGN(const InputFile file, OpenInputFile(path, arrow::default_memory_pool()));
  std::array<char, 4> magic{};
  const auto read = file.bytes->ReadAt(0, magic.size(), magic.data());
  if (!read.ok()) return Fail(ReadingError(path, "", read.status()));
  const std::string_view begin(magic.data(), magic.size());
  return begin == "PAR1" || begin == "PARE";
}

}  // namespace herdflow::parquet_io
