#include "herdflow/intake/intake.hpp"

#include <fmt/format.h>

#include <utility>

#include "herdflow/core/text.hpp"
#include "herdflow/herd/rules.hpp"

namespace herdflow::intake {
namespace {

using pipeline::Topic;

void WriteKey(const herd::CowFields& fields, std::string& key) { key = fields.id.text; }
void WriteKey(const herd::SensorFields& fields, std::string& key) { key = fields.id.text; }
void WriteKey(const herd::MeasurementFields& fields, std::string& key) {
  key.clear();
  key.reserve(fields.sensor_id.text.size() + 1 + fields.cow_id.text.size());
  herd::WriteMeasurementKey(fields.sensor_id.text, fields.cow_id.text, key);
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

Refused TooLong() {
  return {{{herd::RejectionCode::kTooLong, "",
            fmt::format("the message has more than {} bytes, which is the most of an event",
                        pipeline::kMaxEventBytes)}}};
}

template <class Fields>
std::variant<Taken, Refused> TakeParsed(herd::Parsed<Fields> parsed, std::string_view message,
                                        Instant now) {
  if (auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
    Refused refused;
    refused.reasons.push_back(std::move(*rejection));
    return refused;
  }
  const auto& fields = std::get<Fields>(parsed);
  herd::Precheck precheck = Precheck(fields, now);
  if (!precheck.refused.empty()) return Refused{std::move(precheck.refused)};
  Taken taken;
  WriteKey(fields, taken.event.key);
  taken.event.value = message;
  taken.warnings = std::move(precheck.warnings);
  return taken;
}

}  // namespace

std::variant<Taken, Refused> Intake::Take(Topic topic, std::string_view message,
                                          const RequestId& request, Instant now) {
  message = Trimmed(message);
  if (message.size() > pipeline::kMaxEventBytes) return TooLong();
  auto made = [&] {
    switch (topic) {
      case Topic::kCows:
        return TakeParsed(parser_.Cow(message), message, now);
      case Topic::kSensors:
        return TakeParsed(parser_.Sensor(message), message, now);
      case Topic::kMeasurements:
        break;
    }
    return TakeParsed(parser_.Measurement(message), message, now);
  }();
  if (auto* taken = std::get_if<Taken>(&made)) {
    taken->event.headers.push_back(
        {std::string(kRequestIdHeader), std::string(request.begin(), request.end())});
  }
  return made;
}

void WriteEvent(const herd::CowFields& fields, std::string& key, std::string& value) {
  WriteKey(fields, key);
  value.clear();
  herd::WriteCow(fields, value);
}

void WriteEvent(const herd::SensorFields& fields, std::string& key, std::string& value) {
  WriteKey(fields, key);
  value.clear();
  herd::WriteSensor(fields, value);
}

void WriteEvent(const herd::MeasurementFields& fields, std::string& key, std::string& value) {
  WriteKey(fields, key);
  value.clear();
  herd::WriteMeasurement(fields, value);
}

}  // namespace herdflow::intake
