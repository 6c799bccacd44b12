#pragma once

#include <string>

#include "herdflow/core/result.hpp"

namespace herdflow::sqlite {

/// An exclusive lock on a file of its own (an open-file-description lock): held by this object, not
/// by the process, and released by the kernel when the process ends in whatever way.
class FileLock {
 public:
  /// Makes the file if it is missing, and takes no lock yet.
  static Result<FileLock> Open(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  /// True: this object holds the lock now. False: somebody else does.
  [[nodiscard]] bool TryLock();
  void Unlock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

}  // namespace herdflow::sqlite
