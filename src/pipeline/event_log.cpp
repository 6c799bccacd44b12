#include "herdflow/pipeline/event_log.hpp"

#include <algorithm>

namespace herdflow::pipeline {
namespace {

/// The Java client's murmur2 (org.apache.kafka.common.utils.Utils): Austin Appleby's MurmurHash2,
/// 32 bits, with the client's seed.
std::uint32_t Murmur2(std::string_view bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    word *= kMultiplier;
    word ^= word >> 24;
    hash = hash * kMultiplier ^ word * kMultiplier;
  }
  const std::size_t rest = bytes.size() - i;
  if (rest >= 3) hash ^= byte(i + 2) << 16;
  if (rest >= 2) hash ^= byte(i + 1) << 8;
  if (rest >= 1) hash = (hash ^ byte(i)) * kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  return hash ^ hash >> 15;
}

void AppendLength(std::size_t length, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<char>((length >> shift) & 0xFF));
  }
}

bool TakeText(std::string_view& bytes, std::string& out) {
  if (bytes.size() < 4) return false;
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= std::size_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  bytes.remove_prefix(4);
  if (bytes.size() < size) return false;
  out = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return true;
}

}  // namespace

std::string_view Name(Topic topic) {
  switch (topic) {
    case Topic::kCows:
      return "cows";
    case Topic::kSensors:
      return "sensors";
    case Topic::kMeasurements:
      return "measurements";
    case Topic::kFarms:
      return "farms";
  }
  return "unknown";
}

std::optional<Topic> TopicNamed(std::string_view name) {
  const auto* found = std::find_if(kAllTopics.begin(), kAllTopics.end(),
                                   [name](Topic topic) { return Name(topic) == name; });
  if (found == kAllTopics.end()) return std::nullopt;
  return *found;
}

std::int32_t PartitionOf(std::string_view key, std::int32_t partitions) {
  if (partitions == 1) return 0;
  return static_cast<std::int32_t>(Murmur2(key) & 0x7fffffff) % partitions;
}

std::string EncodeHeaders(const std::vector<Header>& headers) {
  std::string out;
  for (const Header& header : headers) {
    AppendLength(header.name.size(), out);
    out += header.name;
    AppendLength(header.value.size(), out);
    out += header.value;
  }
  return out;
}

Result<std::vector<Header>> DecodeHeaders(std::string_view bytes) {
  std::vector<Header> headers;
  while (!bytes.empty()) {
    Header& header = headers.emplace_back();
    if (!TakeText(bytes, header.name) || !TakeText(bytes, header.value)) {
      return Fail(ErrorCode::kCorruptData,
                  "reading a message: its headers are damaged; stop, and restore a backup");
    }
  }
  return headers;
}

}  // namespace herdflow::pipeline
