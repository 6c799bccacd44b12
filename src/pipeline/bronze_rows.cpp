#include "bronze_rows.hpp"

#include <algorithm>
#include <future>
#include <string>
#include <utility>
#include <variant>

#include "herdflow/core/text_arena.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"

namespace herdflow::pipeline {
namespace {

/// Messages that are parsed at once.
constexpr std::size_t kPiece = 2'000;

/// Fills what every bronze row has.
void FillMessage(const Message& message, std::int64_t version, BronzeMessage& row) {
  row.offset = message.offset;
  row.version = version;
  row.received_at = message.broker_time;
  row.key = message.key;
  row.payload = message.value;
  row.headers = EncodeHeaders(message.headers);
}

/// A message that cannot be parsed has no fields; its payload is kept and judged later.
template <class Fields>
Fields FieldsOf(const herd::Parsed<Fields>& parsed) {
  const Fields* fields = std::get_if<Fields>(&parsed);
  return fields != nullptr ? *fields : Fields{};
}

/// Rows, and the texts of their fields.
struct Measurements {
  std::vector<BronzeMeasurement> rows;
  TextArena texts;

  /// Which the parser forgets.
  void Keep(herd::MeasurementFields& fields) {
    for (herd::Field* field : {&fields.farm, &fields.sensor_id, &fields.cow_id, &fields.timestamp,
                               &fields.value, &fields.deleted}) {
      if (!field->text.empty()) field->text = texts.Keep(field->text);
    }
  }
};

Measurements Parse(herd::MessageParser& parser, std::span<const Message> messages,
                   std::span<const std::int64_t> versions) {
  Measurements parsed;
  parsed.rows.reserve(messages.size());
  std::string scratch;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    BronzeMeasurement& row = parsed.rows.emplace_back();
    FillMessage(messages[i], versions[i], row);
    row.fields = FieldsOf(parser.Measurement(messages[i].value));
    parsed.Keep(row.fields);
    const bool farm_is_good = !herd::JudgeFarmOf(row.fields.farm);
    if (farm_is_good) row.farm = herd::FarmNamed(row.fields.farm);
    row.sensor_id_is_good = farm_is_good && !herd::JudgeId(row.fields.sensor_id, "sensor_id");
    row.cow_id_is_good = farm_is_good && !herd::JudgeId(row.fields.cow_id, "cow_id");
    row.is_canonical = row.sensor_id_is_good && row.cow_id_is_good &&
                       IsCanonical(row.fields, row.key, row.payload, scratch);
  }
  return parsed;
}

}  // namespace

Result<> BronzeRows::Insert(LoadTx& tx, const PartitionClaim& claim) {
  if (claim.partition.topic == Topic::kMeasurements) return InsertMeasurements(tx, claim);
  for (std::size_t i = 0; i < messages_.size(); ++i) HERDFLOW_CHECK(InsertOne(tx, claim, i));
  return {};
}

Result<> BronzeRows::InsertMeasurements(LoadTx& tx, const PartitionClaim& claim) {
  const auto parse = [&](std::size_t from) {
    const std::size_t size = std::min(messages_.size() - from, kPiece);
    // A few are not worth a thread.
    const auto policy = messages_.size() > kPiece ? std::launch::async : std::launch::deferred;
    return std::async(policy, [this, from, size] {
      return Parse(parser_, messages_.subspan(from, size),
                   std::span(versions_).subspan(from, size));
    });
  };
  std::future<Measurements> next = parse(0);
  for (std::size_t from = kPiece; next.valid(); from += kPiece) {
    const Measurements parsed = next.get();
    if (from < messages_.size()) next = parse(from);
    for (const BronzeMeasurement& row : parsed.rows) HERDFLOW_CHECK(tx.Insert(claim, row));
  }
  return {};
}

Result<> BronzeRows::InsertOne(LoadTx& tx, const PartitionClaim& claim, std::size_t i) {
  const auto insert = [&](auto row, auto parsed) {
    FillMessage(messages_[i], versions_[i], row);
    row.fields = FieldsOf(parsed);
    return tx.Insert(claim, row);
  };
  const std::string_view value = messages_[i].value;
  switch (claim.partition.topic) {
    case Topic::kCows:
      return insert(BronzeCow(), parser_.Cow(value));
    case Topic::kSensors:
      return insert(BronzeSensor(), parser_.Sensor(value));
    case Topic::kFarms:
      return insert(BronzeFarm(), parser_.Farm(value));
    case Topic::kMeasurements:
      break;
  }
  return {};
}

}  // namespace herdflow::pipeline
