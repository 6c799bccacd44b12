#include "terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "herdflow/core/text.hpp"

namespace herdflow::app {
namespace {

/// Code points, which are columns for every name that a cow is likely to have.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string Duration(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (Column& column : columns_) column.title = Visible(column.title);
}

void Table::Add(const std::vector<std::string>& cells) {
  std::vector<std::string>& row = rows_.emplace_back();
  for (const std::string& cell : cells) row.push_back(Visible(cell));
}

std::string Table::Text() const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(Width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::string text;
  const auto add_row = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_of(i);
      const std::string padding(widths[i] - Width(cell), ' ');
      if (i != 0) line += "  ";
      line += columns_[i].align == Align::kRight ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  add_row([&](std::size_t i) -> const std::string& { return columns_[i].title; });
  std::vector<std::string> rules;
  for (const std::size_t width : widths) rules.emplace_back(width, '-');
  add_row([&](std::size_t i) -> const std::string& { return rules[i]; });
  for (const auto& row : rows_) {
    add_row([&](std::size_t i) -> const std::string& { return row[i]; });
  }
  return text;
}

std::string Thousands(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = text[0] == '-' ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string Decimals(double number) {
  const std::string text = fmt::format("{:.2f}", number);
  const std::size_t point = text.find('.');
  return Thousands(std::stoll(text.substr(0, point))) + text.substr(point);
}

Progress::Progress(std::string what) : is_terminal_(isatty(2) != 0), what_(std::move(what)) {}

Progress::~Progress() {
  if (is_drawn_) std::fputs("\r\033[K", stderr);
}

void Progress::Show(std::string_view what, std::int64_t done, std::int64_t total) {
  if (!is_terminal_) return;
  const auto now = Clock::now();
  if (what != what_) {
    what_ = what;
    started_ = now;
  } else if (is_drawn_ && now - drawn_ < std::chrono::milliseconds(150) && done != total) {
    return;
  }
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line = fmt::format("\r\033[K{}: {}", Visible(what_), Thousands(done));
  if (total > 0) {
    constexpr std::int64_t kBar = 24;
    const auto filled = static_cast<std::size_t>(kBar * std::min(done, total) / total);
    line += fmt::format(" of {} [{}{}]", Thousands(total), std::string(filled, '#'),
                        std::string(static_cast<std::size_t>(kBar) - filled, '.'));
  }
  if (rate > 0) {
    line += fmt::format(" {}/s", Thousands(static_cast<std::int64_t>(rate)));
    if (total > done) {
      line += fmt::format(
          ", {} left",
          Duration(static_cast<std::int64_t>(static_cast<double>(total - done) / rate)));
    }
  }
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  drawn_ = now;
  is_drawn_ = true;
}

Result<> Print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) {
    return {};
  }
  return Fail(ErrorCode::kUnavailable, "writing the answer to standard output: {}",
              std::generic_category().message(errno));
}

}  // namespace herdflow::app
