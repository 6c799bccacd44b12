#include "decimal.hpp"

#include <algorithm>
#include <limits>

#include "text.hpp"

namespace herdflow::herd {
namespace {

// Far beyond the length of any text, far below what 64 bits hold when lengths are added.
constexpr std::int64_t kExponentCap = 1'000'000'000'000'000;
constexpr std::int64_t kMostDigits = 19;  // 10^19 - 1 fits 64 bits without a sign.

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t SkipDigits(std::string_view text, std::size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

/// The exponent behind `e`; nothing if it is not one up to the text's end.
std::optional<std::int64_t> ParseExponent(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || SkipDigits(text, 0) != text.size()) return std::nullopt;
  std::int64_t exponent = 0;
  for (const char c : text) exponent = std::min(exponent * 10 + (c - '0'), kExponentCap);
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<Decimal> Decimal::Parse(std::string_view text) {
  text = TrimAscii(text);
  Decimal number;
  number.negative_ = text.starts_with('-');
  if (number.negative_ || text.starts_with('+')) text.remove_prefix(1);

  const std::size_t point = SkipDigits(text, 0);
  std::size_t end = point;
  if (end < text.size() && text[end] == '.') end = SkipDigits(text, end + 1);
  if (point == 0 && end <= 1) return std::nullopt;  // No digit on either side of the point.
  std::int64_t exponent = 0;
  if (end < text.size()) {
    if (text[end] != 'e' && text[end] != 'E') return std::nullopt;
    const auto read = ParseExponent(text.substr(end + 1));
    if (!read) return std::nullopt;
    exponent = *read;
  }

  const std::size_t first = text.substr(0, end).find_first_not_of("0.");
  if (first == std::string_view::npos) return number;
  number.digits_ = text.substr(first, end - first);
  const auto before_point = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  // Behind the point, the point itself is not a digit: 0.05 is 0.5 · 10^-1.
  number.magnitude_ = exponent + (first < point ? before_point : before_point + 1);
  return number;
}

std::optional<std::int64_t> Decimal::Scaled(int power) const {
  if (IsZero()) return 0;
  const std::int64_t whole = magnitude_ + power;  // How many digits are kept.
  if (whole > kMostDigits) return std::nullopt;
  if (whole < 0) return 0;  // Below a tenth.

  std::uint64_t value = 0;
  std::int64_t taken = 0;
  char next = '0';    // The first digit that is cut off,
  bool rest = false;  // and whether anything but zeros follows it.
  for (const char c : digits_) {
    if (c == '.') continue;
    if (taken < whole) {
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    } else if (taken == whole) {
      next = c;
    } else if (c != '0') {
      rest = true;
      break;
    }
    ++taken;
  }
  for (; taken < whole; ++taken) value *= 10;
  if (next > '5' || (next == '5' && (rest || value % 2 == 1))) ++value;

  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value > kMax) return std::nullopt;
  const auto magnitude = static_cast<std::int64_t>(value);
  return negative_ ? -magnitude : magnitude;
}

std::string MillionthsText(std::int64_t millionths) {
  const bool negative = millionths < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(millionths)
                                           : static_cast<std::uint64_t>(millionths);
  std::string text = (negative ? "-" : "") + std::to_string(magnitude / 1'000'000);
  std::uint64_t fraction = magnitude % 1'000'000;
  if (fraction == 0) return text;
  text += '.';
  for (std::uint64_t unit = 100'000; fraction != 0; unit /= 10) {
    text += static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return text;
}

}  // namespace herdflow::herd
