#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"

namespace herdflow::app {

/// A table with aligned columns for people: numbers to the right, texts to the left, and whatever
/// is in a name shown (see Visible), so that a row is a line and a terminal is told nothing.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns);

  void Add(const std::vector<std::string>& cells);
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// `1,234,567`.
[[nodiscard]] std::string Thousands(std::int64_t number);
/// `1,806.91`: two decimals.
[[nodiscard]] std::string Decimals(double number);

/// A line of progress on standard error, drawn anew a few times a second; nothing where standard
/// error is no terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `total` 0: unknown, so no bar and no time left.
  void Show(std::string_view what, std::int64_t done, std::int64_t total);

 private:
  using Clock = std::chrono::steady_clock;
  bool is_terminal_;
  std::string what_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_;
  bool is_drawn_ = false;
};

/// Writes to standard output. kUnavailable: that failed (a closed pipe, a full disk).
Result<> Print(std::string_view text);

}  // namespace herdflow::app
