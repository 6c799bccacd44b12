#pragma once

#include <string>

#include "herdflow/http/message.hpp"
#include "herdflow/intake/intake.hpp"

namespace herdflow::api {

/// What the sender calls this request: `X-Request-Id` (32 hexadecimal digits, as a UUID has them,
/// with its hyphens or without; of any other text a hash), else the trace of `traceparent` (W3C
/// Trace Context), else a random one.
[[nodiscard]] intake::RequestId RequestIdOf(const http::Request& request);

/// 32 hexadecimal digits: what the answer says in `X-Request-Id`.
[[nodiscard]] std::string Text(const intake::RequestId& id);

}  // namespace herdflow::api
