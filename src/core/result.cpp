#include "herdflow/core/result.hpp"

namespace herdflow {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput:
      return "invalid input";
    case ErrorCode::kNotFound:
      return "not found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCorruptData:
      return "corrupt data";
    case ErrorCode::kShuttingDown:
      return "shutting down";
    case ErrorCode::kInternal:
      return "internal error";
  }
  return "unknown";
}

Error Error::Because(std::string_view doing) const {
  return Error(code_, fmt::format("{}: {}", doing, message_));
}

bool IsPassing(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return true;
    case ErrorCode::kInvalidInput:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kCorruptData:
    case ErrorCode::kShuttingDown:
    case ErrorCode::kInternal:
      return false;
  }
  return false;
}

}  // namespace herdflow
