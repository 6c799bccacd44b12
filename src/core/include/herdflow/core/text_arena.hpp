#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace herdflow {

/// Copies of texts that stay where they are until all of them are dropped at once.
class TextArena {
 public:
  [[nodiscard]] std::string_view Keep(std::string_view text) {
    if (text.empty()) return "";
    if (left_ < text.size()) MakeRoom(text.size());
    const std::string_view kept(next_, text.copy(next_, text.size()));
    next_ += text.size();
    left_ -= text.size();
    return kept;
  }
  void Drop() { *this = {}; }

 private:
  static constexpr std::size_t kBlock = std::size_t{64} * 1024;

  void MakeRoom(std::size_t size) {
    left_ = std::max(size, kBlock);
    next_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
  }

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace herdflow
