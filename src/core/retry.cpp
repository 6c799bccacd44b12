#include "herdflow/core/retry.hpp"

#include <algorithm>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/stop.hpp"

namespace herdflow {
namespace {

constexpr std::size_t kMostSaid = 20;

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

}  // namespace

Result<> Retry::Pause(const Error& error, const std::stop_token& stop) {
  if (!stop.stop_requested()) SleepFor(Failed(error), stop);
  if (!stop.stop_requested()) return {};
  return Fail(ErrorCode::kShuttingDown, "stopped; it had failed before: {}", error.message());
}

std::chrono::milliseconds Retry::Failed(const Error& error, Clock::time_point now) {
  if (failures_++ == 0) {
    since_ = now;
    pause_ = rule_.first;
  } else {
    pause_ = std::min(2 * pause_, rule_.longest);
  }
  well_since_ = {};
  if (pause_ >= rule_.quiet && IsNews(error.message())) {
    // What is given up is told by whoever asked for it.
    const bool goes_on = rule_.tries == std::numeric_limits<int>::max();
    Log(goes_on ? LogLevel::kError : LogLevel::kInfo,
        "{}: {}; trying again, and saying so no more until it goes well", doing_, error.message());
  }
  using Count = std::chrono::milliseconds::rep;
  return std::chrono::milliseconds(
      std::uniform_int_distribution<Count>(pause_.count() / 2, pause_.count())(chance_));
}

void Retry::Succeeded(Clock::time_point now) {
  if (failures_ == 0) return;
  if (well_since_ == Clock::time_point()) well_since_ = now;
  if (!rule_.ends_at_once && now - well_since_ < pause_) return;
  if (!said_.empty()) {
    Log(LogLevel::kInfo, "{}: goes on, after {} failures in {} s", doing_, failures_,
        std::chrono::round<std::chrono::seconds>(well_since_ - since_).count());
  }
  failures_ = 0;
  said_.clear();
}

bool Retry::IsNews(std::string_view message) {
  std::string bare(message);
  std::erase_if(bare, IsDigit);
  if (said_.size() == kMostSaid || std::find(said_.begin(), said_.end(), bare) != said_.end()) {
    return false;
  }
  said_.push_back(std::move(bare));
  return true;
}

}  // namespace herdflow
