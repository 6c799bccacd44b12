#include "reading_chunk.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "differences.hpp"

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

/// The keys of the candidates and these, ascending, each once.
std::vector<ReadingKey> KeysOf(const std::vector<Candidate>& candidates,
                               std::vector<ReadingKey> keys) {
  keys.reserve(keys.size() + candidates.size());
  for (const Candidate& candidate : candidates) keys.push_back(candidate.key);
  if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

}  // namespace

Result<SilverChange> MergeNew(CleanseTx& tx, JudgedReadings judged) {
  SilverChange change;
  change.quarantine = std::move(judged.quarantine);
  std::vector<SilverReading> existing;
  std::vector<OpenEntry> open_entries;
  HERDFLOW_CHECK(tx.ReadExisting(KeysOf(judged.candidates, {}), existing, open_entries));
  MergeReadings(judged.candidates, existing, open_entries, change);
  return change;
}

Result<SilverChange> ReadingChunk::JudgeAnew(RejudgePiece piece) {
  HERDFLOW_CHECK(JudgeMessages(piece.entries, piece.heals));
  if (piece.days) LeaveAlone(*piece.days);
  HERDFLOW_CHECK(AddUnborneOut(piece));
  JudgedReadings& all = judge_.judged();
  auto keys = KeysOf(all.candidates, std::move(piece.keys));
  // An entry may be of no message.
  const auto read_versions = [&] {
    auto messages = piece.entries;
    messages.insert(messages.end(), all.messages.begin(), all.messages.end());
    return tx_.ReadVersions(keys, messages);
  };
  HERDFLOW_ASSIGN(KnownVersions known, read_versions());
  // By another zone, or by what a damaged row says, a version may be another reading's, of whatever
  // day: it goes there, and what is there of that one is judged as well.
  while (true) {
    const std::size_t before = judged();
    HERDFLOW_CHECK(JudgeMessages(VersionsIn(known), piece.heals));
    if (judged() == before) break;
    keys = KeysOf(all.candidates, std::move(keys));
    HERDFLOW_ASSIGN(known, read_versions());
  }
  SortCandidates(all.candidates);
  SilverChange change;
  change.quarantine = std::move(all.quarantine);
  std::vector<SilverReading> none;
  std::vector<OpenEntry> no_entries;
  MergeReadings(all.candidates, none, no_entries, change);
  KeepDifferences(keys, known, left_alone_, piece.all_dirty, change);
  return change;
}

/// Judges those of these messages of bronze that were not judged here yet.
Result<> ReadingChunk::JudgeMessages(std::vector<Lineage> messages, bool may_lack) {
  std::sort(messages.begin(), messages.end(), IsBefore);
  messages.erase(std::unique(messages.begin(), messages.end(),
                             [](const Lineage& a, const Lineage& b) { return !IsBefore(a, b); }),
                 messages.end());
  auto& there = judge_.judged().messages;
  std::sort(there.begin(), there.end(), IsBefore);
  std::vector<Lineage> missing;
  std::set_difference(messages.begin(), messages.end(), there.begin(), there.end(),
                      std::back_inserter(missing), IsBefore);
  HERDFLOW_ASSIGN(const std::size_t found,
                  tx_.ReadMessages(missing, [&](const auto& message) { Judge(message); }));
  HERDFLOW_CHECK(judge_.Check());
  if (found == missing.size() || may_lack) return {};
  return Fail(ErrorCode::kCorruptData,
              "judging readings again: bronze has {} of {} of their messages; `herdflow pipeline "
              "rebuild` makes silver fit to bronze",
              found, missing.size());
}

/// Drops what was judged of other days, and lets its entries be.
void ReadingChunk::LeaveAlone(const DayRange& days) {
  auto& [candidates, quarantine, messages] = judge_.judged();
  std::erase_if(candidates, [&](const Candidate& candidate) {
    if (days.Contains(candidate.key.day)) return false;
    left_alone_.push_back(candidate.lineage);
    return true;
  });
  std::vector<QuarantineEntry> kept;
  std::vector<std::size_t> places(quarantine.size());
  for (std::size_t i = 0; i < quarantine.size(); ++i) {
    QuarantineEntry& entry = quarantine[i];
    if (entry.day && !days.Contains(*entry.day)) continue;
    places[i] = kept.size();
    kept.push_back(std::move(entry));
  }
  quarantine = std::move(kept);
  for (Candidate& candidate : candidates) {
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
  for (const Candidate& candidate : check.judge_.judged().candidates) {
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

}  // namespace herdflow::pipeline
