#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"

namespace herdflow::herd {

/// Which day an instant belongs to: midnight to midnight in the farm's time zone, 23 or 25 hours
/// long where the clock changes. The zones are those of the system's tzdata; beyond its last known
/// change of the clock (2037) the last offset goes on.
///
/// Threads: one at a time (it remembers the last stretch without a clock change); copies are cheap.
class FarmCalendar {
 public:
  /// `zone`: an IANA name ("Europe/Berlin"). kInvalidInput: no such zone (the message names the
  /// nearest known one), or no zone data at all.
  static Result<FarmCalendar> Make(std::string_view zone);

  FarmCalendar(const FarmCalendar&);
  FarmCalendar& operator=(const FarmCalendar&);
  FarmCalendar(FarmCalendar&&) noexcept;
  FarmCalendar& operator=(FarmCalendar&&) noexcept;
  ~FarmCalendar();

  /// The date that a clock on the farm's wall shows. A compare and a division, unless the clock
  /// changed between this instant and the one asked for before.
  [[nodiscard]] FarmDay DayOf(Instant at) const;
  /// The first instant of the day: the jump where the clock jumps over midnight, the first of two
  /// midnights where it is put back to midnight. A day that the zone left out (Pacific/Apia,
  /// 2011-12-30) begins where the next one does.
  ///
  /// `DayOf(StartOf(d)) == d`, and 1 µs earlier it is an earlier day, but for the days left out.
  [[nodiscard]] Instant StartOf(FarmDay day) const;
  [[nodiscard]] const std::string& zone() const;

 private:
  struct State;
  explicit FarmCalendar(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Calendars by zone, each made once. Threads: one at a time.
class FarmCalendars {
 public:
  /// The pointer lives as long as this. Errors: as FarmCalendar::Make.
  Result<const FarmCalendar*> Of(std::string_view zone);

 private:
  std::map<std::string, FarmCalendar, std::less<>> by_zone_;
};

}  // namespace herdflow::herd
