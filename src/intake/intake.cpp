#include "herdflow/intake/intake.hpp"

#include <fmt/format.h>

#include <utility>

#include "herdflow/core/text.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::intake {
namespace {

using pipeline::Topic;

void WriteKey(const herd::CowFields& fields, std::string_view farm, std::string& key) {
  herd::WriteRecordKey(farm, fields.id.text, key);
}
void WriteKey(const herd::SensorFields& fields, std::string_view farm, std::string& key) {
  herd::WriteRecordKey(farm, fields.id.text, key);
}
void WriteKey(const herd::MeasurementFields& fields, std::string_view farm, std::string& key) {
  herd::WriteMeasurementKey(farm, fields.sensor_id.text, fields.cow_id.text, key);
}
void WriteKey(const herd::FarmFields& fields, std::string_view /*farm*/, std::string& key) {
  key += fields.id.text;
}

const herd::Field& FarmField(const herd::CowFields& fields) { return fields.farm; }
const herd::Field& FarmField(const herd::SensorFields& fields) { return fields.farm; }
const herd::Field& FarmField(const herd::MeasurementFields& fields) { return fields.farm; }
/// A farm's own event is nobody's.
const herd::Field& FarmField(const herd::FarmFields& /*fields*/) {
  static constexpr herd::Field kNone;
  return kNone;
}

herd::Precheck Precheck(const herd::CowFields& fields, Instant now) {
  return herd::PrecheckCow(fields, now);
}
herd::Precheck Precheck(const herd::SensorFields& fields, Instant /*now*/) {
  return herd::PrecheckSensor(fields);
}
herd::Precheck Precheck(const herd::MeasurementFields& fields, Instant now) {
  return herd::PrecheckMeasurement(fields, now);
}
herd::Precheck Precheck(const herd::FarmFields& fields, Instant /*now*/) {
  return herd::PrecheckFarm(fields);
}

Refused TooLong() {
  return {{{herd::RejectionCode::kTooLong, "",
            fmt::format("the message has more than {} bytes, which is the most of an event",
                        pipeline::kMaxEventBytes)}}};
}

/// REQUIRES: an object with a field.
std::string WithFarm(std::string_view message, std::string_view farm) {
  const std::size_t first = message.find('{') + 1;  // A byte order mark may stand before it.
  return fmt::format(R"({}"farm":"{}",{})", message.substr(0, first), farm, message.substr(first));
}

/// Anew, where the message says that it names none.
template <class Fields>
void WriteWithFarm(Fields fields, std::string_view farm, pipeline::Event& event) {
  if constexpr (requires { fields.farm; }) fields.farm = {herd::Field::Kind::kText, farm};
  WriteEvent(fields, event.key, event.value);
}

template <class Fields>
std::variant<Taken, Refused> TakeParsed(herd::Parsed<Fields> parsed, std::string_view message,
                                        const Origin& origin, Instant now) {
  if (auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
    Refused refused;
    refused.reasons.push_back(std::move(*rejection));
    return refused;
  }
  const auto& fields = std::get<Fields>(parsed);
  herd::Precheck precheck = Precheck(fields, now);
  const herd::Field& named = FarmField(fields);
  if (auto rejection = herd::JudgeOtherFarm(named, origin.farm)) {
    precheck.refused.insert(precheck.refused.begin(), *std::move(rejection));
  }
  if (!precheck.refused.empty()) return Refused{std::move(precheck.refused)};
  const bool is_named = !named.IsMissing();
  Taken taken;
  taken.farm = is_named || origin.farm.empty() ? herd::FarmNamed(named) : origin.farm;
  WriteKey(fields, taken.farm, taken.event.key);
  if (is_named || taken.farm == herd::kDefaultFarm) {
    taken.event.value = message;
  } else if (named.kind == herd::Field::Kind::kAbsent) {
    taken.event.value = WithFarm(message, taken.farm);
  } else {
    WriteWithFarm(fields, taken.farm, taken.event);
  }
  if (taken.event.value.size() > pipeline::kMaxEventBytes) return TooLong();
  taken.warnings = std::move(precheck.warnings);
  return taken;
}

void Clear(std::string& key, std::string& value) {
  key.clear();
  value.clear();
}

}  // namespace

std::variant<Taken, Refused> Intake::Take(Topic topic, std::string_view message,
                                          const Origin& origin, Instant now) {
  message = Trimmed(message);
  if (message.size() > pipeline::kMaxEventBytes) return TooLong();
  auto made = [&] {
    switch (topic) {
      case Topic::kCows:
        return TakeParsed(parser_.Cow(message), message, origin, now);
      case Topic::kSensors:
        return TakeParsed(parser_.Sensor(message), message, origin, now);
      case Topic::kFarms:
        return TakeParsed(parser_.Farm(message), message, origin, now);
      case Topic::kMeasurements:
        break;
    }
    return TakeParsed(parser_.Measurement(message), message, origin, now);
  }();
  if (auto* taken = std::get_if<Taken>(&made)) {
    taken->event.headers.push_back(
        {std::string(kRequestIdHeader), std::string(origin.request.begin(), origin.request.end())});
  }
  return made;
}

void WriteEvent(const herd::CowFields& fields, std::string& key, std::string& value) {
  Clear(key, value);
  WriteKey(fields, herd::FarmNamed(fields.farm), key);
  herd::WriteCow(fields, value);
}

void WriteEvent(const herd::SensorFields& fields, std::string& key, std::string& value) {
  Clear(key, value);
  WriteKey(fields, herd::FarmNamed(fields.farm), key);
  herd::WriteSensor(fields, value);
}

void WriteEvent(const herd::MeasurementFields& fields, std::string& key, std::string& value) {
  Clear(key, value);
  WriteKey(fields, herd::FarmNamed(fields.farm), key);
  herd::WriteMeasurement(fields, value);
}

void WriteEvent(const herd::FarmFields& fields, std::string& key, std::string& value) {
  Clear(key, value);
  WriteKey(fields, {}, key);
  herd::WriteFarm(fields, value);
}

}  // namespace herdflow::intake
