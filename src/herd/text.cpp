#include "text.hpp"

#include "herdflow/core/text.hpp"

namespace herdflow::herd {
namespace {

constexpr std::size_t kSeenCodePoints = 80;

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

bool IsBlank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

/// Where the last code point begins.
std::size_t LastStart(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (Byte(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

void AppendControl(char32_t c, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[(c >> 4) & 0xF];
  out += kHex[c & 0xF];
}

std::string Shortened(std::string_view text) {
  std::string out;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == kSeenCodePoints) return out + "…";
    const Utf8Character next = DecodeUtf8(text);
    if (next.code_point == Utf8Character::kInvalid) {
      out += "\uFFFD";
    } else if (IsControl(next.code_point)) {
      AppendControl(next.code_point, out);
    } else {
      out += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes);
  }
  return out;
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
    if (!IsBlank(first.code_point)) break;
    text.remove_prefix(first.bytes);
  }
  while (!text.empty()) {
    const std::size_t start = LastStart(text);
    const Utf8Character last = DecodeUtf8(text.substr(start));
    if (!IsBlank(last.code_point) || start + last.bytes != text.size()) break;
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
      return '"' + Shortened(field.text) + '"';
    case Field::Kind::kNumber:
    case Field::Kind::kOther:
      return Shortened(field.text);
    case Field::Kind::kTrue:
      return "true";
    case Field::Kind::kFalse:
      return "false";
  }
  return {};
}

}  // namespace herdflow::herd
