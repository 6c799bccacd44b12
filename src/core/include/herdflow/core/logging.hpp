#pragma once

#include <fmt/format.h>

#include <functional>
#include <string_view>

namespace herdflow {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Where log lines go: standard error, coloured only on a terminal. Threads: any.
void SetLogLevel(LogLevel level);
void LogLine(LogLevel level, std::string_view line);

/// While it lives, what its thread logs is told to it as well; of several, to the newest.
class LogListener {
 public:
  using Each = std::function<void(LogLevel, std::string_view)>;
  explicit LogListener(Each each);
  ~LogListener();
  LogListener(const LogListener&) = delete;
  LogListener& operator=(const LogListener&) = delete;

 private:
  friend void LogLine(LogLevel level, std::string_view line);
  Each each_;
  LogListener* before_;
};

/// `debug`, `info`, `warning`, `error`.
[[nodiscard]] std::string_view Name(LogLevel level);

/// `Log(LogLevel::kInfo, "listening on {}", address);`
template <class... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  LogLine(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace herdflow
