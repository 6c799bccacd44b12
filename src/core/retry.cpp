#include "herdflow/core/retry.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"

namespace herdflow {
namespace {

constexpr std::size_t kMostSaid = 20;
constexpr std::chrono::milliseconds kAskAgain{50};

bool IsDigit(char character) { return character >= '0' && character <= '9'; }

}  // namespace

std::chrono::milliseconds Retry::Failed(const Error& error, Clock::time_point now) {
  if (failures_++ == 0) {
    since_ = now;
    pause_ = pauses_.first;
  } else {
    pause_ = std::min(2 * pause_, pauses_.longest);
  }
  well_since_ = {};
  if (IsNews(error.message())) {
    Log(LogLevel::kError, "{}: {}; trying again, and saying so no more until it goes well", doing_,
        error.message());
  }
  return pause_;
}

void Retry::Succeeded(Clock::time_point now) {
  if (failures_ == 0) return;
  if (well_since_ == Clock::time_point()) well_since_ = now;
  if (now - well_since_ < pause_) return;
  Log(LogLevel::kInfo, "{}: goes on, after {} failures in {} s", doing_, failures_,
      std::chrono::round<std::chrono::seconds>(well_since_ - since_).count());
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

void SleepUnless(const std::function<bool()>& stop, std::chrono::milliseconds duration) {
  const auto until = Retry::Clock::now() + duration;
  while (!stop()) {
    const auto left = until - Retry::Clock::now();
    if (left <= Retry::Clock::duration(0)) return;
    std::this_thread::sleep_for(std::min<Retry::Clock::duration>(left, kAskAgain));
  }
}

}  // namespace herdflow
