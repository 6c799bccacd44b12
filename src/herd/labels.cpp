#include "labels.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace herdflow::herd {

Rejection Reject(RejectionCode code, std::string_view field, std::string_view what) {
  return {code, field, fmt::format("{} {}", field, what)};
}

std::variant<std::string_view, Rejection> JudgeLabel(const Field& label, std::string_view field,
                                                     std::size_t longest) {
  const std::string_view text = TrimBlanks(label.text);
  if (label.IsMissing() || (label.kind == Field::Kind::kText && text.empty())) {
    return Reject(RejectionCode::kMissing, field,
                  fmt::format("is missing; a text of 1 to {} characters was expected", longest));
  }
  if (label.kind != Field::Kind::kText) {
    return Reject(RejectionCode::kBadType, field,
                  fmt::format("is {}; a text was expected", Seen(label)));
  }
  const TextShape shape = ShapeOf(text);
  if (!shape.valid_utf8) {
    return Reject(RejectionCode::kBadUtf8, field,
                  fmt::format("is {}; UTF-8 was expected", Seen(label)));
  }
  if (shape.code_points > longest) {
    return Reject(RejectionCode::kTooLong, field,
                  fmt::format("is {}, {} characters long; 1 to {} were expected", Seen(label),
                              shape.code_points, longest));
  }
  if (shape.has_control) {
    return Reject(RejectionCode::kBadCharacters, field,
                  fmt::format("is {}, with a control character; none was expected", Seen(label)));
  }
  return text;
}

}  // namespace herdflow::herd
