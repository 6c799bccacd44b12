#include "herdflow/intake/cached_farms.hpp"

#include <utility>

#include "herdflow/herd/farm.hpp"

namespace herdflow::intake {
namespace {

using namespace std::chrono_literals;

/// Between the beginnings of two looks.
constexpr std::chrono::milliseconds kPause = 100ms;
/// What is older is looked at again, and told meanwhile; a look that takes longer hangs.
constexpr std::chrono::milliseconds kYoung = 500ms;
/// What is older is not told before a look.
constexpr std::chrono::milliseconds kFresh = 1s;

}  // namespace

CachedFarms::CachedFarms(Open open)
    : open_(std::move(open)),
      begun_(Clock::now() - kFresh - kPause),
      done_(begun_),
      thread_([this] { LookWhileAsked(); }) {}

CachedFarms::~CachedFarms() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  Answer(waiting_, Fail(ErrorCode::kUnavailable, "the process is ending"));
}

void CachedFarms::Find(std::string_view farm, Found found) {
  if (farm == herd::kDefaultFarm) return found(FarmState::kOpen);
  std::unique_lock lock(mutex_);
  if (const auto state = Remembered(farm)) {
    const bool must_look = is_old_;
    lock.unlock();
    if (must_look) changed_.notify_all();
    return found(*state);
  }
  waiting_.push_back({std::string(farm), std::move(found)});
  lock.unlock();
  changed_.notify_all();
}

std::optional<FarmState> CachedFarms::Remembered(std::string_view farm) {
  const auto known = farms_.find(farm);
  if (known == farms_.end()) return std::nullopt;
  const auto now = Clock::now();
  if (!IsFresh(now)) return std::nullopt;
  if (now - begun_ > kYoung) is_old_ = true;
  return known->second;
}

/// Nobody is kept waiting by a store that hangs.
bool CachedFarms::IsFresh(Clock::time_point now) const {
  return now - done_ <= kFresh || (is_looking_ && now - begun_ > kYoung);
}

void CachedFarms::LookWhileAsked() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_ending_ || is_old_ || !waiting_.empty(); });
    if (changed_.wait_until(lock, begun_ + kPause, [this] { return is_ending_; })) return;
    const auto questions = std::exchange(waiting_, {});
    is_old_ = false;
    is_looking_ = true;
    begun_ = Clock::now();
    lock.unlock();
    auto looked = Look();
    lock.lock();
    is_looking_ = false;
    done_ = begun_;
    const Result<> outcome = looked ? Result<>() : Result<>(Fail(looked.error()));
    if (looked) farms_ = *std::move(looked);
    lock.unlock();
    Answer(questions, outcome);
    lock.lock();
  }
}

Result<CachedFarms::Farms> CachedFarms::Look() {
  if (!queries_) {
    HERDFLOW_ASSIGN(queries_, open_());
  }
  HERDFLOW_ASSIGN(const auto listed, queries_->ListFarms());
  Farms farms;
  for (const auto& farm : listed) {
    farms.emplace(farm.id, farm.closed_at ? FarmState::kClosed : FarmState::kOpen);
  }
  return farms;
}

void CachedFarms::Answer(const std::vector<Question>& questions, const Result<>& looked) const {
  for (const auto& [farm, found] : questions) {
    const auto known = farms_.find(farm);
    if (known != farms_.end()) {
      found(known->second);
    } else if (looked) {
      found(FarmState::kUnknown);
    } else {
      found(Fail(ErrorCode::kUnavailable, "looking for the farm {}: {}", farm,
                 looked.error().message()));
    }
  }
}

}  // namespace herdflow::intake
