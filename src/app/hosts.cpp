#include "hosts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace herdflow::app {
namespace {

bool IsAddress(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return inet_pton(family, text.c_str(), ignored.data()) == 1;
}

/// A zone may follow: `fe80::1%eth0`.
bool IsIpv6(std::string_view text) {
  const std::size_t zone = text.find('%');
  return IsAddress(AF_INET6, std::string(text.substr(0, zone))) && zone + 1 != text.size();
}

/// Underscores are no part of a host's name in DNS, but of those that containers have.
bool IsHostName(std::string_view text) {
  constexpr std::size_t kLongest = 253;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= kLongest && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), fits);
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0;
}

bool IsBroker(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !IsIpv6(text.substr(1, end - 1))) return false;
    const std::string_view rest = text.substr(end + 1);
    return rest.empty() || (rest.starts_with(':') && IsPort(rest.substr(1)));
  }
  const std::size_t colon = text.find(':');
  return IsHostName(text.substr(0, colon)) &&
         (colon == std::string_view::npos || IsPort(text.substr(colon + 1)));
}

std::string_view WithoutBlanks(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

bool IsHost(std::string_view text) { return IsHostName(text) || IsIpv6(text); }

bool IsListenAddress(std::string_view text) {
  return text == "localhost" || IsAddress(AF_INET, std::string(text)) || IsIpv6(text);
}

std::optional<std::string> ReadBrokers(std::string_view text) {
  std::string brokers;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    const std::string_view broker = WithoutBlanks(text.substr(0, comma));
    if (!IsBroker(broker)) return std::nullopt;
    if (!brokers.empty()) brokers += ',';
    brokers += broker;
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return brokers;
}

}  // namespace herdflow::app
