#include "herdflow/core/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace herdflow {
namespace {

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }
bool IsContinuation(char c) { return (Byte(c) & 0xC0) == 0x80; }

struct CodePoints {
  char32_t first, last;
};

/// Unicode's Default_Ignorable_Code_Point, and the other characters that show nothing.
constexpr std::array kWithoutInk{
    CodePoints{0x00AD, 0x00AD},     CodePoints{0x034F, 0x034F},     CodePoints{0x061C, 0x061C},
    CodePoints{0x115F, 0x1160},     CodePoints{0x17B4, 0x17B5},     CodePoints{0x180B, 0x180F},
    CodePoints{0x200B, 0x200F},     CodePoints{0x202A, 0x202E},     CodePoints{0x2060, 0x206F},
    CodePoints{0x2800, 0x2800},     CodePoints{0x3164, 0x3164},     CodePoints{0xFE00, 0xFE0F},
    CodePoints{0xFEFF, 0xFEFF},     CodePoints{0xFFA0, 0xFFA0},     CodePoints{0xFFF0, 0xFFFB},
    CodePoints{0x1'BCA0, 0x1'BCA3}, CodePoints{0x1'D173, 0x1'D17A}, CodePoints{0xE'0000, 0xE'0FFF}};

bool IsInvisible(char32_t c) {
  if (c >= 0x20 && c < 0x7F) return false;  // Nearly every character of nearly every text.
  if (IsControl(c) || IsBlank(c)) return true;
  return std::any_of(kWithoutInk.begin(), kWithoutInk.end(),
                     [c](const CodePoints& range) { return c >= range.first && c <= range.last; });
}

/// ASCII's letters in lower case.
std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

Utf8Character DecodeUtf8(std::string_view text) {
  const unsigned char lead = Byte(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code_point = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!IsContinuation(text[i])) return {};
    code_point = (code_point << 6) | (Byte(text[i]) & 0x3FU);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x1'0000};
  if (code_point < kSmallest[bytes] || code_point > 0x10'FFFF) return {};
  if (code_point >= 0xD800 && code_point <= 0xDFFF) return {};
  return {code_point, bytes};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character next = DecodeUtf8(text);
    if (next.code_point == Utf8Character::kInvalid) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

std::string ReplaceBadUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Character next = DecodeUtf8(bytes);
    if (next.code_point == Utf8Character::kInvalid) {
      text += "\uFFFD";
    } else {
      text += bytes.substr(0, next.bytes);
    }
    bytes.remove_prefix(next.bytes);
  }
  return text;
}

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool IsBlank(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

std::string Visible(std::string_view text, std::size_t max_characters) {
  std::string out;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == max_characters) return out + "…";
    const Utf8Character next = DecodeUtf8(text);
    if (next.code_point == Utf8Character::kInvalid) {
      out += "\uFFFD";
    } else if (!IsInvisible(next.code_point)) {
      out += text.substr(0, next.bytes);
    } else if (next.code_point <= 0xFFFF) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(next.code_point));
    } else {
      out += fmt::format("\\u{{{:x}}}", static_cast<std::uint32_t>(next.code_point));
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string OnlyVisible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character next = DecodeUtf8(text);
    if (next.code_point != ' ' && !IsInvisible(next.code_point)) out += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string_view CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && IsContinuation(text[end])) --end;
  return text.substr(0, end);
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::optional<std::string> Meant(std::string_view unknown, const std::vector<std::string>& names) {
  constexpr std::size_t kFewestLetters = 3;
  constexpr std::size_t kMostLetters = 100;  // No name of ours is near to more.
  if (unknown.size() > kMostLetters) return std::nullopt;
  const std::string wanted = Lower(unknown);
  std::size_t nearest = names.size();
  std::size_t least = 1 + unknown.size() / 4;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = Lower(names[i]);
    if (wanted.size() >= kFewestLetters && name.starts_with(wanted)) return names[i];
    const std::size_t distance = EditDistance(wanted, name);
    if (distance > least || (distance == least && nearest != names.size())) continue;
    nearest = i;
    least = distance;
  }
  return nearest == names.size() ? std::nullopt : std::optional(names[nearest]);
}

}  // namespace herdflow
