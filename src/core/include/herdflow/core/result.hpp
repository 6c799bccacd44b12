#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace herdflow {

/// What the caller should do about a failure.
enum class ErrorCode {
  kInvalidInput,  ///< The request, file or setting is wrong; the same again fails again.
  kNotFound,      ///< What was asked for does not exist.
  kConflict,      ///< Somebody else holds or changed it; look, then decide.
  kUnavailable,   ///< Not now (full, locked, starting): retry later.
  kTimeout,       ///< May have happened; doing it again is safe.
  kCorruptData,   ///< Stored bytes are not what was written; stop and restore.
  kShuttingDown,  ///< The process is ending; nothing was done.
  kInternal,      ///< A defect of herdflow.
};

[[nodiscard]] std::string_view Name(ErrorCode code);

/// A failure: what to do (code), what was being done and what is wrong (message), and why (cause).
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  /// The same failure, told by a caller who knows what was being done.
  [[nodiscard]] Error Because(std::string_view doing) const;

  [[nodiscard]] ErrorCode code() const { return code_; }
  /// One line for a person: "<what was being done>: <what is wrong>; <what to do next>".
  [[nodiscard]] const std::string& message() const { return message_; }

 private:
  ErrorCode code_;
  std::string message_;
};

/// Whether the same may succeed a moment later, and doing it again is safe.
[[nodiscard]] bool IsPassing(const Error& error);

/// A value, or the reason why there is none. Ignoring one does not compile (with -Werror).
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// `return Fail(ErrorCode::kNotFound, "reading {}: no such file", path);`
template <class... Args>
[[nodiscard]] tl::unexpected<Error> Fail(ErrorCode code, fmt::format_string<Args...> format,
                                         Args&&... args) {
  return tl::unexpected<Error>(Error(code, fmt::format(format, std::forward<Args>(args)...)));
}

[[nodiscard]] inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

}  // namespace herdflow

#define HERDFLOW_CONCAT_INNER(a, b) a##b
#define HERDFLOW_CONCAT(a, b) HERDFLOW_CONCAT_INNER(a, b)

/// Return the error of a Result<void> expression, if it has one.
#define HERDFLOW_CHECK(expression)                                 \
  do {                                                             \
    if (auto herdflow_result = (expression); !herdflow_result)     \
      return ::herdflow::Fail(std::move(herdflow_result).error()); \
  } while (false)

/// `HERDFLOW_ASSIGN(auto file, Open(path));` returns the error, or declares the value.
// Names that are declared cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define HERDFLOW_ASSIGN_INNER(result, target, expression)            \
  auto result = (expression);                                        \
  if (!(result)) return ::herdflow::Fail(std::move(result).error()); \
  target = std::move(*(result))
// NOLINTEND(bugprone-macro-parentheses)
#define HERDFLOW_ASSIGN(target, expression) \
  HERDFLOW_ASSIGN_INNER(HERDFLOW_CONCAT(herdflow_result_, __LINE__), target, expression)
