#include "herdflow/pipeline/bronze_codec.hpp"

#include <fmt/format.h>

#include "herdflow/herd/farm.hpp"

namespace herdflow::pipeline {
namespace {

using Kind = herd::Field::Kind;
constexpr int kBitsPerKind = 3;
constexpr std::int64_t kKindMask = (1 << kBitsPerKind) - 1;

bool HasText(Kind kind) {
  return kind == Kind::kText || kind == Kind::kNumber || kind == Kind::kOther;
}

}  // namespace

std::int64_t PackKinds(const herd::MeasurementFields& fields) {
  std::int64_t packed = 0;
  for (const auto kind : {fields.deleted.kind, fields.value.kind, fields.timestamp.kind}) {
    packed = (packed << kBitsPerKind) | static_cast<std::int64_t>(kind);
  }
  return packed;
}

void UnpackKinds(std::int64_t packed, herd::MeasurementFields& fields) {
  for (herd::Field* field : {&fields.timestamp, &fields.value, &fields.deleted}) {
    field->kind = static_cast<Kind>(packed & kKindMask);
    if (!HasText(field->kind)) field->text = {};
    packed >>= kBitsPerKind;
  }
}

bool IsCanonical(const herd::MeasurementFields& fields, std::string_view key,
                 std::string_view payload, std::string& scratch) {
  if (fields.sensor_id.kind != Kind::kText || fields.cow_id.kind != Kind::kText) return false;
  std::string_view farm = herd::kDefaultFarm;
  if (fields.farm.kind != Kind::kAbsent) {
    if (fields.farm.kind != Kind::kText || herd::FarmNamed(fields.farm) == farm) return false;
    farm = fields.farm.text;
  }
  scratch.clear();
  herd::WriteMeasurementKey(farm, fields.sensor_id.text, fields.cow_id.text, scratch);
  if (scratch != key) return false;
  scratch.clear();
  herd::WriteMeasurement(fields, scratch);
  return scratch == payload;
}

MessageHash HashOf(std::string_view key, std::string_view value) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kPrime = (Wide{1} << 88) | 0x13B;
  Wide hash = (Wide{0x6C62272E07BB0142} << 64) | 0x62B821756295C58D;
  const auto add = [&hash](std::string_view bytes) {
    for (const char byte : bytes) {
      hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
    }
  };
  add(fmt::format("{} ", key.size()));
  add(key);
  add(value);
  MessageHash bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(hash >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

}  // namespace herdflow::pipeline
