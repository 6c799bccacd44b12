#include "herdflow/http/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace herdflow::http {
namespace {

/// Most answers fit, and need no second place.
constexpr std::size_t kLikely = 256;

bool NeedsEscape(char c) { return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20; }

}  // namespace

JsonWriter::JsonWriter() { out_.reserve(kLikely); }

JsonWriter& JsonWriter::Key(std::string_view name) {
  Separate();
  Quote(name);
  out_ += ':';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  Separate();
  Quote(text);
  return *this;
}

JsonWriter& JsonWriter::Integer(std::int64_t number) {
  Separate();
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  out_.append(text.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Number(double number) {
  if (!std::isfinite(number)) return Null();
  Separate();
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e21);
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  out_.append(text.data(), end);
  return *this;
}

JsonWriter& JsonWriter::Boolean(bool value) {
  Separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_ += bracket;
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_ += bracket;
  need_comma_ = true;
  return *this;
}

void JsonWriter::Separate() {
  if (need_comma_) out_ += ',';
  need_comma_ = true;
}

void JsonWriter::Quote(std::string_view text) {
  out_ += '"';
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!NeedsEscape(text[at])) continue;
    out_ += text.substr(written, at - written);
    Escape(text[at]);
    written = at + 1;
  }
  out_ += text.substr(written);
  out_ += '"';
}

void JsonWriter::Escape(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out_ += '\\';
  if (c == '"' || c == '\\') {
    out_ += c;
  } else if (c == '\n') {
    out_ += 'n';
  } else {
    out_ += "u00";
    out_ += kHex[static_cast<unsigned char>(c) >> 4U];
    out_ += kHex[static_cast<unsigned char>(c) & 15U];
  }
}

}  // namespace herdflow::http
