#include "item_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "herdflow/core/text.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::intake {
namespace {

/// Deeper than any item that is taken, and the bound of what is kept of one that is not.
constexpr std::size_t kDeepest = 1'024;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// How many bytes there are before the first that is none.
std::size_t BlanksOf(std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && IsBlank(bytes[count])) ++count;
  return count;
}

std::string Shown(char c) { return Visible(std::string_view(&c, 1)); }

std::string NoBegin(char c) {
  return "the body begins with " + Shown(c) + "; an object or an array was expected";
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Which bytes of an item mean something: most do not, and are passed over quickly.
class Bytes {
 public:
  constexpr explicit Bytes(std::string_view these) {
    for (const char c : these) has_[static_cast<unsigned char>(c)] = true;
  }
  /// The first of them from `at` on, or the end.
  [[nodiscard]] std::size_t Find(std::string_view text, std::size_t at) const {
    while (at < text.size() && !has_[static_cast<unsigned char>(text[at])]) ++at;
    return at;
  }

 private:
  std::array<bool, 256> has_{};
};
constexpr Bytes kInText("\"\\");
constexpr Bytes kOutsideTexts("\"{}[],");

}  // namespace

std::optional<std::string> ItemReader::Take(std::string_view bytes, const Each& each) {
  if (form_ == BulkForm::kLines) {
    TakeLines(bytes, each);
    return std::nullopt;
  }
  return TakeJson(bytes, each);
}

std::optional<std::string> ItemReader::End(const Each& each) {
  if (form_ == BulkForm::kLines) {
    if (!kept_.empty()) Give({}, each);
    return std::nullopt;
  }
  if (state_ == State::kBefore) return "the body is empty";
  if (state_ == State::kAfter) return std::nullopt;
  return is_array_ ? "the body ends within the array" : "the body ends within the object";
}

void ItemReader::TakeLines(std::string_view bytes, const Each& each) {
  for (;;) {
    if (kept_.empty()) bytes.remove_prefix(BlanksOf(bytes));  // Lines of blanks too.
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return Keep(bytes);
    Give(bytes.substr(0, end), each);
    bytes.remove_prefix(end + 1);
  }
}

/// As far as an item that is too large has to be known.
void ItemReader::Keep(std::string_view bytes) {
  constexpr std::size_t kMost = pipeline::kMaxEventBytes + 1;
  kept_ += bytes.substr(0, kMost - std::min(kept_.size(), kMost));
}

void ItemReader::Give(std::string_view bytes, const Each& each) {
  if (kept_.empty()) return each(bytes);
  Keep(bytes);
  // Blanks behind it that would have been dropped may be what makes it too large.
  each(kept_);
  kept_.clear();
}

std::optional<std::string> ItemReader::TakeJson(std::string_view bytes, const Each& each) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (state_ == State::kInItem) {
      const std::size_t end = SkipItem(bytes, at);
      if (fault_) return fault_;
      if (!is_over_) {
        Keep(bytes.substr(at));
        return std::nullopt;
      }
      Give(bytes.substr(at, end - at), each);
      is_over_ = false;
      state_ = is_array_ ? State::kCommaOrEnd : State::kAfter;
      at = end;
      continue;
    }
    const char c = bytes[at];
    if (IsBlank(c) && !IsInMark()) {
      ++at;
      continue;
    }
    if (auto fault = Begin(c)) return fault;
    if (state_ != State::kInItem) ++at;  // Of an item the first byte is read with the others.
  }
  return std::nullopt;
}

bool ItemReader::IsInMark() const { return mark_ > 0 && mark_ < kByteOrderMark.size(); }

/// What a byte between the items means.
std::optional<std::string> ItemReader::Begin(char c) {
  switch (state_) {
    case State::kBefore:
      if (mark_ < kByteOrderMark.size() && c == kByteOrderMark[mark_]) {
        ++mark_;
        return std::nullopt;
      }
      if (IsInMark()) return NoBegin(kByteOrderMark[0]);
      if (c == '[') {
        is_array_ = true;
        state_ = State::kItemOrEnd;
        return std::nullopt;
      }
      if (c != '{') return NoBegin(c);
      state_ = State::kInItem;
      return std::nullopt;
    case State::kItemOrEnd:
      if (c == ']') {
        state_ = State::kAfter;
        return std::nullopt;
      }
      [[fallthrough]];
    case State::kItem:
      if (c == ',' || c == ']' || c == '}') return Shown(c) + " stands where an item was expected";
      if (given_++ == kMostInArray) {
        return fmt::format("the array has more than {} items", kMostInArray);
      }
      state_ = State::kInItem;
      return std::nullopt;
    case State::kCommaOrEnd:
      if (c == ',') {
        state_ = State::kItem;
        return std::nullopt;
      }
      if (c == ']') {
        state_ = State::kAfter;
        return std::nullopt;
      }
      return Shown(c) + " follows an item; a comma or the end of the array was expected";
    case State::kAfter:
    case State::kInItem:
      break;
  }
  return Shown(c) + " follows the end of the " + (is_array_ ? "array" : "object");
}

std::size_t ItemReader::SkipItem(std::string_view bytes, std::size_t at) {
  for (; at < bytes.size(); ++at) {
    if (is_escaped_) {
      is_escaped_ = false;
      continue;
    }
    at = (in_string_ ? kInText : kOutsideTexts).Find(bytes, at);
    if (at == bytes.size()) return at;
    const char c = bytes[at];
    if (in_string_) {
      is_escaped_ = c == '\\';
      in_string_ = is_escaped_;
      is_over_ = !in_string_ && closing_.empty();
      if (is_over_) return at + 1;
      continue;
    }
    switch (c) {
      case '"':
        in_string_ = true;
        break;
      case '{':
      case '[':
        closing_.push_back(c == '{' ? '}' : ']');
        if (closing_.size() > kDeepest) {
          fault_ = "an item is nested deeper than any message";
          return at;
        }
        break;
      case '}':
      case ']':
        if (closing_.empty()) {  // Of the array: the item was a number or a word.
          is_over_ = true;
          return at;
        }
        if (closing_.back() != c) {
          fault_ = std::string(1, c) + " closes what " + closing_.back() + " should";
          return at;
        }
        closing_.pop_back();
        is_over_ = closing_.empty();
        if (is_over_) return at + 1;
        break;
      case ',':
        if (closing_.empty()) {
          is_over_ = true;
          return at;
        }
        break;
      default:
        break;
    }
  }
  return at;
}

}  // namespace herdflow::intake
