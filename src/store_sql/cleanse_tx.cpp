#include <algorithm>
#include <set>

#include "change_counter.hpp"
#include "herd_view.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "known_versions.hpp"
#include "rejudge_queue.hpp"
#include "row_writer.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::EachMeasurement;
using pipeline::FarmRef;
using pipeline::Lineage;
using pipeline::ReadingKey;
using pipeline::SensorRef;
using pipeline::SilverReading;

class SqlCleanseTx final : public pipeline::CleanseTx {
 public:
  explicit SqlCleanseTx(std::unique_ptr<WriteScope> scope)
      : scope_(std::move(scope)), herd_(scope_->session(), /*gives_refs=*/true) {}

  pipeline::Judging& judging() override { return herd_; }

  Result<pipeline::RejudgePiece> TakeRequested(std::size_t max,
                                               const EachMeasurement& each) override {
    return RejudgeQueue(*scope_).Take(max, [&](const Statement& row) { return Give(row, each); });
  }

  Result<std::optional<pipeline::RejudgePiece>> Look(const std::optional<pipeline::DayRange>& days,
                                                     pipeline::RejudgePlace& place, std::size_t max,
                                                     const EachMeasurement& each) override {
    scope_->session().herd().Forget();
    return RejudgeQueue(*scope_).Look(days, place, max,
                                      [&](const Statement& row) { return Give(row, each); });
  }

  Result<pipeline::BronzeRead> ReadBronze(std::size_t max, const EachMeasurement& each) override {
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, kMeasurementsStep));
    pipeline::BronzeRead read;
    std::size_t bytes = 0;
    for (const pipeline::BronzePlace& place : partitions) {
      if (read.count >= max || bytes >= kChunkBytes) break;
      HERDFLOW_ASSIGN(
          const TakenBronze taken,
          TakeBronze(scope_->session(), sql::kReadBronzeMeasurements, place, max - read.count,
                     kChunkBytes - bytes, [&](const Statement& row) { return Give(row, each); }));
      read.place = place;
      read.next = taken.next;
      read.count += taken.rows;
      bytes += taken.bytes;
      HERDFLOW_CHECK(WriteWatermark(*scope_, kMeasurementsStep, place, taken.next));
    }
    return read;
  }

  Result<bool> Take(const pipeline::BronzeRead& ahead) override {
    HERDFLOW_ASSIGN(const std::int64_t revision, scope_->session().herd().Revision());
    if (revision != ahead.revision) return false;
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, kMeasurementsStep));
    const bool is_next =
        std::any_of(partitions.begin(), partitions.end(), [&](const UnjudgedPartition& partition) {
          return partition.stream == ahead.place.stream &&
                 partition.partition == ahead.place.partition && partition.from == ahead.place.from;
        });
    if (!is_next) return false;
    HERDFLOW_CHECK(WriteWatermark(*scope_, kMeasurementsStep, ahead.place, ahead.next));
    return true;
  }

  Result<std::string> IdOf(CowRef cow) override {
    HERDFLOW_ASSIGN(const TextId id, scope_->cows().IdOf(static_cast<std::int64_t>(cow)));
    return WithFarm(id);
  }

  Result<std::string> IdOf(SensorRef sensor) override {
    HERDFLOW_ASSIGN(const TextId id, scope_->sensors().IdOf(static_cast<std::int64_t>(sensor)));
    return WithFarm(id);
  }

  Result<> ReadExisting(std::span<const ReadingKey> keys, std::vector<SilverReading>& readings,
                        std::vector<pipeline::OpenEntry>& open_entries) override {
    HERDFLOW_CHECK(ReadOpenEntries(ByCow(keys), open_entries));
    std::vector<Value> to_look_for;
    while (!keys.empty()) {
      const auto other_farm = std::find_if(keys.begin(), keys.end(), [&](const ReadingKey& key) {
        return key.farm != keys.front().farm;
      });
      const auto of_farm = keys.first(static_cast<std::size_t>(other_farm - keys.begin()));
      HERDFLOW_CHECK(LookFor(of_farm, to_look_for));
      keys = keys.subspan(of_farm.size());
    }
    HERDFLOW_CHECK(ReadReadings(*scope_, to_look_for, readings));
    counter_.Know(readings);
    return {};
  }

  Result<pipeline::KnownVersions> ReadVersions(std::span<const ReadingKey> keys,
                                               std::span<const Lineage> messages) override {
    HERDFLOW_ASSIGN(auto known, ReadKnownVersions(*scope_, keys, messages));
    counter_.Know(known.readings);
    counter_.Know(known.entries);
    return known;
  }

  Result<std::size_t> ReadMessages(std::span<const Lineage> messages,
                                   const EachMeasurement& each) override {
    std::vector<Value> places;
    for (const Lineage& message : messages) {
      places.insert(places.end(), {message.stream, message.partition, message.offset});
    }
    std::size_t found = 0;
    HERDFLOW_CHECK(scope_->session().ReadForKeys(sql::kReadBronzeMeasurement, 3, places,
                                                 [&](const Statement& row) {
                                                   ++found;
                                                   return Give(row, each);
                                                 }));
    return found;
  }

  Result<> Write(const pipeline::SilverChange& change) override {
    HERDFLOW_CHECK(KeepRefusedDays(change.no_longer_refused));
    HERDFLOW_CHECK(KeepRefusedDays(change.superseded));
    for (const auto& entry : change.quarantine) KeepRefusedDay(entry);
    HERDFLOW_CHECK(counter_.Count(*scope_, change));
    HERDFLOW_CHECK(TakeAway(change));
    HERDFLOW_CHECK(WriteReadings(change));
    HERDFLOW_CHECK(WriteQuarantine(change));
    return NoteDirtyDays(change.dirty);
  }

  Result<> Commit() override { return scope_->Commit(); }

 private:
  Result<std::string> WithFarm(const TextId& id) {
    if (id.farm == pipeline::kDefaultFarmRef) return std::string(id.text);
    HERDFLOW_ASSIGN(const std::string farm, herd_.IdOf(id.farm));
    return fmt::format("{}/{}", farm, id.text);
  }

  Result<> Give(const Statement& row, const EachMeasurement& each) { return herd_.Give(row, each); }

  Result<> ReadOpenEntries(std::span<const ReadingKey> by_cow,
                           std::vector<pipeline::OpenEntry>& entries) {
    static constexpr Columns kOf(sql::kReadOpenEntries);
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(sql::kReadOpenEntries));
    return ForCloseDays(by_cow, [&](const ReadingKey& first, FarmDay last) -> Result<> {
      read->Bind(1, first.cow).Bind(2, first.day.days).Bind(3, last.days);
      return ForEachRow(*read, [&](const Statement& row) -> Result<> {
        HERDFLOW_ASSIGN(const ReadingKey key,
                        ReadKeyOfCow(*scope_, row, kOf.InARow(kKeyOfCowColumns)));
        entries.push_back({key, ReadLineage(row, kOf.InARow(kLineageColumns))});
        return {};
      });
    });
  }

  /// Adds those keys of one farm that silver may have.
  Result<> LookFor(std::span<const ReadingKey> of_farm, std::vector<Value>& keys) {
    HERDFLOW_ASSIGN(Statement * find, scope_->Get(sql::kFindNewestDay));
    HERDFLOW_ASSIGN(const auto newest, FirstInt(find->Bind(1, of_farm.front().farm)));
    for (const ReadingKey& key : of_farm) {
      // Readings mostly come in order: nothing there to look for.
      if (!newest || key.day.days > *newest) break;
      const auto values = ValuesOf(key);
      keys.insert(keys.end(), values.begin(), values.end());
    }
    return {};
  }

  Result<> WriteReadings(const pipeline::SilverChange& change) {
    RowWriter<13> write(scope_->session(), sql::kWriteReading);
    for (const SilverReading& reading : change.readings) {
      const auto& [key, value, state, lineage, created_at, updated_at] = reading;
      HERDFLOW_CHECK(write.Add({key.farm, key.day.days, key.cow, key.sensor, ToMicros(key.at),
                                value, state, lineage.version, lineage.stream, lineage.partition,
                                lineage.offset, ToMicros(created_at), ToMicros(updated_at)}));
    }
    HERDFLOW_CHECK(write.Finish());
    RowWriter<5> remove(scope_->session(), sql::kDeleteReading);
    for (const ReadingKey& key : change.removed) HERDFLOW_CHECK(remove.Add(ValuesOf(key)));
    HERDFLOW_CHECK(remove.Finish());
    RowWriter<9> wait(scope_->session(), sql::kInsertWaiting);
    for (const auto& [key, lineage, unit_known] : change.waiting) {
      HERDFLOW_CHECK(wait.Add({key.cow, key.day.days, key.sensor, ToMicros(key.at), lineage.version,
                               lineage.stream, lineage.partition, lineage.offset, unit_known}));
    }
    HERDFLOW_CHECK(wait.Finish());
    RowWriter<8> displace(scope_->session(), sql::kInsertDisplaced);
    for (const auto& version : change.displaced) {
      HERDFLOW_CHECK(displace.Add(RowOf(version)));
    }
    return displace.Finish();
  }

  Result<> TakeAway(const pipeline::SilverChange& change) {
    RowWriter<8> no_longer_waiting(scope_->session(), sql::kDeleteWaiting);
    for (const auto& version : change.no_longer_waiting) {
      HERDFLOW_CHECK(no_longer_waiting.Add(RowOf(version)));
    }
    HERDFLOW_CHECK(no_longer_waiting.Finish());
    RowWriter<8> no_longer_displaced(scope_->session(), sql::kDeleteDisplaced);
    for (const auto& version : change.no_longer_displaced) {
      HERDFLOW_CHECK(no_longer_displaced.Add(RowOf(version)));
    }
    HERDFLOW_CHECK(no_longer_displaced.Finish());
    RowWriter<3> no_longer_refused(scope_->session(), sql::kDeleteQuarantine);
    for (const Lineage& entry : change.no_longer_refused) {
      HERDFLOW_CHECK(no_longer_refused.Add({entry.stream, entry.partition, entry.offset}));
    }
    HERDFLOW_CHECK(no_longer_refused.Finish());
    return {};
  }

  /// Key and lineage of a version that is noted.
  template <class Version>
  static std::array<Value, 8> RowOf(const Version& version) {
    const auto& [farm, day, cow, sensor, at] = version.key;
    const Lineage& of = version.lineage;
    return {cow, day.days, sensor, ToMicros(at), of.version, of.stream, of.partition, of.offset};
  }

  Result<> WriteQuarantine(const pipeline::SilverChange& change) {
    HERDFLOW_CHECK(InsertQuarantine(*scope_, change.quarantine));
    RowWriter<3> supersede(scope_->session(), sql::kSupersedeEntry);
    for (const Lineage& lineage : change.superseded) {
      HERDFLOW_CHECK(supersede.Add({lineage.stream, lineage.partition, lineage.offset}));
    }
    return supersede.Finish();
  }

  /// Notes the days under the number of this chunk, which is the next of all chunks that change
  /// any. While no derived table has begun there is nobody to note them for: each begins with all.
  Result<> NoteDirtyDays(std::span<const pipeline::DirtyDay> days) {
    if (days.empty() && refused_days_.empty()) return {};
    for (const pipeline::DirtyDay& of : days) {
      TouchRevision(*scope_, Revised::kReadings, of.farm, of.day);
    }
    HERDFLOW_ASSIGN(const std::int64_t chunk, RaiseChunkCounter(*scope_));
    HERDFLOW_ASSIGN(Statement * find, scope_->Get(sql::kFindFeedPlace));
    HERDFLOW_ASSIGN(const auto begun, FirstInt(*find));
    if (!begun) return {};
    RowWriter<5> note(scope_->session(), sql::kNoteDirtyDay);
    for (const auto& [farm, day] : refused_days_) {
      HERDFLOW_CHECK(note.Add({farm, day.days, 0, 0, chunk}));
    }
    for (const auto& [farm, day, cow, sensor] : days) {
      HERDFLOW_CHECK(note.Add({farm, day.days, cow, sensor, chunk}));
    }
    return note.Finish();
  }

  /// Keeps the days on which these entries are counted as refused.
  Result<> KeepRefusedDays(std::span<const Lineage> entries) {
    std::vector<Value> places;
    for (const Lineage& entry : entries) {
      places.insert(places.end(), {entry.stream, entry.partition, entry.offset});
    }
    return scope_->session().ReadForKeys(sql::kReadEntry, 3, places,
                                         [&](const auto& row) -> Result<> {
                                           KeepRefusedDay(ReadEntry(row).entry);
                                           return {};
                                         });
  }
  void KeepRefusedDay(const pipeline::QuarantineEntry& entry) {
    if (entry.farm && entry.day) refused_days_.emplace(*entry.farm, *entry.day);
  }

  std::unique_ptr<WriteScope> scope_;
  HerdView herd_;
  std::set<std::pair<FarmRef, FarmDay>> refused_days_;  ///< Of entries that come, go or change.
  ChangeCounter counter_;
};

}  // namespace

std::unique_ptr<pipeline::CleanseTx> MakeCleanseTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqlCleanseTx>(std::move(scope));
}

}  // namespace herdflow::store_sql
