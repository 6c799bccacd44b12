#pragma once

#include <fmt/format.h>

#include <string_view>

namespace herdflow {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Where log lines go: standard error, coloured only on a terminal. Threads: any.
void SetLogLevel(LogLevel level);
void LogLine(LogLevel level, std::string_view line);

/// `Log(LogLevel::kInfo, "listening on {}", address);`
template <class... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  LogLine(level, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace herdflow
