#include <charconv>
#include <cstdint>
#include <utility>

#include "chunks.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/gold_rows.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "steps.hpp"

namespace herdflow::pipeline {
namespace {

constexpr std::size_t kChunk = 5'000;

QuarantineEntry Refused(const UnjudgedRecord& record, herd::Rejection rejection) {
  QuarantineEntry entry;
  entry.lineage = record.lineage;
  entry.received_at = record.received_at;
  entry.rejection = std::move(rejection);
  entry.original = ReplaceBadUtf8(record.payload);
  return entry;
}

/// The farm of a cow's or a sensor's message; nothing: it is in quarantine for that.
template <class Fields>
Result<std::optional<FarmRef>> FarmOf(HerdBookTx& tx, herd::Parsed<Fields>& parsed,
                                      const UnjudgedRecord& record) {
  auto* fields = std::get_if<Fields>(&parsed);
  if (fields != nullptr && record.before_farms) fields->farm = {};
  const auto malformed = fields != nullptr ? herd::JudgeFarmOf(fields->farm)
                                           : std::optional(std::get<herd::Rejection>(parsed));
  if (!malformed) {
    HERDFLOW_ASSIGN(const FarmRef farm, tx.RefOfFarm(herd::FarmNamed(fields->farm)));
    return std::optional(farm);
  }
  const QuarantineEntry entry = Refused(record, *malformed);
  HERDFLOW_CHECK(tx.Quarantine(std::span(&entry, 1)));
  return std::optional<FarmRef>();
}

/// Judges one cow's message: gold, or quarantine.
Result<> JudgeCow(HerdBookTx& tx, herd::MessageParser& parser, const UnjudgedRecord& record) {
  auto parsed = parser.Cow(record.payload);
  HERDFLOW_ASSIGN(const auto farm, FarmOf(tx, parsed, record));
  if (!farm) return {};
  const auto& fields = std::get<herd::CowFields>(parsed);
  HERDFLOW_ASSIGN(const bool known, tx.IsKnown(*farm));
  auto verdict = known ? herd::JudgeCow(fields, record.received_at)
                       : herd::UnknownFarm(herd::FarmNamed(fields.farm));
  if (const auto* cow = std::get_if<herd::Cow>(&verdict)) {
    HERDFLOW_ASSIGN(const CowRef ref, tx.RefOfCow(*farm, cow->id));
    return tx.Merge(ToGold(*cow, ref, record.lineage, record.received_at));
  }
  QuarantineEntry entry = Refused(record, std::move(std::get<herd::Rejection>(verdict)));
  entry.farm = farm;
  if (!herd::JudgeId(fields.id, "id")) {
    HERDFLOW_ASSIGN(entry.cow, tx.RefOfCow(*farm, fields.id.text));
  }
  return tx.Quarantine(std::span(&entry, 1));
}

Result<> JudgeSensor(HerdBookTx& tx, herd::MessageParser& parser, const UnjudgedRecord& record) {
  auto parsed = parser.Sensor(record.payload);
  HERDFLOW_ASSIGN(const auto farm, FarmOf(tx, parsed, record));
  if (!farm) return {};
  const auto& fields = std::get<herd::SensorFields>(parsed);
  HERDFLOW_ASSIGN(const bool known, tx.IsKnown(*farm));
  auto verdict =
      known ? herd::JudgeSensor(fields) : herd::UnknownFarm(herd::FarmNamed(fields.farm));
  if (const auto* sensor = std::get_if<herd::Sensor>(&verdict)) {
    HERDFLOW_ASSIGN(const SensorRef ref, tx.RefOfSensor(*farm, sensor->id));
    return tx.Merge(ToGold(*sensor, ref, record.lineage, record.received_at));
  }
  QuarantineEntry entry = Refused(record, std::move(std::get<herd::Rejection>(verdict)));
  entry.farm = farm;
  if (!herd::JudgeId(fields.id, "id")) {
    HERDFLOW_ASSIGN(entry.sensor, tx.RefOfSensor(*farm, fields.id.text));
  }
  return tx.Quarantine(std::span(&entry, 1));
}

Result<> JudgeFarm(HerdBookTx& tx, herd::MessageParser& parser, const UnjudgedRecord& record) {
  const auto parsed = parser.Farm(record.payload);
  const auto* fields = std::get_if<herd::FarmFields>(&parsed);
  auto verdict = fields != nullptr ? herd::JudgeFarm(*fields) : std::get<herd::Rejection>(parsed);
  if (const auto* farm = std::get_if<herd::Farm>(&verdict)) {
    HERDFLOW_ASSIGN(const FarmRef ref, tx.RefOfFarm(farm->id));
    return tx.Merge(ToGold(*farm, ref, record.lineage, record.received_at));
  }
  QuarantineEntry entry = Refused(record, std::move(std::get<herd::Rejection>(verdict)));
  if (fields != nullptr && !herd::JudgeFarmId(fields->id, "id")) {
    HERDFLOW_ASSIGN(entry.farm, tx.RefOfFarm(fields->id.text));
  }
  return tx.Quarantine(std::span(&entry, 1));
}

Result<> JudgeRecord(HerdBookTx& tx, Topic topic, herd::MessageParser& parser,
                     const UnjudgedRecord& record) {
  switch (topic) {
    case Topic::kCows:
      return JudgeCow(tx, parser, record);
    case Topic::kSensors:
      return JudgeSensor(tx, parser, record);
    case Topic::kFarms:
      return JudgeFarm(tx, parser, record);
    case Topic::kMeasurements:
      break;
  }
  return Fail(ErrorCode::kInternal, "the herd book has no {}", Name(topic));
}

/// Runs the pipeline of the topic over what is new of its topic.
Result<std::int64_t> JudgeTopic(LayerStore& store, Topic topic, const std::stop_token& stop,
                                const StepProgress& progress) {
  return RunChunks(Name(topic), stop, progress, [&] { return JudgeChunk(store, topic); });
}

}  // namespace

CowNameParts SplitCowName(std::string_view name) {
  const std::size_t mark = name.rfind(" #");
  if (mark == std::string_view::npos || mark == 0) return {name, std::nullopt};
  const std::string_view digits = name.substr(mark + 2);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || number < 0 || number > kLargestCowNumber) return {name, std::nullopt};
  return {name.substr(0, mark), number};
}

std::string LongestNumberedName(std::string_view name) {
  if (SplitCowName(name).number) return std::string(name);
  return fmt::format("{} #{}", name, kLargestCowNumber);
}

Result<std::size_t> JudgeRecords(HerdBookTx& tx, Topic topic) {
  herd::MessageParser parser;
  HERDFLOW_ASSIGN(const auto records, tx.ReadBronze(topic, kChunk));
  for (const UnjudgedRecord& record : records) {
    HERDFLOW_CHECK(JudgeRecord(tx, topic, parser, record));
  }
  return records.size();
}

Result<std::size_t> JudgeChunk(LayerStore& store, Topic topic) {
  HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
  HERDFLOW_ASSIGN(const bool anew, tx->BeginAnew(topic));
  std::size_t judged = 0;
  std::size_t more = 0;
  do {
    HERDFLOW_ASSIGN(more, JudgeRecords(*tx, topic));
    judged += more;
  } while (anew && more != 0);
  HERDFLOW_CHECK(tx->Commit());
  return judged;
}

Result<std::int64_t> JudgeCows(LayerStore& store, const std::stop_token& stop,
                               const StepProgress& progress) {
  return JudgeTopic(store, Topic::kCows, stop, progress);
}

Result<std::int64_t> JudgeSensors(LayerStore& store, const std::stop_token& stop,
                                  const StepProgress& progress) {
  return JudgeTopic(store, Topic::kSensors, stop, progress);
}

Result<std::int64_t> JudgeFarms(LayerStore& store, const std::stop_token& stop,
                                const StepProgress& progress) {
  return JudgeTopic(store, Topic::kFarms, stop, progress);
}

}  // namespace herdflow::pipeline
