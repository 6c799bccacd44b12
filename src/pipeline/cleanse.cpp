#include <algorithm>
#include <unordered_map>
#include <utility>

#include "chunks.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "merge.hpp"

namespace herdflow::pipeline {
namespace {

using Verdict = Candidate::Verdict;

/// Judges the messages of one chunk and collects what is to be merged and written.
class Chunk {
 public:
  Chunk(CleanseContext& context, CleanseTx& tx) : context_(context), tx_(tx) {}

  void Judge(const UnjudgedMeasurement& message, bool has_waited) {
    if (!failure_) failure_ = TryJudge(message, has_waited);
  }

  Result<> MergeAndWrite() {
    if (failure_) return Fail(*failure_);
    SortCandidates(candidates_);
    std::vector<ReadingKey> keys;
    keys.reserve(candidates_.size());
    for (const Candidate& candidate : candidates_) keys.push_back(candidate.key);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    std::vector<SilverReading> existing;
    std::vector<OpenEntry> open_entries;
    HERDFLOW_CHECK(tx_.ReadExisting(keys, existing, open_entries));
    MergeReadings(candidates_, existing, open_entries, change_);
    return tx_.Write(change_);
  }

 private:
  struct Known {
    bool cow = false;
    bool sensor = false;
    bool has_waited = false;
  };

  std::optional<Error> TryJudge(const UnjudgedMeasurement& message, bool has_waited) {
    herd::MeasurementFields fields;
    if (message.fields) {
      fields = *message.fields;
    } else {
      auto parsed = parser_.Measurement(message.payload);
      if (auto* rejection = std::get_if<herd::Rejection>(&parsed)) {
        Refuse(message, fields, std::move(*rejection), {.has_waited = has_waited});
        return std::nullopt;
      }
      fields = std::get<herd::MeasurementFields>(parsed);
    }
    std::optional<herd::UnitKind> unit;
    bool cow_known = false;
    if (message.sensor) {
      auto known = tx_.UnitOf(*message.sensor);
      if (!known) return std::move(known).error();
      unit = *known;
    }
    if (message.cow) {
      auto known = tx_.IsKnown(*message.cow);
      if (!known) return std::move(known).error();
      cow_known = *known;
    }
    const Known known{cow_known, unit.has_value(), has_waited};
    auto verdict =
        message.fields
            ? herd::JudgeReadingWithGoodIds(fields, message.received_at, unit, context_.bounds)
            : herd::JudgeReading(fields, message.received_at, unit, context_.bounds);
    if (auto* rejection = std::get_if<herd::Rejection>(&verdict)) {
      Refuse(message, fields, std::move(*rejection), known);
      return std::nullopt;
    }
    Accept(message, std::get<herd::Reading>(verdict), known);
    return std::nullopt;
  }

  void Accept(const UnjudgedMeasurement& message, const herd::Reading& reading, Known known) {
    Candidate candidate;
    candidate.key = KeyOf(message, reading.at);
    candidate.lineage = message.lineage;
    candidate.received_at = message.received_at;
    candidate.waits = !known.cow || !known.sensor;
    candidate.unit_known = known.sensor;
    candidate.has_waited = known.has_waited;
    candidate.value_millionths = reading.value_millionths;
    candidate.verdict = reading.taken_back ? Verdict::kTakenBack
                        : candidate.waits  ? Verdict::kPending
                                           : Verdict::kAccepted;
    candidates_.push_back(candidate);
  }

  void Refuse(const UnjudgedMeasurement& message, const herd::MeasurementFields& fields,
              herd::Rejection rejection, Known known) {
    QuarantineEntry entry;
    entry.lineage = message.lineage;
    entry.received_at = message.received_at;
    entry.sensor = message.sensor;
    entry.cow = message.cow;
    entry.rejection = std::move(rejection);
    entry.original = OriginalText(message, fields);
    if (message.sensor && message.cow) {
      const auto at = herd::JudgeTimestamp(fields.timestamp, message.received_at);
      if (const auto* instant = std::get_if<Instant>(&at)) {
        Candidate candidate;
        candidate.key = KeyOf(message, *instant);
        candidate.lineage = message.lineage;
        candidate.received_at = message.received_at;
        candidate.verdict = Verdict::kRejected;
        candidate.waits = !known.cow || !known.sensor;
        candidate.has_waited = known.has_waited;
        candidate.entry = change_.quarantine.size();
        candidates_.push_back(candidate);
        entry.at = *instant;
        entry.day = candidate.key.day;
      }
    }
    change_.quarantine.push_back(std::move(entry));
  }

  ReadingKey KeyOf(const UnjudgedMeasurement& message, Instant at) const {
    return {*message.cow, context_.calendar.DayOf(at), *message.sensor, at};
  }

  static std::string OriginalText(const UnjudgedMeasurement& message,
                                  herd::MeasurementFields fields) {
    if (!message.fields) return ReplaceBadUtf8(message.payload);
    using Kind = herd::Field::Kind;
    fields.sensor_id = {Kind::kText, message.sensor_id};
    fields.cow_id = {Kind::kText, message.cow_id};
    std::string text;
    herd::WriteMeasurement(fields, text);
    return text;
  }

  CleanseContext& context_;
  CleanseTx& tx_;
  herd::MessageParser parser_;
  std::vector<Candidate> candidates_;
  SilverChange change_;
  std::optional<Error> failure_;
};

}  // namespace

Result<std::int64_t> Cleanse(CleanseContext& context, const StopRequested& stop,
                             const StepProgress& progress) {
  return RunChunks("cleanse", stop, progress, [&]() -> Result<std::size_t> {
    HERDFLOW_ASSIGN(const auto tx, context.store.BeginCleanse());
    Chunk chunk(context, *tx);
    // What waits comes first: a reading that became known is judged again before newer ones.
    HERDFLOW_ASSIGN(std::size_t count, tx->TakeWaiting(context.chunk, [&](const auto& message) {
      chunk.Judge(message, true);
    }));
    if (count == 0) {
      HERDFLOW_ASSIGN(count, tx->ReadBronze(context.chunk, [&](const auto& message) {
        chunk.Judge(message, false);
      }));
    }
    if (count != 0) HERDFLOW_CHECK(chunk.MergeAndWrite());
    HERDFLOW_CHECK(tx->Commit());
    return count;
  });
}

}  // namespace herdflow::pipeline
