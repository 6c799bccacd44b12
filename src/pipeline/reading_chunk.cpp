#include "reading_chunk.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>
#include <variant>

#include "differences.hpp"
#include "herdflow/core/text.hpp"

namespace herdflow::pipeline {
namespace {

using Verdict = Candidate::Verdict;

/// The messages of these versions, each once.
std::vector<Lineage> VersionsIn(const KnownVersions& known) {
  std::vector<Lineage> versions;
  for (const auto& row : known.readings) versions.push_back(row.lineage);
  for (const auto& version : known.displaced) versions.push_back(version.lineage);
  for (const auto& version : known.waiting) versions.push_back(version.lineage);
  for (const auto& known_entry : known.entries) versions.push_back(known_entry.entry.lineage);
  return versions;
}

/// Messages are known by their place: a damaged row may have another version.
bool IsBefore(const Lineage& a, const Lineage& b) {
  return std::tie(a.stream, a.partition, a.offset) < std::tie(b.stream, b.partition, b.offset);
}

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

void ReadingChunk::Judge(const UnjudgedMeasurement& message) {
  if (failure_) return;
  ++judged_;
  if (auto judged = TryJudge(message); !judged) failure_ = std::move(judged).error();
}

Result<SilverChange> ReadingChunk::Merge() {
  if (failure_) return Fail(*failure_);
  SortCandidates(candidates_);
  const auto keys = Keys({});
  std::vector<SilverReading> existing;
  std::vector<OpenEntry> open_entries;
  HERDFLOW_CHECK(tx_.ReadExisting(keys, existing, open_entries));
  MergeReadings(candidates_, existing, open_entries, change_);
  return std::move(change_);
}

Result<SilverChange> ReadingChunk::JudgeAnew(RejudgePiece piece) {
  HERDFLOW_CHECK(JudgeMessages(piece.entries, piece.heals));
  if (piece.days) LeaveAlone(*piece.days);
  HERDFLOW_CHECK(AddUnborneOut(piece));
  auto keys = Keys(std::move(piece.keys));
  // An entry may be of no message.
  const auto read_versions = [&] {
    auto messages = piece.entries;
    messages.insert(messages.end(), messages_.begin(), messages_.end());
    return tx_.ReadVersions(keys, messages);
  };
  HERDFLOW_ASSIGN(KnownVersions known, read_versions());
  // By another zone, or by what a damaged row says, a version may be another reading's, of whatever
  // day: it goes there, and what is there of that one is judged as well.
  while (true) {
    const std::size_t judged = judged_;
    HERDFLOW_CHECK(JudgeMessages(VersionsIn(known), piece.heals));
    if (judged_ == judged) break;
    keys = Keys(std::move(keys));
    HERDFLOW_ASSIGN(known, read_versions());
  }
  SortCandidates(candidates_);
  std::vector<SilverReading> none;
  std::vector<OpenEntry> no_entries;
  MergeReadings(candidates_, none, no_entries, change_);
  KeepDifferences(keys, known, left_alone_, piece.all_dirty, change_);
  return std::move(change_);
}

/// The keys of what was judged and these, ascending.
std::vector<ReadingKey> ReadingChunk::Keys(std::vector<ReadingKey> keys) const {
  keys.reserve(keys.size() + candidates_.size());
  for (const Candidate& candidate : candidates_) keys.push_back(candidate.key);
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

/// Judges those of these messages of bronze that were not judged here yet.
Result<> ReadingChunk::JudgeMessages(std::vector<Lineage> messages, bool may_lack) {
  std::sort(messages.begin(), messages.end(), IsBefore);
  messages.erase(std::unique(messages.begin(), messages.end(),
                             [](const Lineage& a, const Lineage& b) { return !IsBefore(a, b); }),
                 messages.end());
  std::sort(messages_.begin(), messages_.end(), IsBefore);
  std::vector<Lineage> missing;
  std::set_difference(messages.begin(), messages.end(), messages_.begin(), messages_.end(),
                      std::back_inserter(missing), IsBefore);
  HERDFLOW_ASSIGN(const std::size_t found,
                  tx_.ReadMessages(missing, [&](const auto& message) { Judge(message); }));
  if (failure_) return Fail(*failure_);
  if (found == missing.size() || may_lack) return {};
  return Fail(ErrorCode::kCorruptData,
              "judging readings again: bronze has {} of {} of their messages; `herdflow pipeline "
              "rebuild` makes silver fit to bronze",
              found, missing.size());
}

/// Drops what was judged of other days, and lets its entries be.
void ReadingChunk::LeaveAlone(const DayRange& days) {
  std::erase_if(candidates_, [&](const Candidate& candidate) {
    if (days.Contains(candidate.key.day)) return false;
    left_alone_.push_back(candidate.lineage);
    return true;
  });
  std::vector<QuarantineEntry> kept;
  std::vector<std::size_t> places(change_.quarantine.size());
  for (std::size_t i = 0; i < change_.quarantine.size(); ++i) {
    QuarantineEntry& entry = change_.quarantine[i];
    if (entry.day && !days.Contains(*entry.day)) continue;
    places[i] = kept.size();
    kept.push_back(std::move(entry));
  }
  change_.quarantine = std::move(kept);
  for (Candidate& candidate : candidates_) {
    if (candidate.verdict == Verdict::kRejected) candidate.entry = places[candidate.entry];
  }
}

/// Adds the readings of those versions whose message is not in bronze, or is refused, or is
/// another reading's.
Result<> ReadingChunk::AddUnborneOut(RejudgePiece& piece) {
  if (piece.versions.empty()) return {};
  ReadingChunk check(context_, tx_);
  std::vector<Lineage> messages;
  for (const auto& version : piece.versions) messages.push_back(version.lineage);
  HERDFLOW_CHECK(check.JudgeMessages(std::move(messages), true));
  std::vector<DisplacedVersion> valid;
  for (const Candidate& candidate : check.candidates_) {
    if (candidate.verdict == Verdict::kRejected) continue;
    valid.push_back({candidate.key, candidate.lineage});
  }
  std::sort(valid.begin(), valid.end());
  for (const auto& version : piece.versions) {
    if (std::binary_search(valid.begin(), valid.end(), version)) continue;
    piece.keys.push_back(version.key);
  }
  return {};
}

Result<> ReadingChunk::TryJudge(const UnjudgedMeasurement& message) {
  messages_.push_back(message.lineage);
  if (message.fields) return JudgeParsed(message, *message.fields);
  auto parsed = parser_.Measurement(message.payload);
  if (const auto* fields = std::get_if<herd::MeasurementFields>(&parsed)) {
    return JudgeParsed(message, *fields);
  }
  Refuse(message, {}, std::move(std::get<herd::Rejection>(parsed)), message.farm, std::nullopt, {});
  return {};
}

Result<> ReadingChunk::JudgeParsed(const UnjudgedMeasurement& message,
                                   const herd::MeasurementFields& fields) {
  std::optional<FarmRef> farm = message.farm;
  if (!farm) {
    if (auto rejection = herd::JudgeFarmOf(fields.farm)) {
      Refuse(message, fields, *std::move(rejection), std::nullopt, std::nullopt, {});
      return {};
    }
    HERDFLOW_ASSIGN(farm, tx_.RefOfFarm(herd::FarmNamed(fields.farm)));
  }
  HERDFLOW_CHECK(LookAtFarm(*farm));
  if (farm_->rules == nullptr) {
    HERDFLOW_ASSIGN(const std::string id, tx_.IdOf(*farm));
    Refuse(message, fields, herd::UnknownFarm(id), farm, std::nullopt, {});
    return {};
  }
  std::optional<herd::Measure> measure;
  if (message.sensor) {
    HERDFLOW_ASSIGN(measure, tx_.MeasureOf(*message.sensor));
  }
  Known known{false, measure.has_value()};
  if (message.cow) {
    HERDFLOW_ASSIGN(known.cow, tx_.IsKnown(*message.cow));
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

Result<> ReadingChunk::LookAtFarm(FarmRef farm) {
  if (farm_ && farm_->ref == farm) return {};
  Farm found{farm, nullptr, nullptr};
  HERDFLOW_ASSIGN(found.rules, tx_.RulesOf(farm));
  if (found.rules != nullptr) {
    const auto calendar = context_.calendars.Of(found.rules->time_zone);
    if (!calendar) {  // Another machine knew it.
      HERDFLOW_ASSIGN(const std::string id, tx_.IdOf(farm));
      return Fail(calendar.error().Because("judging the readings of the farm " + id));
    }
    found.calendar = *calendar;
  }
  farm_ = found;
  return {};
}

void ReadingChunk::Accept(const UnjudgedMeasurement& message, const herd::Reading& reading,
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
  candidates_.push_back(candidate);
}

void ReadingChunk::Refuse(const UnjudgedMeasurement& message, const herd::MeasurementFields& fields,
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
    candidate.entry = change_.quarantine.size();
    candidates_.push_back(candidate);
    entry.at = key->at;
    entry.day = key->day;
  }
  change_.quarantine.push_back(std::move(entry));
}

std::optional<ReadingKey> ReadingChunk::KeyOfRefused(const UnjudgedMeasurement& message,
                                                     const herd::MeasurementFields& fields) const {
  if (!message.sensor || !message.cow) return std::nullopt;
  const auto at = herd::JudgeTimestamp(fields.timestamp, message.received_at);
  const auto* instant = std::get_if<Instant>(&at);
  return instant != nullptr ? std::optional(KeyOf(message, *instant)) : std::nullopt;
}

ReadingKey ReadingChunk::KeyOf(const UnjudgedMeasurement& message, Instant at) const {
  return {farm_->ref, farm_->calendar->DayOf(at), *message.cow, *message.sensor, at};
}

}  // namespace herdflow::pipeline
