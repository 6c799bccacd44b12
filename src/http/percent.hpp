#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace herdflow::http {

/// `%C3%A9` → `é`: any bytes. Nothing where a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> PercentDecode(std::string_view text);

/// `/%68ealthz%2F` → `/healthz%2F`: letters, digits and `-._~` mean the same with and without an
/// escape, nothing else does (RFC 3986, 6.2.2.2). Nothing as above.
[[nodiscard]] std::optional<std::string> DecodeUnreserved(std::string_view path);

}  // namespace herdflow::http
