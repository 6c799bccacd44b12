#include "herdflow/sqlite/checksum.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace herdflow::sqlite {
namespace {

static_assert(std::endian::native == std::endian::little, "the words below are the files' format");

/// Reversible in either argument, so that no single change is ever lost on the way to the end.
std::uint64_t Mix(std::uint64_t sum, std::uint64_t word) {
  constexpr std::uint64_t kOdd = 0x9E37'79B9'7F4A'7C15;
  sum = (sum ^ word) * kOdd;
  return sum ^ (sum >> 32);
}

}  // namespace

Checksum& Checksum::Add(std::int64_t number) {
  sum_ = Mix(sum_, static_cast<std::uint64_t>(number));
  return *this;
}

Checksum& Checksum::Add(std::string_view bytes) {
  std::uint64_t sum = Mix(sum_, bytes.size());
  std::uint64_t word = 0;
  while (bytes.size() >= sizeof word) {
    std::memcpy(&word, bytes.data(), sizeof word);
    sum = Mix(sum, word);
    bytes.remove_prefix(sizeof word);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  sum_ = Mix(sum, word);
  return *this;
}

std::int64_t Checksum::value() const { return sum_ == 0 ? 1 : static_cast<std::int64_t>(sum_); }

}  // namespace herdflow::sqlite
