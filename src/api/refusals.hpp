#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "herdflow/herd/rejection.hpp"
#include "herdflow/http/message.hpp"
#include "herdflow/http/problem.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::api {

/// Of a request about one thing: as much as an event may have.
inline constexpr std::size_t kMaxBodyBytes = pipeline::kMaxEventBytes;

/// Of a `Content-Type`: whether each charset that it names is UTF-8.
[[nodiscard]] bool IsUtf8Type(std::string_view type);

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
