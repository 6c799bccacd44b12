#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "herdflow/herd/rejection.hpp"

namespace herdflow::herd {

/// One field of a message as it was sent.
struct Field {
  enum class Kind : std::uint8_t { kAbsent, kNull, kText, kNumber, kTrue, kFalse, kOther };

  Kind kind = Kind::kAbsent;
  /// kText: the unescaped text. kNumber: the token as it stood in the JSON. kOther (an object or an
  /// array): its JSON. Else empty. Belongs to whoever made the field (see MessageParser).
  std::string_view text;

  /// Absent, null, or one of the words for a missing value: "", "None", "nan".
  [[nodiscard]] bool IsMissing() const;
};

/// The fields of the topics' messages (the Parquet files' columns, `farm` and `deleted`).
struct MeasurementFields {
  Field farm = {};
  Field sensor_id, cow_id, timestamp, value, deleted;
};
struct CowFields {
  Field farm = {};
  Field id, name, birthdate, deleted;
};
struct SensorFields {
  Field farm = {};
  Field id, unit, kind, deleted;
};
struct FarmFields {
  Field id, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max, milk_density,
      deleted;
};
/// Of what another scheduler tells about a pipeline: no topic's message.
struct NotificationFields {
  Field pipeline, task, event, message, url;
};

template <class Fields>
using Parsed = std::variant<Fields, Rejection>;

/// Reads messages' JSON. Keeps its buffers from one message to the next.
///
/// Lifetime: the texts of a parsed message live until the parser reads the next one or ends.
/// Threads: one at a time.
/// Rejections: `missing` (no bytes at all), `bad_utf8` (some byte is not UTF-8, whatever else is
/// wrong), `bad_json` (not RFC 8259, no object, nested deeper than 64 levels, half a surrogate
/// pair, or one of the struct's fields given twice). A byte order mark is skipped. Unknown fields
/// must be JSON too but are ignored: the exact bytes stay in bronze. Allocates nothing once it has
/// seen a message as long as the longest. Throws std::bad_alloc alone.
class MessageParser {
 public:
  MessageParser();
  ~MessageParser();
  MessageParser(MessageParser&&) noexcept;
  MessageParser& operator=(MessageParser&&) noexcept;

  [[nodiscard]] Parsed<MeasurementFields> Measurement(std::string_view json);
  [[nodiscard]] Parsed<CowFields> Cow(std::string_view json);
  [[nodiscard]] Parsed<SensorFields> Sensor(std::string_view json);
  [[nodiscard]] Parsed<FarmFields> Farm(std::string_view json);
  [[nodiscard]] Parsed<NotificationFields> Notification(std::string_view json);

 private:
  struct Buffers;
  std::unique_ptr<Buffers> buffers_;
};

/// Append the one JSON text of given fields: what `seed` and the HTTP API write to the log.
/// Compact, absent fields left out, in the order of the struct; only what must be escaped is.
/// kNumber and kOther are written as their text. `Write…(Parse(x)) == x` for every x that they
/// wrote.
///
/// REQUIRES: texts are UTF-8, the text of a kNumber or kOther is JSON.
void WriteMeasurement(const MeasurementFields& fields, std::string& out);
void WriteCow(const CowFields& fields, std::string& out);
void WriteSensor(const SensorFields& fields, std::string& out);
void WriteFarm(const FarmFields& fields, std::string& out);

/// Append the message key of a cow or a sensor: `<id>`, and before it `<farm>/`, but for `default`.
void WriteRecordKey(std::string_view farm, std::string_view id, std::string& out);
/// Append the message key of a measurement: `<sensor_id>_<cow_id>`, and before it `<farm>/`, but
/// for `default`.
void WriteMeasurementKey(std::string_view farm, std::string_view sensor_id, std::string_view cow_id,
                         std::string& out);

/// The shortest decimal text that reads back as the same double; never with an exponent for
/// magnitudes from 1e-6 to 1e21; a JSON number. `1594425600` for 1594425600.0. REQUIRES: finite.
[[nodiscard]] std::string ShortestDecimal(double number);

}  // namespace herdflow::herd
