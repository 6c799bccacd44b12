#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/intake/bulk.hpp"

namespace herdflow::intake {

/// Takes a body apart into its items, however it is cut into pieces. Holds one item at most.
///
/// Threads: one at a time.
class ItemReader {
 public:
  /// The item's bytes live until it returns. Of one that is larger than an event its beginning is
  /// given, which is larger as well.
  using Each = std::function<void(std::string_view item)>;

  explicit ItemReader(BulkForm form) : form_(form) {}

  /// Returns what is wrong with the body itself: what follows is no item any more, and nothing is
  /// to be given again.
  std::optional<std::string> Take(std::string_view bytes, const Each& each);
  /// There are no more bytes.
  std::optional<std::string> End(const Each& each);

 private:
  enum class State : std::uint8_t { kBefore, kItemOrEnd, kItem, kInItem, kCommaOrEnd, kAfter };

  void TakeLines(std::string_view bytes, const Each& each);
  std::optional<std::string> TakeJson(std::string_view bytes, const Each& each);
  /// The position behind the last byte of the item that belongs to it.
  std::size_t SkipItem(std::string_view bytes, std::size_t at);
  [[nodiscard]] bool IsInMark() const;
  std::optional<std::string> Begin(char c);
  void Keep(std::string_view bytes);
  void Give(std::string_view bytes, const Each& each);

  const BulkForm form_;
  std::string kept_;        ///< Of the item that the last piece cut.
  std::int64_t given_ = 0;  ///< Items of the array.

  State state_ = State::kBefore;
  std::size_t mark_ = 0;  ///< Bytes of a byte order mark that came before the JSON.
  bool is_array_ = false;
  bool in_string_ = false;
  bool is_escaped_ = false;
  bool is_over_ = false;       ///< The item's last byte was seen.
  std::vector<char> closing_;  ///< The brackets that are open in the item, as they are closed.
  std::optional<std::string> fault_;
};

}  // namespace herdflow::intake
