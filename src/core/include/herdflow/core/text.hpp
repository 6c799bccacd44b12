#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace herdflow {

/// The character that a text begins with.
struct Utf8Character {
  static constexpr char32_t kInvalid = 0xFFFF'FFFF;

  char32_t code_point = kInvalid;  ///< kInvalid: the first byte begins no character.
  std::size_t bytes = 1;
};

/// Shortest form only, no surrogates, nothing above U+10FFFF (Unicode 15, table 3-7).
/// REQUIRES: the text is not empty.
[[nodiscard]] Utf8Character DecodeUtf8(std::string_view text);

[[nodiscard]] bool IsUtf8(std::string_view text);

/// The text with every byte that is no part of a character shown as U+FFFD.
[[nodiscard]] std::string ReplaceBadUtf8(std::string_view bytes);

/// U+FEFF, which editors and spreadsheets put before a text.
inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
[[nodiscard]] std::string_view WithoutByteOrderMark(std::string_view text);

/// The text without blanks, tabs and ends of lines around it: what JSON and HTTP allow there.
[[nodiscard]] std::string_view Trimmed(std::string_view text);

/// Unicode's White_Space (U+0020, U+00A0, U+2003, U+3000, …).
[[nodiscard]] bool IsBlank(char32_t code_point);
/// C0, DEL or C1.
[[nodiscard]] bool IsControl(char32_t code_point);

/// The text as a message quotes it: what a person would not see (control characters, blanks but for
/// U+0020, what has no width) as `\u00a0`, a byte that is no part of a character as U+FFFD. What is
/// longer than so many characters ends in `…`.
[[nodiscard]] std::string Visible(std::string_view text,
                                  std::size_t max_characters = std::string_view::npos);

/// The text without what Visible writes as an escape, and without blanks.
[[nodiscard]] std::string OnlyVisible(std::string_view text);

/// The text's beginning, at most so many bytes, no character cut in two.
[[nodiscard]] std::string_view CutUtf8(std::string_view text, std::size_t max_bytes);

/// How many bytes must be added, removed or changed to make one text of the other (Levenshtein).
[[nodiscard]] std::size_t EditDistance(std::string_view a, std::string_view b);

/// The name that whoever wrote an unknown one can have meant: a few letters are wrong, or the rest
/// of it is missing; letter case does not count. Of several the nearest, of those the first.
[[nodiscard]] std::optional<std::string> Meant(std::string_view unknown,
                                               const std::vector<std::string>& names);

}  // namespace herdflow
