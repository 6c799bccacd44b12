#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace herdflow {

/// A moment: microseconds since 1970-01-01T00:00:00 UTC, leap seconds not counted.
using Instant = std::chrono::sys_time<std::chrono::microseconds>;

[[nodiscard]] constexpr std::int64_t ToMicros(Instant at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Instant FromMicros(std::int64_t micros) {
  return Instant(std::chrono::microseconds(micros));
}

/// The wall clock. Only the edges (broker, HTTP, scheduler) may ask it; rules never do.
[[nodiscard]] Instant Now();

/// A calendar day of the farm, as days since 1970-01-01. Which instants belong to it is known by
/// `herd::FarmCalendar` alone.
struct FarmDay {
  std::int32_t days = 0;

  constexpr auto operator<=>(const FarmDay&) const = default;
  constexpr FarmDay operator+(std::int32_t n) const { return FarmDay{days + n}; }
  constexpr FarmDay operator-(std::int32_t n) const { return FarmDay{days - n}; }
};

[[nodiscard]] constexpr std::chrono::year_month_day ToDate(FarmDay day) {
  return std::chrono::year_month_day(std::chrono::sys_days(std::chrono::days(day.days)));
}
[[nodiscard]] constexpr FarmDay ToFarmDay(std::chrono::year_month_day date) {
  return FarmDay{static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count())};
}

/// `2024-04-07`.
[[nodiscard]] std::string FormatDate(FarmDay day);
/// Strictly `YYYY-MM-DD` of an existing day, else nothing.
[[nodiscard]] std::optional<FarmDay> ParseDate(std::string_view text);
/// `2024-04-07T05:00:00Z`, with six decimals where there are any (`…05:00:00.250000Z`).
[[nodiscard]] std::string FormatInstant(Instant at);
/// ISO 8601, what is one instant (docs/data-dictionary.md, "Times"): a day as `2024-06-01`,
/// `2024-153` or `2024-W22-6`, alone (its midnight) or with `T` or a blank and `05`, `05:30` or
/// `05:30:10`, seconds with any number of decimals (rounded half to even to µs), zone `Z`,
/// `±hh:mm`, `±hhmm`, `±hh` or none (UTC). Also without hyphens and colons. `24:00` is the next
/// midnight; a leap second is the second after it, as Unix time has it.
[[nodiscard]] std::optional<Instant> ParseInstant(std::string_view text);
/// The day that such a text names, as it is written: its zone moves nothing.
[[nodiscard]] std::optional<FarmDay> ParseWrittenDay(std::string_view text);

}  // namespace herdflow
