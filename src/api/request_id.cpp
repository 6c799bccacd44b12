#include "request_id.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "herdflow/core/text.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"

namespace herdflow::api {
namespace {

using intake::RequestId;

std::optional<std::uint8_t> DigitOf(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<RequestId> ReadHex(std::string_view text) {
  RequestId id{};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = DigitOf(text[i]);
    if (!digit) return std::nullopt;
    id[i / 2] = static_cast<std::uint8_t>(id[i / 2] << 4 | *digit);
  }
  return id;
}

/// A UUID is 8-4-4-4-12.
std::optional<RequestId> ReadId(std::string_view text) {
  std::string digits(text);
  for (const std::size_t hyphen : {23U, 18U, 13U, 8U}) {
    if (text.size() == 36 && text[hyphen] == '-') digits.erase(hyphen, 1);
  }
  return ReadHex(digits);
}

/// version-trace-span-flags, of which another version may have more. A trace of zeros is none.
std::optional<RequestId> ReadTrace(std::string_view parent) {
  constexpr std::size_t kVersion = 3;
  constexpr std::size_t kTrace = 32;
  const bool fits = parent.size() >= 55 && parent[2] == '-' && parent[kVersion + kTrace] == '-';
  if (!fits || parent.starts_with("ff")) return std::nullopt;
  const auto id = ReadHex(parent.substr(kVersion, kTrace));
  return id && *id != RequestId{} ? id : std::nullopt;
}

RequestId MakeId() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  RequestId id{};
  for (std::size_t i = 0; i < id.size(); i += 8) {
    std::uint64_t word = random();
    for (std::size_t j = 0; j < 8; ++j, word >>= 8) id[i + j] = static_cast<std::uint8_t>(word);
  }
  return id;
}

}  // namespace

RequestId RequestIdOf(const http::Request& request) {
  if (const auto text = Trimmed(request.Header("X-Request-Id")); !text.empty()) {
    return ReadId(text).value_or(pipeline::HashOf("", text));
  }
  if (const auto trace = ReadTrace(Trimmed(request.Header("traceparent")))) return *trace;
  return MakeId();
}

std::string Text(const RequestId& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(2 * id.size(), '0');
  for (std::size_t i = 0; i < id.size(); ++i) {
    text[2 * i] = kDigits[id[i] >> 4];
    text[2 * i + 1] = kDigits[id[i] & 15U];
  }
  return text;
}

}  // namespace herdflow::api
