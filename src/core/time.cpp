#include "herdflow/core/time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace herdflow {
namespace {

/// Reads a text from left to right; every Take… leaves the position alone when it fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Char(char expected) { return Text({&expected, 1}); }

  bool Text(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
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

  /// The digits after a decimal mark as microseconds, rounded half to even by all of them: up to
  /// 1'000'000. Nothing if there is none.
  std::optional<std::int64_t> Microseconds() {
    constexpr std::size_t kKept = 6;
    const std::size_t count = CountDigits();
    if (count == 0) return std::nullopt;
    std::int64_t micros = 0;
    for (std::size_t i = 0; i < kKept; ++i) micros = micros * 10 + (i < count ? rest_[i] - '0' : 0);
    const std::string_view cut =
        rest_.substr(std::min(kKept, count), count - std::min(kKept, count));
    rest_.remove_prefix(count);
    if (cut.empty() || cut.front() < '5') return micros;
    const bool is_tie =
        cut.front() == '5' && cut.find_first_not_of('0', 1) == std::string_view::npos;
    return micros + (is_tie && micros % 2 == 0 ? 0 : 1);
  }

  /// How many digits stand next.
  [[nodiscard]] std::size_t CountDigits() const {
    return std::min(rest_.find_first_not_of("0123456789"), rest_.size());
  }
  /// Whether some digit of those that stand next is not 0.
  [[nodiscard]] bool NextIsOtherThanZero() const {
    return rest_.substr(0, CountDigits()).find_first_not_of('0') != std::string_view::npos;
  }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }
  [[nodiscard]] bool NextIsDigit() const { return CountDigits() > 0; }

 private:
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

std::optional<FarmDay> DayOf(int year, int month, int day) {
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return ToFarmDay(date);
}

/// `-06-01`, or `0601` in the basic format.
std::optional<FarmDay> ScanMonthAndDay(Scanner& scan, int year, bool extended) {
  const auto month = scan.Digits(2);
  if (!month || (extended && !scan.Char('-'))) return std::nullopt;
  const auto day = scan.Digits(2);
  if (!day) return std::nullopt;
  return DayOf(year, *month, *day);
}

/// The ordinal day, 001 to 366.
std::optional<FarmDay> ScanDayOfYear(Scanner& scan, int year) {
  const auto number = scan.Digits(3);
  const auto first = DayOf(year, 1, 1);
  if (!number || *number < 1 || !first) return std::nullopt;
  const FarmDay day = *first + (*number - 1);
  if (static_cast<int>(ToDate(day).year()) != year) return std::nullopt;
  return day;
}

/// `W22-6`, or `W226` in the basic format. Week 1 has the year's first Thursday.
std::optional<FarmDay> ScanWeekAndDay(Scanner& scan, int year, bool extended) {
  const auto week = scan.Digits(2);
  if (!week || *week < 1 || (extended && !scan.Char('-'))) return std::nullopt;
  const auto weekday = scan.Digits(1);
  const auto fourth = DayOf(year, 1, 4);
  if (!weekday || *weekday < 1 || *weekday > 7 || !fourth) return std::nullopt;
  const std::chrono::weekday weekday_of_fourth{std::chrono::sys_days(ToDate(*fourth))};
  const FarmDay monday =
      *fourth - static_cast<std::int32_t>(weekday_of_fourth.iso_encoding() - 1) + 7 * (*week - 1);
  if (static_cast<int>(ToDate(monday + 3).year()) != year) return std::nullopt;
  return monday + (*weekday - 1);
}

std::optional<FarmDay> ScanDate(Scanner& scan) {
  const auto year = scan.Digits(4);
  if (!year) return std::nullopt;
  const bool extended = scan.Char('-');
  if (scan.Char('W')) return ScanWeekAndDay(scan, *year, extended);
  if (scan.CountDigits() == 3) return ScanDayOfYear(scan, *year);
  return ScanMonthAndDay(scan, *year, extended);
}

struct TimeOfDay {
  std::int64_t seconds = 0;
  std::int64_t micros = 0;  ///< Of the second; up to 1'000'000 by rounding.
  bool is_leap_second = false;
};

/// `05`, `05:30`, `05:30:10.25`, or without colons in the basic format.
std::optional<TimeOfDay> ScanTime(Scanner& scan) {
  const auto hour = scan.Digits(2);
  if (!hour || *hour > 24) return std::nullopt;
  int minute = 0;
  int second = 0;
  bool has_fraction = false;
  TimeOfDay time;
  const bool extended = scan.Char(':');
  if (extended || scan.NextIsDigit()) {
    const auto read = scan.Digits(2);
    if (!read || *read > 59) return std::nullopt;
    minute = *read;
    if (extended ? scan.Char(':') : scan.NextIsDigit()) {
      const auto seconds = scan.Digits(2);
      if (!seconds || *seconds > 60) return std::nullopt;
      second = *seconds;
      if (scan.Char('.') || scan.Char(',')) {
        has_fraction = scan.NextIsOtherThanZero();
        const auto micros = scan.Microseconds();
        if (!micros) return std::nullopt;
        time.micros = *micros;
      }
    }
  }
  time.seconds = std::int64_t{*hour} * 3600 + std::int64_t{minute} * 60 + second;
  time.is_leap_second = second == 60;
  constexpr std::int64_t kDay = 86'400;
  // 24:00 is the end of the day, and nothing comes after it.
  if (*hour == 24 && (time.seconds != kDay || has_fraction)) return std::nullopt;
  return time;
}

/// The zone's offset from UTC in minutes; nothing if the rest is not a zone.
std::optional<int> ScanZone(Scanner& scan) {
  const bool is_utc = scan.Char('Z') || scan.Char('z');
  if (scan.AtEnd()) return 0;
  if (is_utc) return std::nullopt;
  // ISO 8601 writes the minus as U+2212 where it can.
  const bool behind = scan.Char('-') || scan.Text("\u2212");
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

/// Leap seconds are put between the last second of a month of UTC and the next month.
bool CanBeLeapSecond(std::int64_t seconds) {
  constexpr std::int64_t kDay = 86'400;
  if (seconds % kDay != 0) return false;
  const auto next = ToDate(FarmDay{static_cast<std::int32_t>(seconds / kDay)});
  return next.day() == std::chrono::day(1);
}

struct IsoText {
  FarmDay day;  ///< As it is written, whatever the zone.
  Instant at;
};

std::optional<IsoText> ScanIso(std::string_view text) {
  Scanner scan(text);
  const auto day = ScanDate(scan);
  if (!day) return std::nullopt;
  std::int64_t seconds = std::int64_t{day->days} * 86'400;
  if (scan.AtEnd()) return IsoText{*day, FromMicros(seconds * 1'000'000)};
  if (!scan.Char('T') && !scan.Char('t') && !scan.Char(' ')) return std::nullopt;
  const auto time = ScanTime(scan);
  if (!time) return std::nullopt;
  const auto zone = ScanZone(scan);
  if (!zone) return std::nullopt;
  seconds += time->seconds - std::int64_t{*zone} * 60;
  if (time->is_leap_second && !CanBeLeapSecond(seconds)) return std::nullopt;
  return IsoText{*day, FromMicros(seconds * 1'000'000 + time->micros)};
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
  const auto year = scan.Digits(4);
  if (!year || !scan.Char('-')) return std::nullopt;
  const auto day = ScanMonthAndDay(scan, *year, true);
  return scan.AtEnd() ? day : std::nullopt;
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
  const auto read = ScanIso(text);
  if (!read) return std::nullopt;
  return read->at;
}

std::optional<FarmDay> ParseWrittenDay(std::string_view text) {
  const auto read = ScanIso(text);
  if (!read) return std::nullopt;
  return read->day;
}

}  // namespace herdflow
