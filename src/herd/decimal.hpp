#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herdflow::herd {

/// A number exactly as its decimal text says, never by way of a double. Views the text it was read
/// from; nothing here is slower than one walk over that text, whatever its exponent.
class Decimal {
 public:
  /// `[+-] digits [. digits] [e [+-] digits]` with a digit on at least one side of the point, ASCII
  /// blanks around it ignored; every JSON number is one. Words (`nan`, `inf`) are none.
  [[nodiscard]] static std::optional<Decimal> Parse(std::string_view text);

  /// Is there a minus sign? Also for -0.
  [[nodiscard]] bool IsNegative() const { return negative_; }
  [[nodiscard]] bool IsZero() const { return digits_.empty(); }
  /// |x| < 10^exponent.
  [[nodiscard]] bool SmallerThanPowerOfTen(int exponent) const {
    return IsZero() || magnitude_ <= exponent;
  }
  /// x · 10^power, rounded half to even; nothing if 64 bits cannot hold it.
  [[nodiscard]] std::optional<std::int64_t> Scaled(int power) const;

 private:
  // x = ±0.d₁d₂d₃… · 10^magnitude_ with d₁ ≠ 0; digits_ begins at d₁ and may hold the point.
  std::string_view digits_;
  std::int64_t magnitude_ = 0;
  bool negative_ = false;
};

/// `549.95` for 549'950'000: the shortest decimal text of millionths.
[[nodiscard]] std::string MillionthsText(std::int64_t millionths);

}  // namespace herdflow::herd
