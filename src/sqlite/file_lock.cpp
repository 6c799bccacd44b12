#include "herdflow/sqlite/file_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace herdflow::sqlite {
namespace {

struct flock WholeFile(short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  return range;
}

}  // namespace

Result<FileLock> FileLock::Open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) {
    return Fail(ErrorCode::kUnavailable,
                "opening the lock file {}: {}; check that the folder exists and that this user may "
                "write there",
                path, std::generic_category().message(errno));
  }
  return FileLock(descriptor);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool FileLock::TryLock() {
  auto range = WholeFile(F_WRLCK);
  return ::fcntl(descriptor_, F_OFD_SETLK, &range) == 0;
}

void FileLock::Unlock() {
  auto range = WholeFile(F_UNLCK);
  static_cast<void>(::fcntl(descriptor_, F_OFD_SETLK, &range));
}

}  // namespace herdflow::sqlite
