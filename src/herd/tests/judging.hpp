#pragma once

// Fields as a message may hold them, and the code for which something is refused.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "herdflow/herd/rules.hpp"

namespace herdflow::herd {

using Kind = Field::Kind;

inline const Instant kReceived = ParseInstant("2024-04-08T12:00:00Z").value();

inline Field Text(std::string_view text) { return {Kind::kText, text}; }
inline Field Number(std::string_view token) { return {Kind::kNumber, token}; }
inline Field True() { return {Kind::kTrue, ""}; }
inline Field Null() { return {Kind::kNull, ""}; }
inline Field Other() { return {Kind::kOther, "{}"}; }

/// `accepted`, or the rejection's code.
template <class Judged>
std::string CodeOf(const Judged& judged) {
  const Rejection* rejection = nullptr;
  if constexpr (std::is_same_v<Judged, std::optional<Rejection>>) {
    if (judged) rejection = &*judged;
  } else {
    rejection = std::get_if<Rejection>(&judged);
  }
  if (rejection == nullptr) return "accepted";
  EXPECT_TRUE(rejection->reason.starts_with(rejection->field)) << rejection->reason;
  EXPECT_NE(rejection->reason.find("expected"), std::string::npos) << rejection->reason;
  return std::string(Name(rejection->code));
}

inline std::string Repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

}  // namespace herdflow::herd
