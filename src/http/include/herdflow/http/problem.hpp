#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/http/json_writer.hpp"
#include "herdflow/http/message.hpp"

namespace herdflow::http {

/// Every kind of failure that an answer can name: its URI (`urn:herdflow:problem:not-found`) stays.
enum class ProblemKind : std::uint8_t {
  kMalformedRequest,
  kInvalidJson,
  kInvalidDate,
  kInvalidInput,
  kNotFound,
  kUnknownFarm,
  kMethodNotAllowed,
  kConflict,
  kFarmClosed,
  kUnauthorized,
  kCrossOrigin,
  kUnsupportedCharset,
  kUnsupportedEncoding,
  kUnsupportedType,
  kBodyTooLarge,
  kHeadersTooLarge,
  kRequestTimeout,
  kUnavailable,
  kTopicMissing,
  kOutcomeUnknown,
  kInternal,
};
inline constexpr std::array kAllProblemKinds{ProblemKind::kMalformedRequest,
                                             ProblemKind::kInvalidJson,
                                             ProblemKind::kInvalidDate,
                                             ProblemKind::kInvalidInput,
                                             ProblemKind::kNotFound,
                                             ProblemKind::kUnknownFarm,
                                             ProblemKind::kMethodNotAllowed,
                                             ProblemKind::kConflict,
                                             ProblemKind::kFarmClosed,
                                             ProblemKind::kUnauthorized,
                                             ProblemKind::kCrossOrigin,
                                             ProblemKind::kUnsupportedCharset,
                                             ProblemKind::kUnsupportedEncoding,
                                             ProblemKind::kUnsupportedType,
                                             ProblemKind::kBodyTooLarge,
                                             ProblemKind::kHeadersTooLarge,
                                             ProblemKind::kRequestTimeout,
                                             ProblemKind::kUnavailable,
                                             ProblemKind::kTopicMissing,
                                             ProblemKind::kOutcomeUnknown,
                                             ProblemKind::kInternal};

struct ProblemFacts {
  int status = 500;
  std::string_view type;    ///< A URI.
  std::string_view title;   ///< The same for every problem of the kind.
  std::string_view detail;  ///< What to do, where nothing more exact is known.
};
[[nodiscard]] const ProblemFacts& Facts(ProblemKind kind);

/// The one table of what a failure is on HTTP.
[[nodiscard]] ProblemKind ProblemKindOf(ErrorCode code);

/// What is wrong with one field. `location`: `body.timestamp`, `path.cow_id`, `header.…`, `body`.
struct FieldError {
  std::string location, code, message;
};

/// `application/problem+json` (RFC 9457) with `errors`; with `Retry-After` where a retry
/// alone may help.
/// `detail`: empty takes the kind's own. `more`: writes further members.
[[nodiscard]] Response ProblemResponse(ProblemKind kind, std::string_view detail = {},
                                       const std::vector<FieldError>& errors = {},
                                       const std::function<void(JsonWriter&)>& more = nullptr);

/// A failure behind the surface. Its message goes to the client only where it is the client's to
/// mend (4xx); of a 5xx it goes to the log.
[[nodiscard]] Response ProblemResponse(const Error& error);

}  // namespace herdflow::http
