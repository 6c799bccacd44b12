#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "herdflow/herd/message.hpp"

namespace herdflow::herd {

/// Without the ASCII blanks at its ends.
[[nodiscard]] std::string_view TrimAscii(std::string_view text);

/// Without the blanks at its ends: Unicode's White_Space (U+00A0, U+2003, U+3000, …) and U+FEFF.
[[nodiscard]] std::string_view TrimBlanks(std::string_view text);

/// What the rules ask of a text.
struct TextShape {
  std::size_t code_points = 0;
  bool valid_utf8 = true;    ///< If not, the rest says nothing.
  bool has_control = false;  ///< C0, DEL or C1.
};
[[nodiscard]] TextShape ShapeOf(std::string_view text);

/// The field's value as a person may see it in a reason (see Visible): a text in quotes, at most 80
/// code points.
[[nodiscard]] std::string Seen(const Field& field);

}  // namespace herdflow::herd
