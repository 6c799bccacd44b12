#include "request_head.hpp"

#include <algorithm>

#include "herdflow/http/loopback.hpp"
#include "herdflow/http/message.hpp"

namespace herdflow::http {
namespace {

namespace beast_http = boost::beast::http;

void Note(Head::Sent& sent, boost::beast::string_view value) {
  if (sent.times++ == 0) sent.first = Text(value);
}

}  // namespace

Target TargetOf(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  std::optional<std::string_view> authority;
  if (EqualsIgnoringCase(target.substr(0, kScheme.size()), kScheme)) {
    target.remove_prefix(kScheme.size());
    authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority->size());
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  target.remove_prefix(std::min(question + 1, target.size()));
  return {authority, authority && path.empty() ? "/" : path, target};
}

Head::Head(const Fields& header)
    : version(header.version()), target(TargetOf(Text(header.target()))) {
  for (const auto& field : header) {
    ++fields;
    if (field.name() == beast_http::field::host) Note(host, field.value());
    if (field.name() == beast_http::field::origin) Note(origin, field.value());
    if (field.name() == beast_http::field::content_length) Note(length, field.value());
    if (field.name() == beast_http::field::transfer_encoding) Note(coding, field.value());
  }
}

std::optional<std::string_view> HostOf(const Head& head) {
  if (head.target.authority) return head.target.authority;
  return head.host.times == 0 ? std::nullopt : std::optional(head.host.first);
}

bool IsAuthorityInDoubt(const Target& target) {
  const auto& authority = target.authority;
  return authority && (authority->empty() || authority->starts_with(':') ||
                       authority->find('@') != std::string_view::npos);
}

bool IsCrossOrigin(const Fields& header, const Head& head) {
  if (head.origin.times == 0) return false;
  const auto [first, last] = header.equal_range(beast_http::field::origin);
  return std::any_of(first, last, [&](const auto& origin) {
    const std::string_view text = Text(origin.value());
    const std::size_t authority = text.find("://");
    return authority == std::string_view::npos ||
           !EqualsIgnoringCase(text.substr(authority + 3), HostOf(head).value_or(""));
  });
}

bool IsForLoopback(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const std::size_t end = std::min(host.find(is_bracketed ? ']' : ':'), host.size());
  const std::string_view name = host.substr(0, end).substr(is_bracketed ? 1 : 0);
  std::string_view port = host.substr(end);
  if (is_bracketed) {
    if (port.empty() || name.find(':') == std::string_view::npos) return false;
    port.remove_prefix(1);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_port = port.starts_with(':') && std::all_of(port.begin() + 1, port.end(), is_digit);
  return (port.empty() || is_port) && IsLoopback(name);
}

bool IsCodingInDoubt(const Head& head) {
  if (head.coding.times == 0) return false;
  return head.version < 11 || head.coding.times > 1 ||
         !EqualsIgnoringCase(head.coding.first, "chunked");
}

bool IsLengthListed(const Head& head) {
  return head.length.times > 1 || head.length.first.find(',') != std::string_view::npos;
}

bool AwaitsContinue(const Fields& header) {
  return header.version() >= 11 &&
         EqualsIgnoringCase(Text(header[beast_http::field::expect]), "100-continue");
}

}  // namespace herdflow::http
