#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <variant>

#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"

/// What the rules of several topics share.
namespace herdflow::herd {

inline constexpr std::size_t kLongestName = 255;

/// `<field> <what>`.
[[nodiscard]] Rejection Reject(RejectionCode code, std::string_view field, std::string_view what);

/// A text that people read: trimmed, 1 to `longest` code points, no control characters.
[[nodiscard]] std::variant<std::string_view, Rejection> JudgeLabel(const Field& label,
                                                                   std::string_view field,
                                                                   std::size_t longest);

template <class Value>
void WarnOf(std::variant<Value, Rejection>&& judged, Precheck& found) {
  if (auto* rejection = std::get_if<Rejection>(&judged)) {
    found.warnings.push_back(std::move(*rejection));
  }
}

}  // namespace herdflow::herd
