#include "percent.hpp"

namespace herdflow::http {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

template <class IsDecoded>
std::optional<std::string> Decode(std::string_view text, IsDecoded is_decoded) {
  constexpr std::size_t kEscape = 3;
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    const std::string_view escape = text.substr(at, kEscape);
    const int high = escape.size() == kEscape ? HexDigit(escape[1]) : -1;
    const int low = escape.size() == kEscape ? HexDigit(escape[2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    const char c = static_cast<char>(high * 16 + low);
    if (is_decoded(c)) {
      out += c;
    } else {
      out += escape;
    }
    at += kEscape;
  }
  return out;
}

}  // namespace

std::optional<std::string> PercentDecode(std::string_view text) {
  return Decode(text, [](char) { return true; });
}

std::optional<std::string> DecodeUnreserved(std::string_view path) {
  return Decode(path, IsUnreserved);
}

}  // namespace herdflow::http
