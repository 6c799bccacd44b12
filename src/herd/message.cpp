#include "herdflow/herd/message.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>

#include "herdflow/core/text.hpp"
#include "herdflow/herd/farm.hpp"

namespace herdflow::herd {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr int kDeepestNesting = 64;

template <class Fields>
struct Slot {
  std::string_view name;
  Field Fields::*field;
};

/// The fields of a topic's messages, in the order in which they are written.
constexpr std::array kMeasurementSlots = {
    Slot<MeasurementFields>{"farm", &MeasurementFields::farm},
    Slot<MeasurementFields>{"sensor_id", &MeasurementFields::sensor_id},
    Slot<MeasurementFields>{"cow_id", &MeasurementFields::cow_id},
    Slot<MeasurementFields>{"timestamp", &MeasurementFields::timestamp},
    Slot<MeasurementFields>{"value", &MeasurementFields::value},
    Slot<MeasurementFields>{"deleted", &MeasurementFields::deleted},
};
constexpr std::array kCowSlots = {
    Slot<CowFields>{"farm", &CowFields::farm},
    Slot<CowFields>{"id", &CowFields::id},
    Slot<CowFields>{"name", &CowFields::name},
    Slot<CowFields>{"birthdate", &CowFields::birthdate},
    Slot<CowFields>{"deleted", &CowFields::deleted},
};
constexpr std::array kSensorSlots = {
    Slot<SensorFields>{"farm", &SensorFields::farm},
    Slot<SensorFields>{"id", &SensorFields::id},
    Slot<SensorFields>{"unit", &SensorFields::unit},
    Slot<SensorFields>{"kind", &SensorFields::kind},
    Slot<SensorFields>{"deleted", &SensorFields::deleted},
};

constexpr std::array kFarmSlots = {
    Slot<FarmFields>{"id", &FarmFields::id},
    Slot<FarmFields>{"name", &FarmFields::name},
    Slot<FarmFields>{"time_zone", &FarmFields::time_zone},
    Slot<FarmFields>{"litre_min", &FarmFields::litre_min},
    Slot<FarmFields>{"litre_max", &FarmFields::litre_max},
    Slot<FarmFields>{"kilogram_min", &FarmFields::kilogram_min},
    Slot<FarmFields>{"kilogram_max", &FarmFields::kilogram_max},
    Slot<FarmFields>{"milk_density", &FarmFields::milk_density},
    Slot<FarmFields>{"deleted", &FarmFields::deleted},
};

constexpr std::array kNotificationSlots = {
    Slot<NotificationFields>{"pipeline", &NotificationFields::pipeline},
    Slot<NotificationFields>{"task", &NotificationFields::task},
    Slot<NotificationFields>{"event", &NotificationFields::event},
    Slot<NotificationFields>{"message", &NotificationFields::message},
    Slot<NotificationFields>{"url", &NotificationFields::url},
};

/// What is wrong with a document, as the end of a sentence; empty if nothing is.
using Fault = std::string_view;

/// Out of memory is no property of the message: it must never end in quarantine.
Fault FaultOf(simdjson::error_code error) {
  if (error == simdjson::SUCCESS) return {};
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  switch (error) {
    case simdjson::CAPACITY:
      return "it is larger than 4 GB";
    case simdjson::EMPTY:
      return "it holds nothing but blanks";
    case simdjson::UNCLOSED_STRING:
      return "a text in it does not end";
    case simdjson::UNESCAPED_CHARS:
      return "a text in it holds a control character that is not escaped";
    case simdjson::STRING_ERROR:
      return "a text in it holds an escape that does not exist or half a surrogate pair";
    case simdjson::INCORRECT_TYPE:
      return "it is not an object";
    default:  // simdjson's enumeration, which grows with its versions.
      return "a value, a comma, a colon or a bracket is missing or wrong";
  }
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// RFC 8259's number.
bool IsJsonNumber(std::string_view token) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t first = at;
    while (at < token.size() && IsDigit(token[at])) ++at;
    return at - first;
  };
  if (token.starts_with('-')) ++at;
  const bool leading_zero = at < token.size() && token[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == token.size();
}

std::string_view TrimmedToken(std::string_view token) {
  return token.substr(0, token.find_last_not_of(" \t\n\r") + 1);
}

Fault ReadValue(ondemand::value value, Field& field, int depth);

/// Walks through a nested object or array only to know that it is JSON.
template <class Container>
Fault ReadNested(Container container, Field& field, int depth) {
  if (depth == kDeepestNesting) return "it is nested deeper than 64 levels";
  if (depth == 1) {  // Only a message's own field is kept, and this looks at every byte of it.
    std::string_view text;
    if (const auto error = container.raw_json().get(text)) return FaultOf(error);
    field = {Field::Kind::kOther, TrimmedToken(text)};
    if (const auto error = container.reset().error()) return FaultOf(error);
  }
  Field ignored;
  for (auto item : container) {
    ondemand::value value;
    if constexpr (std::is_same_v<Container, ondemand::object>) {
      ondemand::field member;
      std::string_view key;
      if (const auto error = std::move(item).get(member)) return FaultOf(error);
      if (const auto error = member.unescaped_key().get(key)) return FaultOf(error);
      value = member.value();
    } else {
      if (const auto error = std::move(item).get(value)) return FaultOf(error);
    }
    if (const Fault fault = ReadValue(value, ignored, depth + 1); !fault.empty()) return fault;
  }
  return {};
}

/// Reads the value whole, since simdjson looks only at what it is asked for.
Fault ReadValue(ondemand::value value, Field& field, int depth) {
  const std::string_view token = TrimmedToken(value.raw_json_token());
  switch (token.empty() ? '\0' : token.front()) {
    case '"':
      field.kind = Field::Kind::kText;
      return FaultOf(value.get_string().get(field.text));
    case '{': {
      ondemand::object object;
      if (const auto error = value.get_object().get(object)) return FaultOf(error);
      return ReadNested(object, field, depth);
    }
    case '[': {
      ondemand::array array;
      if (const auto error = value.get_array().get(array)) return FaultOf(error);
      return ReadNested(array, field, depth);
    }
    default:
      break;
  }
  if (IsJsonNumber(token)) {
    field = {Field::Kind::kNumber, token};
  } else if (token == "null") {
    field.kind = Field::Kind::kNull;
  } else if (token == "true") {
    field.kind = Field::Kind::kTrue;
  } else if (token == "false") {
    field.kind = Field::Kind::kFalse;
  } else {
    return "a value in it is no text, number, true, false, null, object or array";
  }
  return {};
}

template <class Fields, std::size_t kCount>
Field* FieldNamed(std::string_view name, Fields& fields,
                  const std::array<Slot<Fields>, kCount>& slots) {
  // Whoever turns a CSV file of a spreadsheet into JSON has its byte order mark before a name.
  const std::string_view bare = WithoutByteOrderMark(name);
  for (const auto& slot : slots) {
    if (slot.name == bare) return &(fields.*slot.field);
  }
  return nullptr;
}

template <class Fields, std::size_t kCount>
Fault ReadObject(ondemand::document& document, Fields& fields,
                 const std::array<Slot<Fields>, kCount>& slots) {
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return FaultOf(error);
  for (auto item : object) {
    ondemand::field member;
    std::string_view key;
    if (const auto error = std::move(item).get(member)) return FaultOf(error);
    if (const auto error = member.unescaped_key().get(key)) return FaultOf(error);
    Field ignored;
    Field* field = FieldNamed(key, fields, slots);
    if (field == nullptr) field = &ignored;
    if (field->kind != Field::Kind::kAbsent) return "a field is given twice";
    if (const Fault fault = ReadValue(member.value(), *field, 1); !fault.empty()) return fault;
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return "something follows the object";
  }
  return {};
}

void AppendEscape(char c, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '\\';
  switch (c) {
    case '"':
    case '\\':
      out += c;
      return;
    case '\b':
      out += 'b';
      return;
    case '\f':
      out += 'f';
      return;
    case '\n':
      out += 'n';
      return;
    case '\r':
      out += 'r';
      return;
    case '\t':
      out += 't';
      return;
    default:
      out += "u00";
      out += kHex[(static_cast<unsigned char>(c) >> 4) & 0xF];
      out += kHex[static_cast<unsigned char>(c) & 0xF];
  }
}

void AppendText(std::string_view text, std::string& out) {
  out += '"';
  std::size_t written = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(written, at - written);
    AppendEscape(c, out);
    written = at + 1;
  }
  out += text.substr(written);
  out += '"';
}

void AppendValue(const Field& field, std::string& out) {
  switch (field.kind) {
    case Field::Kind::kAbsent:
      return;
    case Field::Kind::kNull:
      out += "null";
      return;
    case Field::Kind::kText:
      AppendText(field.text, out);
      return;
    case Field::Kind::kNumber:
    case Field::Kind::kOther:
      out += field.text;
      return;
    case Field::Kind::kTrue:
      out += "true";
      return;
    case Field::Kind::kFalse:
      out += "false";
      return;
  }
}

template <class Fields, std::size_t kCount>
void Write(const Fields& fields, const std::array<Slot<Fields>, kCount>& slots, std::string& out) {
  char before = '{';
  for (const auto& slot : slots) {
    const Field& field = fields.*slot.field;
    if (field.kind == Field::Kind::kAbsent) continue;
    out += before;
    out += '"';
    out += slot.name;
    out += "\":";
    AppendValue(field, out);
    before = ',';
  }
  if (before == '{') out += '{';
  out += '}';
}

}  // namespace

bool Field::IsMissing() const {
  return kind == Kind::kAbsent || kind == Kind::kNull ||
         (kind == Kind::kText && (text.empty() || text == "None" || text == "nan"));
}

/// simdjson's parser owns the unescaped texts; the padded copy of the message owns the tokens.
struct MessageParser::Buffers {
  ondemand::parser parser;
  std::string padded;

  template <class Fields, std::size_t kCount>
  Parsed<Fields> Parse(std::string_view json, const std::array<Slot<Fields>, kCount>& slots);
};

template <class Fields, std::size_t kCount>
Parsed<Fields> MessageParser::Buffers::Parse(std::string_view json,
                                             const std::array<Slot<Fields>, kCount>& slots) {
  if (json.empty()) return Rejection{RejectionCode::kMissing, "", "the message has no value"};
  // Versions of simdjson differ about a byte order mark: it is skipped here, once.
  const std::string_view body = WithoutByteOrderMark(json);

  if (padded.size() < body.size() + simdjson::SIMDJSON_PADDING) {
    padded.resize(body.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(padded.data(), body.data(), body.size());
  std::memset(padded.data() + body.size(), ' ', simdjson::SIMDJSON_PADDING);

  Fields fields;
  ondemand::document document;
  Fault fault = "a second byte order mark follows the first";
  if (!body.starts_with(kByteOrderMark)) {
    fault = FaultOf(parser.iterate(padded.data(), body.size(), padded.size()).get(document));
  }
  if (fault.empty()) fault = ReadObject(document, fields, slots);
  if (fault.empty()) return fields;
  if (!simdjson::validate_utf8(json)) {
    return Rejection{RejectionCode::kBadUtf8, "", "the message is not UTF-8"};
  }
  return Rejection{RejectionCode::kBadJson, "",
                   "the message is not one JSON object: " + std::string(fault)};
}

MessageParser::MessageParser() : buffers_(std::make_unique<Buffers>()) {}
MessageParser::~MessageParser() = default;
MessageParser::MessageParser(MessageParser&&) noexcept = default;
MessageParser& MessageParser::operator=(MessageParser&&) noexcept = default;

Parsed<MeasurementFields> MessageParser::Measurement(std::string_view json) {
  return buffers_->Parse(json, kMeasurementSlots);
}
Parsed<CowFields> MessageParser::Cow(std::string_view json) {
  return buffers_->Parse(json, kCowSlots);
}
Parsed<SensorFields> MessageParser::Sensor(std::string_view json) {
  return buffers_->Parse(json, kSensorSlots);
}
Parsed<FarmFields> MessageParser::Farm(std::string_view json) {
  return buffers_->Parse(json, kFarmSlots);
}
Parsed<NotificationFields> MessageParser::Notification(std::string_view json) {
  return buffers_->Parse(json, kNotificationSlots);
}

void WriteMeasurement(const MeasurementFields& fields, std::string& out) {
  Write(fields, kMeasurementSlots, out);
}
void WriteCow(const CowFields& fields, std::string& out) { Write(fields, kCowSlots, out); }
void WriteSensor(const SensorFields& fields, std::string& out) { Write(fields, kSensorSlots, out); }

void WriteFarm(const FarmFields& fields, std::string& out) { Write(fields, kFarmSlots, out); }

void WriteRecordKey(std::string_view farm, std::string_view id, std::string& out) {
  if (farm != kDefaultFarm) {
    out += farm;
    out += '/';
  }
  out += id;
}

void WriteMeasurementKey(std::string_view farm, std::string_view sensor_id, std::string_view cow_id,
                         std::string& out) {
  WriteRecordKey(farm, sensor_id, out);
  out += '_';
  out += cow_id;
}

std::string ShortestDecimal(double number) {
  const double magnitude = std::fabs(number);
  const bool fixed = number == 0 || (magnitude >= 1e-6 && magnitude <= 1e21);
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  return {text.data(), end.ptr};
}

}  // namespace herdflow::herd
