#include "herdflow/core/time.hpp"

#include <fmt/format.h>

namespace herdflow {
namespace {

/// Reads a text from left to right; every Take… leaves the position alone when it fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Char(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::optional<int> Digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!IsDigit(rest_[i])) return std::nullopt;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }

  /// One to nine digits after a decimal mark, as nanoseconds.
  std::optional<std::int64_t> Nanoseconds() {
    std::int64_t nanos = 0;
    std::size_t count = 0;
    while (count < rest_.size() && IsDigit(rest_[count])) {
      if (count == 9) return std::nullopt;
      nanos = nanos * 10 + (rest_[count++] - '0');
    }
    if (count == 0) return std::nullopt;
    rest_.remove_prefix(count);
    for (; count < 9; ++count) nanos *= 10;
    return nanos;
  }

  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] bool NextIsDigit() const { return !rest_.empty() && IsDigit(rest_.front()); }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

std::optional<FarmDay> ScanDate(Scanner& scan) {
  const auto year = scan.Digits(4);
  if (!year || !scan.Char('-')) return std::nullopt;
  const auto month = scan.Digits(2);
  if (!month || !scan.Char('-')) return std::nullopt;
  const auto day = scan.Digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return ToFarmDay(date);
}

/// The zone's offset from UTC in minutes; nothing if the rest is not a zone.
std::optional<int> ScanZone(Scanner& scan) {
  if (scan.AtEnd() || ((scan.Char('Z') || scan.Char('z')) && scan.AtEnd())) return 0;
  const bool behind = scan.Char('-');
  if (!behind && !scan.Char('+')) return std::nullopt;
  const auto hours = scan.Digits(2);
  if (!hours || *hours > 23) return std::nullopt;
  int minutes = 0;
  if (!scan.AtEnd()) {
    scan.Char(':');
    const auto read = scan.Digits(2);
    if (!read || *read > 59) return std::nullopt;
    minutes = *read;
  }
  if (!scan.AtEnd()) return std::nullopt;
  const int offset = *hours * 60 + minutes;
  return behind ? -offset : offset;
}

std::int64_t RoundHalfEven(std::int64_t nanos) {
  const std::int64_t micros = nanos / 1000;
  const std::int64_t rest = nanos % 1000;
  return micros + ((rest > 500 || (rest == 500 && micros % 2 == 1)) ? 1 : 0);
}

}  // namespace

Instant Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string FormatDate(FarmDay day) {
  const auto date = ToDate(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<FarmDay> ParseDate(std::string_view text) {
  Scanner scan(text);
  const auto day = ScanDate(scan);
  return day && scan.AtEnd() ? day : std::nullopt;
}

std::string FormatInstant(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::hh_mm_ss time(at - day);
  std::string text =
      fmt::format("{}T{:02}:{:02}:{:02}",
                  FormatDate(FarmDay{static_cast<std::int32_t>(day.time_since_epoch().count())}),
                  time.hours().count(), time.minutes().count(), time.seconds().count());
  if (time.subseconds().count() != 0) text += fmt::format(".{:06}", time.subseconds().count());
  return text + "Z";
}

std::optional<Instant> ParseInstant(std::string_view text) {
  Scanner scan(text);
  const auto day = ScanDate(scan);
  if (!day) return std::nullopt;
  const std::int64_t midnight = std::int64_t{day->days} * 86'400;
  if (scan.AtEnd()) return FromMicros(midnight * 1'000'000);
  if (!scan.Char('T') && !scan.Char('t') && !scan.Char(' ')) return std::nullopt;
  const auto hour = scan.Digits(2);
  if (!hour || *hour > 23 || !scan.Char(':')) return std::nullopt;
  const auto minute = scan.Digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  int second = 0;
  std::int64_t nanos = 0;
  if (scan.Char(':')) {
    const auto read = scan.Digits(2);
    if (!read || *read > 59) return std::nullopt;
    second = *read;
    if (scan.Char('.') || scan.Char(',')) {
      const auto fraction = scan.Nanoseconds();
      if (!fraction) return std::nullopt;
      nanos = *fraction;
    }
  }
  const auto zone = ScanZone(scan);
  if (!zone) return std::nullopt;
  const std::int64_t seconds =
      midnight + std::int64_t{*hour} * 3600 + (std::int64_t{*minute} - *zone) * 60 + second;
  // The whole second first: half to even must look at the µs digit, not at the second's sign.
  return FromMicros(seconds * 1'000'000 + RoundHalfEven(nanos));
}

}  // namespace herdflow
