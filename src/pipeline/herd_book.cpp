#include "herdflow/pipeline/herd_book.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <future>
#include <random>
#include <thread>
#include <utility>

#include "chunks.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/herd/message.hpp"
#include "herdflow/herd/rules.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

constexpr std::size_t kChunk = 5'000;
/// How long the API waits for the cow pipeline, and for the log.
constexpr std::chrono::milliseconds kPatience{3'000};
constexpr std::chrono::milliseconds kPause{20};

QuarantineEntry Refused(const UnjudgedRecord& record, herd::Rejection rejection) {
  QuarantineEntry entry;
  entry.lineage = record.lineage;
  entry.received_at = record.received_at;
  entry.rejection = std::move(rejection);
  entry.original = ReplaceBadUtf8(record.payload);
  return entry;
}

GoldCow ToGold(const herd::Cow& cow, CowRef ref, const Lineage& lineage, Instant received_at) {
  GoldCow gold;
  gold.cow = ref;
  gold.name = cow.name;
  gold.birthdate = cow.birthdate;
  if (cow.retired) gold.retired_at = received_at;
  gold.lineage = lineage;
  gold.created_at = received_at;
  gold.updated_at = received_at;
  return gold;
}

/// Judges one cow's message: gold, or quarantine.
Result<> JudgeCow(HerdBookTx& tx, herd::MessageParser& parser, const UnjudgedRecord& record) {
  const auto parsed = parser.Cow(record.payload);
  const auto* fields = std::get_if<herd::CowFields>(&parsed);
  auto verdict = fields != nullptr
                     ? herd::JudgeCow(*fields, record.received_at)
                     : std::variant<herd::Cow, herd::Rejection>(std::get<herd::Rejection>(parsed));
  if (const auto* cow = std::get_if<herd::Cow>(&verdict)) {
    HERDFLOW_ASSIGN(const CowRef ref, tx.RefOfCow(cow->id));
    return tx.Merge(ToGold(*cow, ref, record.lineage, record.received_at));
  }
  QuarantineEntry entry = Refused(record, std::move(std::get<herd::Rejection>(verdict)));
  if (fields != nullptr && !herd::JudgeId(fields->id, "id")) {
    HERDFLOW_ASSIGN(entry.cow, tx.RefOfCow(fields->id.text));
  }
  return tx.Quarantine(std::span(&entry, 1));
}

Result<> JudgeSensor(HerdBookTx& tx, herd::MessageParser& parser, const UnjudgedRecord& record) {
  const auto parsed = parser.Sensor(record.payload);
  const auto* fields = std::get_if<herd::SensorFields>(&parsed);
  auto verdict =
      fields != nullptr
          ? herd::JudgeSensor(*fields)
          : std::variant<herd::Sensor, herd::Rejection>(std::get<herd::Rejection>(parsed));
  if (const auto* sensor = std::get_if<herd::Sensor>(&verdict)) {
    HERDFLOW_ASSIGN(const SensorRef ref, tx.RefOfSensor(sensor->id));
    GoldSensor gold;
    gold.sensor = ref;
    gold.unit = sensor->unit;
    if (sensor->retired) gold.retired_at = record.received_at;
    gold.lineage = record.lineage;
    gold.created_at = record.received_at;
    gold.updated_at = record.received_at;
    return tx.Merge(gold);
  }
  QuarantineEntry entry = Refused(record, std::move(std::get<herd::Rejection>(verdict)));
  if (fields != nullptr && !herd::JudgeId(fields->id, "id")) {
    HERDFLOW_ASSIGN(entry.sensor, tx.RefOfSensor(fields->id.text));
  }
  return tx.Quarantine(std::span(&entry, 1));
}

/// Runs one of the two pipelines over what is new of its topic.
template <class Judge>
Result<std::int64_t> JudgeTopic(LayerStore& store, Topic topic, const StopRequested& stop,
                                const StepProgress& progress, Judge judge) {
  herd::MessageParser parser;
  return RunChunks(Name(topic), stop, progress, [&]() -> Result<std::size_t> {
    HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
    HERDFLOW_ASSIGN(const bool anew, tx->BeginAnew(topic));
    std::size_t judged = 0;
    do {
      HERDFLOW_ASSIGN(const auto records, tx->ReadBronze(topic, kChunk));
      if (records.empty()) break;
      for (const UnjudgedRecord& record : records) HERDFLOW_CHECK(judge(*tx, parser, record));
      judged += records.size();
    } while (anew);
    if (judged == 0 && !anew) return 0;
    HERDFLOW_CHECK(tx->Commit());
    return judged;
  });
}

/// Judges the cows that the log holds now, as soon as they are loaded.
Result<> CatchUpOnCows(LayerStore& store, TopicAdmin& topics, HerdQueries& queries) {
  HERDFLOW_ASSIGN(const auto described, topics.List());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const auto is_judged = [&](const std::vector<PartitionProgress>& progress,
                             const TopicDescription& topic,
                             const TopicDescription::Partition& partition) {
    if (partition.end == partition.begin) return true;
    for (const PartitionProgress& at : progress) {
      if (at.current && at.log_id == topic.stream_id && at.partition == partition.partition) {
        return at.judged_offset >= partition.end;
      }
    }
    return false;
  };
  while (true) {
    HERDFLOW_CHECK(JudgeCows(
        store, [] { return false; }, [](std::string_view, std::int64_t) {}));
    HERDFLOW_ASSIGN(const auto progress, queries.ReadProgress());
    bool all = true;
    for (const TopicDescription& topic : described) {
      if (topic.topic != Topic::kCows) continue;
      for (const auto& partition : topic.partitions) {
        all = all && is_judged(progress, topic, partition);
      }
    }
    if (all) return {};
    if (std::chrono::steady_clock::now() > deadline) {
      return Fail(ErrorCode::kUnavailable,
                  "making a cow: the loader is behind the log, so a free name is not known; "
                  "try again");
    }
    std::this_thread::sleep_for(kPause);
  }
}

Result<AppendOutcome> AppendAndWait(EventWriter& writer, Event event) {
  const auto promise = std::make_shared<std::promise<AppendOutcome>>();
  auto outcome = promise->get_future();
  EventBatch batch;
  batch.push_back(std::move(event));
  writer.Append(Topic::kCows, std::move(batch), [promise](std::vector<AppendOutcome> outcomes) {
    promise->set_value(std::move(outcomes.front()));
  });
  if (outcome.wait_for(kPatience) != std::future_status::ready) {
    return Fail(ErrorCode::kTimeout,
                "making a cow: the log has not answered in {} ms; send it again with the same "
                "Idempotency-Key",
                kPatience.count());
  }
  return outcome.get();
}

/// A random UUID (RFC 9562, version 4).
std::string NewCowId() {
  std::random_device device;
  std::array<std::uint32_t, 4> words{};
  for (auto& word : words) word = device();
  words[1] = (words[1] & 0xFFFF0FFFu) | 0x4000u;
  words[2] = (words[2] & 0x3FFFFFFFu) | 0x80000000u;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xFFFFu, words[2] >> 16, words[2] & 0xFFFFu, words[3]);
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

Result<std::int64_t> JudgeCows(LayerStore& store, const StopRequested& stop,
                               const StepProgress& progress) {
  return JudgeTopic(store, Topic::kCows, stop, progress, JudgeCow);
}

Result<std::int64_t> JudgeSensors(LayerStore& store, const StopRequested& stop,
                                  const StepProgress& progress) {
  return JudgeTopic(store, Topic::kSensors, stop, progress, JudgeSensor);
}

Result<CowView> CreateCow(const NewCow& cow, LayerStore& store, EventWriter& writer,
                          TopicAdmin& topics, HerdQueries& queries) {
  HERDFLOW_CHECK(CatchUpOnCows(store, topics, queries));
  const CowNameParts parts = SplitCowName(cow.name);
  HERDFLOW_ASSIGN(const CowReservation reserved,
                  store.ReserveCow({NewCowId(), cow.name, std::string(parts.base), parts.number,
                                    cow.birthdate, cow.idempotency_key}));
  if (!cow.idempotency_key.empty()) {
    HERDFLOW_ASSIGN(auto made_before, queries.FindCow(reserved.id));
    if (made_before) return *std::move(made_before);
  }

  using Kind = herd::Field::Kind;
  const std::string birthdate = cow.birthdate ? FormatDate(*cow.birthdate) : "";
  herd::CowFields fields;
  fields.id = {Kind::kText, reserved.id};
  fields.name = {Kind::kText, reserved.name};
  fields.birthdate =
      cow.birthdate ? herd::Field{Kind::kText, birthdate} : herd::Field{Kind::kNull, {}};
  // Judged as the pipeline will judge the event: what it would refuse must not be sent.
  const auto verdict = herd::JudgeCow(fields, Now());
  if (const auto* rejection = std::get_if<herd::Rejection>(&verdict)) {
    return Fail(ErrorCode::kInvalidInput, "making the cow {}: {}: {}", reserved.name,
                rejection->field, rejection->reason);
  }
  Event event;
  event.key = reserved.id;
  herd::WriteCow(fields, event.value);
  HERDFLOW_ASSIGN(const AppendOutcome outcome, AppendAndWait(writer, std::move(event)));
  if (outcome.kind == AppendOutcome::Kind::kUnknown) {
    return Fail(ErrorCode::kTimeout,
                "making the cow {}: it is not known whether the log has it; send it again with the "
                "same Idempotency-Key",
                reserved.name);
  }
  if (outcome.kind == AppendOutcome::Kind::kRefused) {
    return Fail(outcome.error.value_or(Error(ErrorCode::kUnavailable, "the log refused it"))
                    .Because("making the cow " + reserved.name));
  }

  // Written through, so that it is visible at once. The loader's version is never lower than the
  // broker's time, so the pipeline's own merge of this very event finds it or replaces it.
  HERDFLOW_ASSIGN(const auto tx, store.BeginHerdBook());
  HERDFLOW_ASSIGN(const CowRef ref, tx->RefOfCow(reserved.id));
  Lineage lineage;
  lineage.version = ToMicros(outcome.broker_time);
  lineage.partition = outcome.partition;
  lineage.offset = outcome.offset;
  HERDFLOW_CHECK(
      tx->Merge(ToGold(std::get<herd::Cow>(verdict), ref, lineage, outcome.broker_time)));
  HERDFLOW_CHECK(tx->Commit());

  HERDFLOW_ASSIGN(auto view, queries.FindCow(reserved.id));
  if (!view) {
    return Fail(ErrorCode::kInternal, "making the cow {}: its row is not there", reserved.name);
  }
  return *std::move(view);
}

}  // namespace herdflow::pipeline
