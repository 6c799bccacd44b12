#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace herdflow::log_sqlite {

/// Bytes that stay where they are until all of them are dropped at once.
class MessageArena {
 public:
  /// `size` bytes, not initialised; never null.
  [[nodiscard]] char* Take(std::size_t size) {
    if (left_ < size || blocks_.empty()) {
      left_ = std::max(size, kBlock);
      next_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
    }
    char* taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }

 private:
  static constexpr std::size_t kBlock = std::size_t{256} * 1024;

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace herdflow::log_sqlite
