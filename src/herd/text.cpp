#include "text.hpp"

#include "herdflow/core/text.hpp"

namespace herdflow::herd {
namespace {

constexpr std::size_t kSeenCharacters = 80;

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

/// A byte order mark is taken for one: it has no other use at a text's end.
bool IsBlankAtAnEnd(char32_t c) { return IsBlank(c) || c == 0xFEFF; }

/// Where the last code point begins.
std::size_t LastStart(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (Byte(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

}  // namespace

std::string_view TrimAscii(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\f\v";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character first = DecodeUtf8(text);
    if (!IsBlankAtAnEnd(first.code_point)) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    const std::size_t start = LastStart(text);
    const Utf8Character last = DecodeUtf8(text.substr(start));
    if (!IsBlankAtAnEnd(last.code_point) || start + last.bytes != text.size()) break;
    text.remove_suffix(last.bytes);
  }
  return text;
}

TextShape ShapeOf(std::string_view text) {
  TextShape shape;
  while (!text.empty()) {
    if (text.front() >= 0x20 &&
        text.front() < 0x7F) {  // Nearly every character of nearly every id.
      ++shape.code_points;
      text.remove_prefix(1);
      continue;
    }
    const Utf8Character next = DecodeUtf8(text);
    if (next.code_point == Utf8Character::kInvalid) {
      shape.valid_utf8 = false;
      return shape;
    }
    ++shape.code_points;
    shape.has_control = shape.has_control || IsControl(next.code_point);
    text.remove_prefix(next.bytes);
  }
  return shape;
}

std::string Seen(const Field& field) {
  switch (field.kind) {
    case Field::Kind::kAbsent:
      return "absent";
    case Field::Kind::kNull:
      return "null";
    case Field::Kind::kText:
      return '"' + Visible(field.text, kSeenCharacters) + '"';
    case Field::Kind::kNumber:
    case Field::Kind::kOther:
      return Visible(field.text, kSeenCharacters);
    case Field::Kind::kTrue:
      return "true";
    case Field::Kind::kFalse:
      return "false";
  }
  return {};
}

}  // namespace herdflow::herd
