#pragma once

#include <chrono>
#include <limits>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"

namespace herdflow {

/// Tries again what failed, after pauses that double and that chance spreads, and tells it: the
/// same failure once, and that it is over.
///
/// Threads: one at a time.
class Retry {
 public:
  using Clock = std::chrono::steady_clock;
  struct Rule {
    std::chrono::milliseconds first{100}, longest{10'000};  ///< Pauses: between half of it and it.
    int tries = std::numeric_limits<int>::max();  ///< In a row; then it is whoever called's.
    bool only_passing = false;                    ///< What does not pass is not tried again.
    std::chrono::milliseconds quiet{0};           ///< What shorter pauses mend is not told.
    /// One success is the end of it. Else only what goes well for as long as the last pause is: a
    /// loop whose every second turn fails backs off as well.
    bool ends_at_once = false;
  };

  /// `doing`: what stands before each line, such as "loading".
  explicit Retry(std::string doing) : Retry(std::move(doing), Rule()) {}
  Retry(std::string doing, Rule rule) : doing_(std::move(doing)), rule_(rule) {}

  /// Do `turn`, a function that returns a Result, until it goes well, and return that; or its
  /// failure, where the rule gives up. kShuttingDown: somebody asked to stop while it was failing;
  /// as in a failure, what was being done is the caller's to say.
  template <class Turn>
  std::invoke_result_t<Turn&> Until(const std::stop_token& stop, Turn turn) {
    for (int tried = 1;; ++tried) {
      auto result = turn();
      if (result) {
        Succeeded();
        return result;
      }
      if (tried == rule_.tries || (rule_.only_passing && !IsPassing(result.error()))) return result;
      HERDFLOW_CHECK(Pause(result.error(), stop));
    }
  }

  // The same in parts, for who waits in another way.

  /// Wait until it is to be tried again. kShuttingDown: somebody asked to stop.
  Result<> Pause(const Error& error, const std::stop_token& stop);
  /// It failed. Returns how long to wait before the next try.
  std::chrono::milliseconds Failed(const Error& error, Clock::time_point now = Clock::now());
  /// It went well.
  void Succeeded(Clock::time_point now = Clock::now());

 private:
  /// Whether this is said for the first time since it went well. Numbers in it may differ.
  bool IsNews(std::string_view message);

  std::string doing_;
  Rule rule_;
  int failures_ = 0;
  std::chrono::milliseconds pause_{0};  ///< The longest that chance may make of it.
  Clock::time_point since_;             ///< Of the first failure.
  Clock::time_point well_since_;        ///< Not set: the last turn failed.
  std::vector<std::string> said_;
  std::minstd_rand chance_{std::random_device()()};
};

}  // namespace herdflow
