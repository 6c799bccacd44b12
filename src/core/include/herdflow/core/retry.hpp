#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"

namespace herdflow {

/// The pauses and the log lines of a loop that tries again until it goes well: pauses double, the
/// same failure is said once, and that it is over.
///
/// Threads: one at a time.
class Retry {
 public:
  using Clock = std::chrono::steady_clock;
  struct Pauses {
    std::chrono::milliseconds first{100}, longest{10'000};
  };

  /// `doing`: what stands before each line, such as "loading".
  explicit Retry(std::string doing) : Retry(std::move(doing), Pauses()) {}
  Retry(std::string doing, Pauses pauses) : doing_(std::move(doing)), pauses_(pauses) {}

  /// It failed. Returns how long to wait before the next try.
  std::chrono::milliseconds Failed(const Error& error, Clock::time_point now = Clock::now());
  /// It went well. Over is only what has gone well for as long as the last pause: a loop whose
  /// every second turn fails backs off as well.
  void Succeeded(Clock::time_point now = Clock::now());

  [[nodiscard]] bool is_failing() const { return failures_ > 0; }

 private:
  /// Whether this is said for the first time since it went well. Numbers in it may differ.
  bool IsNews(std::string_view message);

  std::string doing_;
  Pauses pauses_;
  int failures_ = 0;
  std::chrono::milliseconds pause_{0};
  Clock::time_point since_;       ///< Of the first failure.
  Clock::time_point well_since_;  ///< Not set: the last turn failed.
  std::vector<std::string> said_;
};

/// Sleep for so long, or until `stop` says so: it is asked 20 times a second.
void SleepUnless(const std::function<bool()>& stop, std::chrono::milliseconds duration);

}  // namespace herdflow
