#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

namespace herdflow::http {

using Fields = boost::beast::http::request_header<>;

[[nodiscard]] inline std::string_view Text(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

/// Of the request line's target: `/p?q`, or `http://host/p?q` as to a proxy.
struct Target {
  std::optional<std::string_view> authority;  ///< Of `http://host/p`.
  std::string_view path;
  std::string_view query;  ///< What stands behind `?`.
};
[[nodiscard]] Target TargetOf(std::string_view target);

/// What says whom a request is for and how long it is, found in one look at its fields.
///
/// Lifetime: ends before the header does.
struct Head {
  /// How often a field was sent, and what it said first.
  struct Sent {
    std::size_t times = 0;
    std::string_view first;
  };

  explicit Head(const Fields& header);

  unsigned version;
  Target target;
  std::size_t fields = 0;
  Sent host, origin, length, coding;
};

/// Whom the request is for: what its target says counts, and Host where that is a path (RFC 9112,
/// 3.2.2).
[[nodiscard]] std::optional<std::string_view> HostOf(const Head& head);
/// No host, or a user before it, which no reader of an address expects (RFC 9110, 4.2.1 and 4.2.4).
[[nodiscard]] bool IsAuthorityInDoubt(const Target& target);
/// A browser says in `Origin` which page sends; a page of elsewhere may not. (Without this, any
/// web page could post readings to the loopback address of whoever looks at it.)
[[nodiscard]] bool IsCrossOrigin(const Fields& header, const Head& head);
/// `Host: name`, `name:port` or `[IPv6]:port`. A page of elsewhere whose name was made to mean a
/// loopback address (DNS rebinding) sends its own name.
[[nodiscard]] bool IsForLoopback(std::string_view host);
/// Of the ways to send a body, `chunked` alone is understood, and by HTTP/1.1 alone (RFC
/// 9112, 6.1).
[[nodiscard]] bool IsCodingInDoubt(const Head& head);
/// `5, 5` is one length to some, and two to others (RFC 9112, 6.3).
[[nodiscard]] bool IsLengthListed(const Head& head);
/// HTTP/1.0 knows no answer before the answer (RFC 9110, 10.1.1).
[[nodiscard]] bool AwaitsContinue(const Fields& header);

}  // namespace herdflow::http
