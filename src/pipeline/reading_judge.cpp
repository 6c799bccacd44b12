#include "reading_judge.hpp"

#include <utility>
#include <variant>

#include "herdflow/core/text.hpp"

namespace herdflow::pipeline {
namespace {

using Verdict = Candidate::Verdict;

std::string OriginalText(const UnjudgedMeasurement& message, herd::MeasurementFields fields) {
  if (!message.fields) return ReplaceBadUtf8(message.payload);
  using Kind = herd::Field::Kind;
  if (!message.farm_id.empty()) fields.farm = {Kind::kText, message.farm_id};
  fields.sensor_id = {Kind::kText, message.sensor_id};
  fields.cow_id = {Kind::kText, message.cow_id};
  std::string text;
  herd::WriteMeasurement(fields, text);
  return text;
}

}  // namespace

void ReadingJudge::Judge(const UnjudgedMeasurement& message) {
  if (failure_) return;
  if (auto judged = TryJudge(message); !judged) failure_ = std::move(judged).error();
}

Result<> ReadingJudge::Check() const { return failure_ ? Result<>(Fail(*failure_)) : Result<>(); }

Result<JudgedReadings> ReadingJudge::Take() {
  HERDFLOW_CHECK(Check());
  SortCandidates(judged_.candidates);
  return std::move(judged_);
}

Result<> ReadingJudge::TryJudge(const UnjudgedMeasurement& message) {
  judged_.messages.push_back(message.lineage);
  if (message.fields) return JudgeParsed(message, *message.fields);
  auto parsed = parser_.Measurement(message.payload);
  if (const auto* fields = std::get_if<herd::MeasurementFields>(&parsed)) {
    return JudgeParsed(message, *fields);
  }
  Refuse(message, {}, std::move(std::get<herd::Rejection>(parsed)), message.farm, std::nullopt, {});
  return {};
}

Result<> ReadingJudge::JudgeParsed(const UnjudgedMeasurement& message,
                                   const herd::MeasurementFields& fields) {
  std::optional<FarmRef> farm = message.farm;
  if (!farm) {
    if (auto rejection = herd::JudgeFarmOf(fields.farm)) {
      Refuse(message, fields, *std::move(rejection), std::nullopt, std::nullopt, {});
      return {};
    }
    HERDFLOW_ASSIGN(farm, by_.RefOfFarm(herd::FarmNamed(fields.farm)));
  }
  HERDFLOW_CHECK(LookAtFarm(*farm));
  if (farm_->rules == nullptr) {
    HERDFLOW_ASSIGN(const std::string id, by_.IdOf(*farm));
    Refuse(message, fields, herd::UnknownFarm(id), farm, std::nullopt, {});
    return {};
  }
  std::optional<herd::Measure> measure;
  if (message.sensor) {
    HERDFLOW_ASSIGN(measure, by_.MeasureOf(*message.sensor));
  }
  Known known{false, measure.has_value()};
  if (message.cow) {
    HERDFLOW_ASSIGN(known.cow, by_.IsKnown(*message.cow));
  }
  const auto& bounds = farm_->rules->bounds;
  herd::MeasurementFields of_farm = fields;
  of_farm.farm = {};  // It was found above.
  auto verdict = message.fields
                     ? herd::JudgeReadingWithGoodIds(of_farm, message.received_at, measure, bounds)
                     : herd::JudgeReading(of_farm, message.received_at, measure, bounds);
  if (auto* rejection = std::get_if<herd::Rejection>(&verdict)) {
    Refuse(message, fields, std::move(*rejection), farm, KeyOfRefused(message, fields), known);
  } else {
    Accept(message, std::get<herd::Reading>(verdict), known);
  }
  return {};
}

Result<> ReadingJudge::LookAtFarm(FarmRef farm) {
  if (farm_ && farm_->ref == farm) return {};
  Farm found{farm, nullptr, nullptr};
  HERDFLOW_ASSIGN(found.rules, by_.RulesOf(farm));
  if (found.rules != nullptr) {
    const auto calendar = calendars_.Of(found.rules->time_zone);
    if (!calendar) {  // Another machine knew it.
      HERDFLOW_ASSIGN(const std::string id, by_.IdOf(farm));
      return Fail(calendar.error().Because("judging the readings of the farm " + id));
    }
    found.calendar = *calendar;
  }
  farm_ = found;
  return {};
}

void ReadingJudge::Accept(const UnjudgedMeasurement& message, const herd::Reading& reading,
                          Known known) {
  Candidate candidate;
  candidate.key = KeyOf(message, reading.at);
  candidate.lineage = message.lineage;
  candidate.received_at = message.received_at;
  candidate.waits = !known.cow || !known.sensor;
  candidate.unit_known = known.sensor;
  candidate.value_millionths = reading.value_millionths;
  candidate.verdict = reading.taken_back ? Verdict::kTakenBack
                      : candidate.waits  ? Verdict::kPending
                                         : Verdict::kAccepted;
  judged_.candidates.push_back(candidate);
}

void ReadingJudge::Refuse(const UnjudgedMeasurement& message, const herd::MeasurementFields& fields,
                          herd::Rejection rejection, std::optional<FarmRef> farm,
                          const std::optional<ReadingKey>& key, Known known) {
  QuarantineEntry entry;
  entry.lineage = message.lineage;
  entry.received_at = message.received_at;
  entry.farm = farm;
  entry.sensor = message.sensor;
  entry.cow = message.cow;
  entry.rejection = std::move(rejection);
  entry.original = OriginalText(message, fields);
  if (key) {
    Candidate candidate;
    candidate.key = *key;
    candidate.lineage = message.lineage;
    candidate.received_at = message.received_at;
    candidate.verdict = Verdict::kRejected;
    candidate.waits = !known.cow || !known.sensor;
    candidate.entry = judged_.quarantine.size();
    judged_.candidates.push_back(candidate);
    entry.at = key->at;
    entry.day = key->day;
  }
  judged_.quarantine.push_back(std::move(entry));
}

std::optional<ReadingKey> ReadingJudge::KeyOfRefused(const UnjudgedMeasurement& message,
                                                     const herd::MeasurementFields& fields) const {
  if (!message.sensor || !message.cow) return std::nullopt;
  const auto at = herd::JudgeTimestamp(fields.timestamp, message.received_at);
  const auto* instant = std::get_if<Instant>(&at);
  return instant != nullptr ? std::optional(KeyOf(message, *instant)) : std::nullopt;
}

ReadingKey ReadingJudge::KeyOf(const UnjudgedMeasurement& message, Instant at) const {
  return {farm_->ref, farm_->calendar->DayOf(at), *message.cow, *message.sensor, at};
}

}  // namespace herdflow::pipeline
