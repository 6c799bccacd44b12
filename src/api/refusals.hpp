#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "herdflow/herd/rejection.hpp"
#include "herdflow/http/message.hpp"
#include "herdflow/http/problem.hpp"

namespace herdflow::api {

/// One event in JSON: no field of it is longer than 255 characters.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} * 1024;

/// The body without the blanks around it: what is kept as the event's value.
[[nodiscard]] std::string_view Trimmed(std::string_view body);

/// An answer where the request says that its body is not in UTF-8, or compressed. (Any media type
/// will do.)
[[nodiscard]] std::optional<http::Response> RefuseEncoding(const http::Request& request);

/// What is wrong with the request's Idempotency-Key, if anything: sent once or, where it is not
/// required, not at all, it is 1 to 255 visible ASCII characters.
[[nodiscard]] std::optional<http::Response> RefuseIdempotencyKey(const http::Request& request,
                                                                 bool is_required);

/// `body.timestamp`, or `body` where the whole message is meant.
[[nodiscard]] http::FieldError ToFieldError(const herd::Rejection& rejection);
[[nodiscard]] std::vector<http::FieldError> ToFieldErrors(
    const std::vector<herd::Rejection>& rejections);

/// 400: no JSON object can be read from the body.
[[nodiscard]] http::Response RefuseBody(const herd::Rejection& rejection);
/// 422: every offending field at once.
[[nodiscard]] http::Response RefuseFields(const std::vector<herd::Rejection>& rejections);

}  // namespace herdflow::api
