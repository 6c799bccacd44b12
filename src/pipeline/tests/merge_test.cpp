#include "merge.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "differences.hpp"

namespace herdflow::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Verdict = Candidate::Verdict;

ReadingKey Key(int sensor) {
  return {FarmRef{1}, FarmDay{100}, CowRef{1}, SensorRef{sensor}, FromMicros(7)};
}

/// A version of a reading: received at the second that its version says.
Candidate Version(int version, Verdict verdict, std::int64_t value = 5, int sensor = 1) {
  Candidate candidate;
  candidate.key = Key(sensor);
  candidate.lineage = {version, StreamRef{1}, 0, version};
  candidate.received_at = FromMicros(version);
  candidate.verdict = verdict;
  candidate.value_millionths = verdict == Verdict::kTakenBack ? 0 : value;
  candidate.waits = verdict == Verdict::kPending;
  return candidate;
}

/// Holds what a store would hold of the merged readings.
class Silver {
 public:
  /// One call of MergeReadings, as cleanse makes it for what is new.
  SilverChange Merge(std::vector<Candidate> candidates) {
    SilverChange change;
    const std::set<ReadingKey> keys = Prepare(candidates, change);
    std::vector<SilverReading> existing;
    std::vector<OpenEntry> open;
    for (const ReadingKey& key : keys) {
      if (rows.contains(key)) existing.push_back(rows.at(key));
    }
    for (const auto& [lineage, status] : quarantine) {
      if (status == QuarantineStatus::kOpen && keys.contains(keys_.at(lineage))) {
        open.push_back({keys_.at(lineage), lineage});
      }
    }
    MergeReadings(candidates, existing, open, change);
    Write(change);
    return change;
  }

  /// As cleanse judges readings again. REQUIRES: all versions of each reading.
  SilverChange JudgeAgain(std::vector<Candidate> candidates, bool all_dirty = false) {
    SilverChange change;
    const std::set<ReadingKey> keys = Prepare(candidates, change);
    KnownVersions known;
    for (const auto& [key, row] : rows) {
      if (keys.contains(key)) known.readings.push_back(row);
    }
    for (const auto& version : displaced) {
      if (keys.contains(version.key)) known.displaced.push_back(version);
    }
    for (const auto& [key, lineage] : waiting) {
      if (keys.contains(key)) known.waiting.push_back({key, lineage, false});
    }
    for (const auto& [lineage, status] : quarantine) {
      if (!keys.contains(keys_.at(lineage))) continue;
      KnownEntry& entry = known.entries.emplace_back();
      entry.entry.lineage = lineage;
      entry.entry.status = status;
      entry.code = herd::Name(entry.entry.rejection.code);
    }
    std::vector<SilverReading> none;
    std::vector<OpenEntry> no_entries;
    MergeReadings(candidates, none, no_entries, change);
    KeepDifferences(std::vector(keys.begin(), keys.end()), known, {}, all_dirty, change);
    Write(change);
    return change;
  }

  [[nodiscard]] std::string Text() const {
    std::string text;
    for (const auto& [key, row] : rows) {
      text += fmt::format("sensor {}: {} {} of {}\n", static_cast<int>(key.sensor),
                          row.value_millionths, Name(row.state), row.lineage.version);
    }
    for (const auto& [lineage, status] : quarantine) {
      text += fmt::format("refused {}: {}\n", lineage.version, static_cast<int>(status));
    }
    for (const auto& [key, lineage] : waiting) text += fmt::format("waits {}\n", lineage.version);
    for (const auto& version : displaced) {
      text += fmt::format("displaced {}\n", version.lineage.version);
    }
    return text;
  }

  std::map<ReadingKey, SilverReading> rows;
  std::map<Lineage, QuarantineStatus> quarantine;
  std::set<std::pair<ReadingKey, Lineage>> waiting;
  std::set<DisplacedVersion> displaced;
  std::map<DirtyDay, int> dirty;

 private:
  /// Sorts, makes the entries of what is refused, and returns the keys.
  std::set<ReadingKey> Prepare(std::vector<Candidate>& candidates, SilverChange& change) {
    std::set<ReadingKey> keys;
    for (Candidate& candidate : candidates) {
      keys.insert(candidate.key);
      if (candidate.verdict != Verdict::kRejected) continue;
      candidate.entry = change.quarantine.size();
      change.quarantine.emplace_back().lineage = candidate.lineage;
      keys_[candidate.lineage] = candidate.key;
    }
    SortCandidates(candidates);
    return keys;
  }

  void Write(const SilverChange& change) {
    for (const auto& version : change.no_longer_waiting) {
      waiting.erase({version.key, version.lineage});
    }
    for (const auto& version : change.no_longer_displaced) displaced.erase(version);
    for (const auto& lineage : change.no_longer_refused) quarantine.erase(lineage);
    for (const auto& row : change.readings) rows[row.key] = row;
    for (const auto& key : change.removed) rows.erase(key);
    for (const auto& version : change.waiting) waiting.insert({version.key, version.lineage});
    for (const auto& version : change.displaced) displaced.insert(version);
    for (const auto& entry : change.quarantine) quarantine[entry.lineage] = entry.status;
    for (const auto& lineage : change.superseded) {
      quarantine[lineage] = QuarantineStatus::kSuperseded;
    }
    for (const auto& day : change.dirty) ++dirty[day];
  }

  std::map<Lineage, ReadingKey> keys_;
};

TEST(MergeReadings, OfTheValidVersionsTheNewestStays) {
  Silver silver;
  silver.Merge({Version(2, Verdict::kAccepted, 20), Version(1, Verdict::kAccepted, 10)});
  silver.Merge({Version(3, Verdict::kRejected)});
  EXPECT_EQ(silver.Text(), "sensor 1: 20 accepted of 2\nrefused 3: 0\ndisplaced 1\n");
  silver.Merge({Version(4, Verdict::kAccepted, 40)});
  EXPECT_EQ(silver.Text(), "sensor 1: 40 accepted of 4\nrefused 3: 1\ndisplaced 1\ndisplaced 2\n");
}

TEST(MergeReadings, ARowKnowsTheReceiptOfItsFirstAndItsNewestMessage) {
  Silver silver;
  silver.Merge({Version(5, Verdict::kAccepted)});
  silver.Merge({Version(3, Verdict::kAccepted)});
  EXPECT_EQ(silver.rows.at(Key(1)).created_at, FromMicros(3));
  EXPECT_EQ(silver.rows.at(Key(1)).updated_at, FromMicros(5));
}

TEST(MergeReadings, OnlyWhatTheAggregatesSeeMakesADayDirty) {
  Silver silver;
  const DirtyDay day{FarmRef{1}, FarmDay{100}, CowRef{1}, SensorRef{1}};
  EXPECT_THAT(silver.Merge({Version(1, Verdict::kPending)}).dirty, IsEmpty());
  EXPECT_THAT(silver.Merge({Version(2, Verdict::kAccepted, 5)}).dirty, ElementsAre(day));
  EXPECT_THAT(silver.Merge({Version(3, Verdict::kAccepted, 5)}).dirty, IsEmpty());
  EXPECT_THAT(silver.Merge({Version(4, Verdict::kAccepted, 6)}).dirty, ElementsAre(day));
  EXPECT_THAT(silver.Merge({Version(5, Verdict::kTakenBack)}).dirty, ElementsAre(day));
  EXPECT_THAT(silver.Merge({Version(6, Verdict::kTakenBack)}).dirty, IsEmpty());
  EXPECT_THAT(silver.Merge({Version(7, Verdict::kRejected)}).dirty, IsEmpty());
}

TEST(MergeReadings, AnOldVersionThatChangesNothingIsNotWritten) {
  Silver silver;
  silver.Merge({Version(1, Verdict::kAccepted), Version(9, Verdict::kAccepted)});
  const SilverChange change = silver.Merge({Version(5, Verdict::kAccepted, 77)});
  EXPECT_THAT(change.readings, IsEmpty());
  EXPECT_THAT(change.dirty, IsEmpty());
}

TEST(MergeReadings, AValidVersionThatANewerOneDisplacesIsNoted) {
  Silver silver;
  silver.Merge({Version(2, Verdict::kAccepted, 20), Version(4, Verdict::kTakenBack)});
  silver.Merge({Version(1, Verdict::kAccepted, 10), Version(3, Verdict::kRejected)});
  EXPECT_EQ(silver.Text(), "sensor 1: 0 deleted of 4\nrefused 3: 1\ndisplaced 1\ndisplaced 2\n");
  silver.Merge({Version(5, Verdict::kAccepted, 50)});
  EXPECT_EQ(silver.displaced.size(), 3u);
}

TEST(MergeReadings, AReadingWhoseVersionsAreAllRefusedWhenJudgedAgainIsRemoved) {
  Silver silver;
  silver.Merge({Version(1, Verdict::kPending)});
  EXPECT_THAT(silver.JudgeAgain({Version(1, Verdict::kRejected)}).removed, ElementsAre(Key(1)));
  EXPECT_EQ(silver.Text(), "refused 1: 0\n");
}

TEST(MergeReadings, APendingVersionOvertakesNoRefusedOneUntilItIsJudged) {
  Silver silver;
  silver.Merge({Version(1, Verdict::kRejected), Version(2, Verdict::kPending)});
  EXPECT_EQ(silver.quarantine.begin()->second, QuarantineStatus::kOpen);
  silver.JudgeAgain({Version(1, Verdict::kRejected), Version(2, Verdict::kAccepted)});
  EXPECT_EQ(silver.quarantine.begin()->second, QuarantineStatus::kSuperseded);
}

TEST(MergeReadings, ADeletionOvertakesNoRefusedVersionBeforeCowAndSensorAreKnown) {
  Candidate refused = Version(1, Verdict::kRejected);
  Candidate deletion = Version(2, Verdict::kTakenBack);
  refused.waits = deletion.waits = true;
  Silver silver;
  const SilverChange change = silver.Merge({refused, deletion});
  EXPECT_EQ(silver.quarantine.begin()->second, QuarantineStatus::kOpen);
  EXPECT_THAT(change.waiting, SizeIs(1));  // What was refused waits for nothing.
  refused.waits = deletion.waits = false;
  silver.JudgeAgain({refused, deletion});
  EXPECT_EQ(silver.quarantine.begin()->second, QuarantineStatus::kSuperseded);
}

TEST(KeepDifferences, WhatIsAsItWasIsNotWritten) {
  Silver silver;
  const std::vector candidates{Version(1, Verdict::kAccepted), Version(2, Verdict::kRejected),
                               Version(3, Verdict::kAccepted)};
  silver.Merge(candidates);
  const SilverChange change = silver.JudgeAgain(candidates, true);
  EXPECT_THAT(change.readings, IsEmpty());
  EXPECT_THAT(change.displaced, IsEmpty());
  EXPECT_THAT(change.quarantine, IsEmpty());
  EXPECT_THAT(change.no_longer_refused, IsEmpty());
  EXPECT_THAT(change.dirty, SizeIs(1));  // The unit may be another all the same.
}

TEST(KeepDifferences, AReadingFallsBackToTheVersionBeforeTheOneThatIsRefused) {
  Silver silver;
  silver.Merge({Version(1, Verdict::kAccepted, 10), Version(2, Verdict::kAccepted, 20)});
  silver.JudgeAgain({Version(1, Verdict::kAccepted, 10), Version(2, Verdict::kRejected)});
  EXPECT_EQ(silver.Text(), "sensor 1: 10 accepted of 1\nrefused 2: 0\n");
}

TEST(KeepDifferences, WhatAPersonDismissedStaysDismissed) {
  Silver silver;
  silver.Merge({Version(1, Verdict::kRejected)});
  silver.quarantine.begin()->second = QuarantineStatus::kDismissed;
  silver.JudgeAgain({Version(1, Verdict::kRejected)});
  EXPECT_EQ(silver.Text(), "refused 1: 2\n");
}

/// A version, with the verdict that it gets in the end and whether it comes before that is known.
struct RandomVersion {
  int sensor = 0, value = 0, verdict = 0;
  bool early = false;
};
std::ostream& operator<<(std::ostream& out, const RandomVersion& version) {
  return out << "sensor " << version.sensor << " value " << version.value << " verdict "
             << version.verdict << (version.early ? " early" : "");
}

rc::Gen<std::vector<RandomVersion>> RandomVersions() {
  return rc::gen::container<std::vector<RandomVersion>>(rc::gen::build<RandomVersion>(
      rc::gen::set(&RandomVersion::sensor, rc::gen::inRange(0, 2)),
      rc::gen::set(&RandomVersion::value, rc::gen::inRange(0, 3)),
      rc::gen::set(&RandomVersion::verdict, rc::gen::inRange(0, 3)),
      rc::gen::set(&RandomVersion::early, rc::gen::arbitrary<bool>())));
}

std::vector<Candidate> Settled(const std::vector<RandomVersion>& versions) {
  constexpr std::array kVerdicts{Verdict::kAccepted, Verdict::kRejected, Verdict::kTakenBack};
  std::vector<Candidate> candidates;
  int number = 0;
  for (const RandomVersion& version : versions) {
    candidates.push_back(Version(++number, kVerdicts[static_cast<std::size_t>(version.verdict)],
                                 version.value, version.sensor));
  }
  return candidates;
}

/// Merges the candidates shuffled, in calls of random size.
void MergeInAnyOrder(std::vector<Candidate> candidates, Silver& silver) {
  std::shuffle(candidates.begin(), candidates.end(),
               std::mt19937(*rc::gen::arbitrary<std::uint32_t>().as("shuffle")));
  const auto size = *rc::gen::inRange<std::size_t>(1, 5).as("candidates a call");
  for (std::size_t at = 0; at < candidates.size(); at += size) {
    const auto end = std::min(at + size, candidates.size());
    silver.Merge({candidates.begin() + static_cast<std::ptrdiff_t>(at),
                  candidates.begin() + static_cast<std::ptrdiff_t>(end)});
  }
}

TEST(MergeReadingsProperty, NeitherTheOrderNorTheCallsMatter) {
  EXPECT_TRUE(rc::check("judged versions", [] {
    const auto candidates = Settled(*RandomVersions());
    Silver at_once;
    at_once.Merge(candidates);
    Silver in_parts;
    MergeInAnyOrder(candidates, in_parts);
    RC_ASSERT(in_parts.Text() == at_once.Text());
    RC_ASSERT(in_parts.rows == at_once.rows);  // The times of receipt too.
    for (const auto& [day, times] : at_once.dirty) RC_ASSERT(in_parts.dirty.contains(day));
  }));
}

TEST(MergeReadingsProperty, WhatWaitedEndsAsIfItHadBeenKnownFromTheFirst) {
  EXPECT_TRUE(rc::check("pending, then judged again", [] {
    const auto versions = *RandomVersions();
    const auto settled = Settled(versions);
    Silver at_once;
    at_once.Merge(settled);

    std::vector<Candidate> early;
    std::vector<Candidate> late;
    for (std::size_t i = 0; i < settled.size(); ++i) {
      Candidate candidate = settled[i];
      if (!versions[i].early) {
        late.push_back(candidate);
        continue;
      }
      // A deletion is valid whatever becomes known; a value may yet be refused.
      candidate.waits = true;
      if (candidate.verdict != Verdict::kTakenBack) candidate.verdict = Verdict::kPending;
      early.push_back(candidate);
    }
    Silver in_parts;
    MergeInAnyOrder(early, in_parts);
    RC_ASSERT(in_parts.waiting.size() == early.size());
    // Some may come while what waits was not judged again yet.
    MergeInAnyOrder(late, in_parts);
    in_parts.JudgeAgain(settled);
    RC_ASSERT(in_parts.Text() == at_once.Text());
    RC_ASSERT(in_parts.rows == at_once.rows);
  }));
}

TEST(MergeReadingsProperty, OtherVerdictsEndAsIfTheyHadBeenTheFirst) {
  EXPECT_TRUE(rc::check("judged, then judged otherwise", [] {
    const auto versions = *RandomVersions();
    auto before = versions;
    for (auto& version : before) version.verdict = *rc::gen::inRange(0, 3);
    const auto settled = Settled(versions);
    Silver at_once;
    at_once.Merge(settled);
    Silver again;
    MergeInAnyOrder(Settled(before), again);
    again.JudgeAgain(settled);
    RC_ASSERT(again.Text() == at_once.Text());
    RC_ASSERT(again.rows == at_once.rows);
  }));
}

TEST(MergeReadingsProperty, TheSameVersionsAgainChangeNothing) {
  EXPECT_TRUE(rc::check("idempotent", [] {
    const auto candidates = Settled(*RandomVersions());
    Silver silver;
    silver.Merge(candidates);
    const SilverChange change = silver.Merge(candidates);
    RC_ASSERT(change.readings.empty());
    RC_ASSERT(change.removed.empty());
    RC_ASSERT(change.dirty.empty());
  }));
}

}  // namespace
}  // namespace herdflow::pipeline
