#include "herdflow/herd/farm_calendar.hpp"

#include <date/tz.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "herdflow/core/text.hpp"

namespace herdflow::herd {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

std::int64_t FloorDivide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

std::string HintFor(std::string_view wanted) {
  try {
    std::vector<std::string> names;
    for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
    const auto meant = Meant(wanted, names);
    return meant ? fmt::format("did you mean \"{}\"?", *meant)
                 : "an IANA name such as \"Europe/Berlin\" is expected";
  } catch (const std::exception&) {
    return "this machine has no time zone data: install the package tzdata";
  }
}

}  // namespace

struct FarmCalendar::State {
  std::string name;
  const date::time_zone* zone = nullptr;
  // The last stretch without a clock change, in seconds UTC: [begin, end) lies `offset` ahead.
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t offset = 0;

  void Look(std::int64_t seconds) {
    const auto info = zone->get_info(date::sys_seconds(std::chrono::seconds(seconds)));
    begin = info.begin.time_since_epoch().count();
    end = info.end.time_since_epoch().count();
    offset = info.offset.count();
  }
};

Result<FarmCalendar> FarmCalendar::Make(std::string_view zone) {
  auto state = std::make_unique<State>();
  state->name = std::string(zone);
  try {
    state->zone = date::locate_zone(state->name);
    state->Look(0);
  } catch (const std::exception&) {
    return Fail(ErrorCode::kInvalidInput, "\"{}\" is no known time zone; {}", zone, HintFor(zone));
  }
  return FarmCalendar(std::move(state));
}

FarmCalendar::FarmCalendar(std::unique_ptr<State> state) : state_(std::move(state)) {}
FarmCalendar::FarmCalendar(const FarmCalendar& other)
    : state_(std::make_unique<State>(*other.state_)) {}
FarmCalendar& FarmCalendar::operator=(const FarmCalendar& other) {
  state_ = std::make_unique<State>(*other.state_);
  return *this;
}
FarmCalendar::FarmCalendar(FarmCalendar&&) noexcept = default;
FarmCalendar& FarmCalendar::operator=(FarmCalendar&&) noexcept = default;
FarmCalendar::~FarmCalendar() = default;

FarmDay FarmCalendar::DayOf(Instant at) const {
  const std::int64_t seconds = FloorDivide(ToMicros(at), 1'000'000);
  if (seconds < state_->begin || seconds >= state_->end) state_->Look(seconds);
  return FarmDay{static_cast<std::int32_t>(FloorDivide(seconds + state_->offset, kSecondsPerDay))};
}

Instant FarmCalendar::StartOf(FarmDay day) const {
  const date::local_seconds midnight{std::chrono::seconds(day.days * kSecondsPerDay)};
  const auto info = state_->zone->get_info(midnight);
  // Where the clock jumps over midnight, the day begins with the jump; where midnight comes twice,
  // with the first one.
  const auto start = info.result == date::local_info::nonexistent
                         ? info.first.end.time_since_epoch()
                         : midnight.time_since_epoch() - info.first.offset;
  return Instant(start);
}

const std::string& FarmCalendar::zone() const { return state_->name; }

Result<const FarmCalendar*> FarmCalendars::Of(std::string_view zone) {
  auto known = by_zone_.find(zone);
  if (known == by_zone_.end()) {
    HERDFLOW_ASSIGN(FarmCalendar calendar, FarmCalendar::Make(zone));
    known = by_zone_.emplace(zone, std::move(calendar)).first;
  }
  return &known->second;
}

}  // namespace herdflow::herd
