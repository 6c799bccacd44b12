// A message of any topic, as it stands in the log: read, written again, judged.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <variant>

#include "fuzz.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"

namespace herdflow::fuzz {
namespace {

using herd::Field;
using herd::MessageParser;

constexpr Instant kReceived = FromMicros(1'717'243'200'000'000);  // 2024-06-01T12:00:00Z

bool Same(const Field& a, const Field& b) { return a.kind == b.kind && a.text == b.text; }
auto FieldsOf(const herd::MeasurementFields& m) {
  return std::array{m.farm, m.sensor_id, m.cow_id, m.timestamp, m.value, m.deleted};
}
auto FieldsOf(const herd::CowFields& c) {
  return std::array{c.farm, c.id, c.name, c.birthdate, c.deleted};
}
auto FieldsOf(const herd::SensorFields& s) {
  return std::array{s.farm, s.id, s.unit, s.kind, s.deleted};
}
auto FieldsOf(const herd::FarmFields& f) {
  return std::array{f.id,           f.name,         f.time_zone,    f.litre_min, f.litre_max,
                    f.kilogram_min, f.kilogram_max, f.milk_density, f.deleted};
}

template <class Judged>
void RequireReason(const Judged& judged) {
  const auto* rejection = std::get_if<herd::Rejection>(&judged);
  Require(rejection == nullptr || !rejection->reason.empty(), "a refused message says why");
}

/// Keeps the law `read ∘ write = same`, and gives what was read.
template <class Fields>
herd::Parsed<Fields> ReadTwice(MessageParser& parser, MessageParser& second, std::string_view json,
                               herd::Parsed<Fields> (MessageParser::*read)(std::string_view),
                               void (*write)(const Fields&, std::string&)) {
  auto parsed = (parser.*read)(json);
  RequireReason(parsed);
  if (!std::holds_alternative<Fields>(parsed)) return parsed;
  std::string canonical;
  write(std::get<Fields>(parsed), canonical);
  const auto again = (second.*read)(canonical);
  Require(std::holds_alternative<Fields>(again), "what is written can be read");
  const auto first = FieldsOf(std::get<Fields>(parsed));
  const auto other = FieldsOf(std::get<Fields>(again));
  Require(std::equal(first.begin(), first.end(), other.begin(), Same),
          "what is written reads as the same");
  std::string twice;
  write(std::get<Fields>(again), twice);
  Require(twice == canonical, "what is canonical stays as it is");
  return parsed;
}

/// What HTTP refuses at once no later step accepts.
template <class Judged>
void RequireAgreement(const herd::Precheck& precheck, const Judged& judged) {
  RequireReason(judged);
  Require(precheck.refused.empty() || std::holds_alternative<herd::Rejection>(judged),
          "what is refused at the door is no good message");
}

void JudgeMeasurement(const herd::MeasurementFields& fields) {
  const herd::Bounds bounds;
  const auto precheck = herd::PrecheckMeasurement(fields, kReceived);
  for (const std::optional<herd::Measure>& measure :
       {std::optional<herd::Measure>(), std::optional(herd::MeasureOf("L", "")),
        std::optional(herd::MeasureOf("gal", "")), std::optional(herd::MeasureOf("kg", "")),
        std::optional(herd::MeasureOf("lb", "milk")), std::optional(herd::Measure{})}) {
    const auto judged = herd::JudgeReading(fields, kReceived, measure, bounds);
    RequireAgreement(precheck, judged);
    const auto* reading = std::get_if<herd::Reading>(&judged);
    if (reading == nullptr) continue;
    Require(reading->value_millionths >= 0, "no accepted value is negative");
    Require(reading->value_millionths <= herd::kLargestValueMillionths, "sums do not overflow");
    Require(reading->at <= kReceived + std::chrono::minutes(5), "no reading is of the future");
  }
}

void PackAndUnpack(const herd::MeasurementFields& fields, std::string_view payload) {
  std::string key;
  std::string scratch;
  herd::WriteMeasurementKey(herd::FarmNamed(fields.farm), fields.sensor_id.text, fields.cow_id.text,
                            key);
  if (!pipeline::IsCanonical(fields, key, payload, scratch)) return;
  herd::MeasurementFields unpacked = fields;
  unpacked.timestamp.kind = unpacked.value.kind = unpacked.deleted.kind = Field::Kind::kAbsent;
  pipeline::UnpackKinds(pipeline::PackKinds(fields), unpacked);
  std::string made;
  herd::WriteMeasurement(unpacked, made);
  Require(made == payload, "bronze gives a canonical message back to the byte");
}

}  // namespace
}  // namespace herdflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herdflow;
  using namespace herdflow::fuzz;
  static MessageParser parser;  // As in the program: buffers that saw other messages before.
  static MessageParser second;
  const std::string_view json = Text(data, size);

  const auto measurement = ReadTwice<herd::MeasurementFields>(
      parser, second, json, &MessageParser::Measurement, herd::WriteMeasurement);
  if (const auto* fields = std::get_if<herd::MeasurementFields>(&measurement)) {
    JudgeMeasurement(*fields);
    PackAndUnpack(*fields, json);
  }
  const auto cow =
      ReadTwice<herd::CowFields>(parser, second, json, &MessageParser::Cow, herd::WriteCow);
  if (const auto* fields = std::get_if<herd::CowFields>(&cow)) {
    RequireAgreement(herd::PrecheckCow(*fields, kReceived), herd::JudgeCow(*fields, kReceived));
  }
  const auto sensor = ReadTwice<herd::SensorFields>(parser, second, json, &MessageParser::Sensor,
                                                    herd::WriteSensor);
  if (const auto* fields = std::get_if<herd::SensorFields>(&sensor)) {
    RequireAgreement(herd::PrecheckSensor(*fields), herd::JudgeSensor(*fields));
  }
  const auto farm =
      ReadTwice<herd::FarmFields>(parser, second, json, &MessageParser::Farm, herd::WriteFarm);
  if (const auto* fields = std::get_if<herd::FarmFields>(&farm)) {
    RequireAgreement(herd::PrecheckFarm(*fields), herd::JudgeFarm(*fields));
  }
  RequireReason(parser.Notification(json));
  return 0;
}
