#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <utility>

/// How work is asked to end: a std::stop_token goes along with it, and is looked at between
/// two chunks of it. A token of nobody (`{}`) never stops.
namespace herdflow {

/// Sleep for so long, or until somebody asks to stop. Threads: any.
void SleepFor(std::chrono::milliseconds duration, const std::stop_token& stop);

/// A part of the work that may be asked to stop by itself, and is when the whole is.
///
/// Threads: any.
class PartialStop {
 public:
  explicit PartialStop(std::stop_token whole) : whole_(std::move(whole), [this] { Request(); }) {}

  void Request() { part_.request_stop(); }
  [[nodiscard]] std::stop_token token() const { return part_.get_token(); }

 private:
  std::stop_source part_;
  std::stop_callback<std::function<void()>> whole_;
};

}  // namespace herdflow
