#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "gold_rows.hpp"
#include "herdflow/store_sql/columns.hpp"
#include "known_versions.hpp"
#include "refused_of_farms.hpp"
#include "rejudge_queue.hpp"
#include "row_counts.hpp"
#include "topic_book.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::FarmRef;
using pipeline::GoldCow;
using pipeline::GoldFarm;
using pipeline::GoldSensor;
using pipeline::Lineage;
using pipeline::SensorRef;
using pipeline::Topic;

herd::Measure MeasureOf(const GoldSensor& sensor) {
  return herd::MeasureOf(sensor.unit, sensor.kind);
}

/// Written through by who made it: bronze may not have it yet.
bool IsWrittenThrough(const Lineage& lineage) { return lineage.stream == pipeline::StreamRef{}; }

/// What of it was written through.
std::optional<GoldCow> WrittenThroughOf(GoldCow cow) {
  return IsWrittenThrough(cow.lineage) ? std::optional(std::move(cow)) : std::nullopt;
}
std::optional<GoldFarm> WrittenThroughOf(GoldFarm farm) {
  if (farm.state && !IsWrittenThrough(*farm.state)) {
    farm.state.reset();
    farm.name.clear();
    farm.rules = {};
  }
  if (IsWrittenThrough(farm.lineage)) return farm;
  if (!farm.state) return std::nullopt;
  farm.closed_at.reset();
  farm.lineage = *farm.state;
  return farm;
}

/// What both tell of a farm: of each thing the newest.
GoldFarm NewestOf(const GoldFarm& known, const GoldFarm& told) {
  // The configuration alone made it: it was never received.
  const bool told_of = known.lineage.version > 0;
  GoldFarm merged = known.lineage >= told.lineage ? known : told;
  const GoldFarm& state = known.state >= told.state ? known : told;
  merged.name = state.name;
  merged.rules = state.rules;
  merged.state = state.state;
  merged.created_at = told_of ? std::min(known.created_at, told.created_at) : told.created_at;
  return merged;
}

/// What there was of a topic that is judged anew, and what is written since.
struct Anew {
  Topic topic = Topic::kCows;
  Book before;
  std::set<std::int64_t> written;
};

class SqlHerdBookTx final : public pipeline::HerdBookTx {
 public:
  explicit SqlHerdBookTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<bool> BeginAnew(Topic topic) override {
    HERDFLOW_ASSIGN(Statement * find, scope_->Get(sql::kFindRejudgeTopic));
    HERDFLOW_ASSIGN(const auto asked, FirstInt(find->Bind(1, Name(topic))));
    if (!asked) return false;
    HERDFLOW_ASSIGN(Book before, ReadBook(*scope_, topic));
    anew_ = {topic, std::move(before), {}};
    for (const auto& [message, mark] : anew_->before.entries) {
      if (mark.dismissed) dismissed_.push_back(message);
    }
    HERDFLOW_CHECK(CountEntriesAway(topic));
    for (const Sql* remove :
         {&sql::kDeleteEntriesOfTopic, &sql::kDeleteWatermarks, &sql::kDeleteRejudgeTopic}) {
      HERDFLOW_ASSIGN(Statement * run, scope_->Get(*remove));
      HERDFLOW_CHECK(run->Bind(1, Name(topic)).Run());
    }
    HERDFLOW_CHECK(ForgetRefused(*scope_, topic));
    return true;
  }

  Result<> RequestAnew(Topic topic) override { return RequestTopic(*scope_, topic); }

  Result<pipeline::BookDifferences> EndAnew() override {
    HERDFLOW_CHECK(MakeEndOfAnew());
    HERDFLOW_ASSIGN(const Book now, ReadBook(*scope_, anew_->topic));
    return DifferencesOf(anew_->before, now);
  }

  Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
    topic_ = topic;
    HERDFLOW_ASSIGN(auto taken, TakeRefused(*scope_, topic, max));
    dismissed_.insert(dismissed_.end(), taken.dismissed.begin(), taken.dismissed.end());
    if (!taken.records.empty()) return std::move(taken.records);
    std::vector<pipeline::UnjudgedRecord> records;
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, Name(topic)));
    HERDFLOW_ASSIGN(Statement * read,
                    scope_->Get(topic == Topic::kCows    ? sql::kReadBronzeCows
                                : topic == Topic::kFarms ? sql::kReadBronzeFarms
                                                         : sql::kReadBronzeSensors));
    static constexpr Columns kOf(sql::kReadBronzeCows);
    static_assert(SameColumns(sql::kReadBronzeCows, sql::kReadBronzeFarms));
    static_assert(SameColumns(sql::kReadBronzeCows, sql::kReadBronzeSensors));
    std::size_t bytes = 0;
    for (const UnjudgedPartition& partition : partitions) {
      if (records.size() >= max || bytes >= kChunkBytes) break;
      BindUnjudged(*read, partition, max - records.size());
      std::int64_t next = partition.from;
      while (bytes < kChunkBytes) {
        HERDFLOW_ASSIGN(const bool there, read->Step());
        if (!there) break;
        const std::int64_t offset = read->Int(kOf["topic_offset"]);
        next = offset + 1;
        records.push_back(
            {{read->Int(kOf["version"]), partition.stream, partition.partition, offset},
             FromMicros(read->Int(kOf["received_at"])),
             std::string(read->Bytes(kOf["payload"])),
             offset < partition.farms_from});
        bytes += records.back().payload.size();
      }
      read->Reset();
      HERDFLOW_CHECK(WriteWatermark(*scope_, Name(topic), partition, next));
    }
    return records;
  }

  Result<FarmRef> RefOfFarm(std::string_view id) override {
    return FarmRefOf(scope_->session(), id);
  }

  Result<bool> IsKnown(FarmRef farm) override {
    HERDFLOW_ASSIGN(const auto known, ReadFarm(farm));
    return known && known->state;
  }

  Result<CowRef> RefOfCow(FarmRef farm, std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->cows().RefOf({farm, id}));
    return CowRef{ref};
  }

  Result<SensorRef> RefOfSensor(FarmRef farm, std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->sensors().RefOf({farm, id}));
    return SensorRef{ref};
  }

  Result<> Merge(const GoldCow& cow) override {
    if (!cow.retired_at) HERDFLOW_CHECK(KeepName(cow));
    HERDFLOW_ASSIGN(auto known, ReadCow(cow.cow));
    if (known && known->lineage >= cow.lineage) {  // Overtaken: only its receipt may count.
      if (known->created_at <= cow.created_at) return {};
      known->created_at = cow.created_at;
      return Write(*known, cow.cow);
    }
    HERDFLOW_CHECK(CountIfNew(kCountedCows, cow.cow, known.has_value()));
    GoldCow merged = cow;
    if (known) {
      merged.created_at = std::min(cow.created_at, known->created_at);
      if (cow.retired_at) {  // Its name and birthdate stay.
        merged.name = std::move(known->name);
        merged.birthdate = known->birthdate;
      }
    }
    HERDFLOW_CHECK(Write(merged, cow.cow));
    HERDFLOW_CHECK(CountOvertaken(Topic::kCows, scope_->cows(), cow.cow, cow.lineage));
    return AfterMerge(sql::kSupersedeCowEntries, static_cast<std::int64_t>(cow.cow), cow.lineage,
                      known ? std::nullopt : std::optional(RequestKind::kCow));
  }

  Result<> Merge(const GoldSensor& sensor) override {
    HERDFLOW_ASSIGN(auto known, ReadSensor(sensor.sensor));
    if (known && known->lineage >= sensor.lineage) {
      if (known->created_at <= sensor.created_at) return {};
      known->created_at = sensor.created_at;
      return Write(*known, sensor.sensor);
    }
    HERDFLOW_CHECK(CountIfNew(kCountedSensors, sensor.sensor, known.has_value()));
    GoldSensor merged = sensor;
    if (known) {
      merged.created_at = std::min(sensor.created_at, known->created_at);
      if (sensor.retired_at) {  // Its unit and kind stay.
        merged.unit = known->unit;
        merged.kind = known->kind;
      }
      if (!anew_ && MeasureOf(merged) != MeasureOf(*known)) {
        HERDFLOW_CHECK(RequestPass(*scope_, sensor.sensor));
      }
    }
    HERDFLOW_CHECK(Write(merged, sensor.sensor));
    HERDFLOW_CHECK(
        CountOvertaken(Topic::kSensors, scope_->sensors(), sensor.sensor, sensor.lineage));
    return AfterMerge(sql::kSupersedeSensorEntries, static_cast<std::int64_t>(sensor.sensor),
                      sensor.lineage, known ? std::nullopt : std::optional(RequestKind::kSensor));
  }

  Result<> Merge(const GoldFarm& farm) override {
    HERDFLOW_ASSIGN(const auto known, ReadFarm(farm.farm));
    const GoldFarm merged = known ? NewestOf(*known, farm) : farm;
    if (known && merged == *known) return {};
    const bool becomes_known = merged.state && !(known && known->state);
    if (!anew_ && merged.state && (becomes_known || known->rules != merged.rules)) {
      HERDFLOW_CHECK(RequestPass(*scope_, farm.farm));
    }
    if (becomes_known) HERDFLOW_CHECK(RequestRefusedOf(*scope_, farm.farm));
    HERDFLOW_CHECK(Write(merged, farm.farm));
    return AfterMerge(sql::kSupersedeFarmEntries, static_cast<std::int64_t>(farm.farm),
                      farm.lineage, std::nullopt);
  }

  Result<> Quarantine(std::span<const pipeline::QuarantineEntry> entries) override {
    std::vector<pipeline::QuarantineEntry> judged(entries.begin(), entries.end());
    for (auto& entry : judged) {
      HERDFLOW_ASSIGN(const bool overtaken, IsOvertaken(entry));
      if (overtaken) entry.status = pipeline::QuarantineStatus::kSuperseded;
    }
    for (const auto& entry : judged) {
      const bool waits = entry.rejection.code == herd::RejectionCode::kUnknownFarm;
      if (waits && entry.farm) any_waiting_[*entry.farm] = true;
    }
    return InsertQuarantine(*scope_, judged);
  }

  Result<> Commit() override {
    HERDFLOW_CHECK(anew_ ? MakeEndOfAnew() : DismissAgain());
    return scope_->Commit();
  }

 private:
  /// Whether gold counts as not having the row, which was not written anew yet.
  template <class Ref>
  [[nodiscard]] bool IsForgotten(Topic topic, Ref ref) const {
    return anew_ && anew_->topic == topic &&
           !anew_->written.contains(static_cast<std::int64_t>(ref));
  }

  /// What goes with the topic's rows that were not written anew, and what follows from all of it.
  Result<> MakeEndOfAnew() {
    HERDFLOW_CHECK(anew_->topic == Topic::kCows    ? EndCowsAnew()
                   : anew_->topic == Topic::kFarms ? EndFarmsAnew()
                                                   : EndSensorsAnew());
    return DismissAgain();
  }

  /// What was dismissed stays so, if it was refused again.
  Result<> DismissAgain() {
    HERDFLOW_ASSIGN(Statement * dismiss, scope_->Get(sql::kDismissEntry));
    for (const Lineage& message : dismissed_) {
      HERDFLOW_CHECK(CountNoLongerWaiting(message));
      dismiss->Bind(1, message.stream).Bind(2, message.partition).Bind(3, message.offset);
      HERDFLOW_CHECK(dismiss->Run());
    }
    return {};
  }

  Result<> EndCowsAnew() {
    bool any_gone = false;
    for (const auto& [ref, cow] : anew_->before.cows) {
      if (IsWrittenThrough(cow.lineage) || !IsForgotten(Topic::kCows, ref)) continue;
      HERDFLOW_ASSIGN(const auto farm, FarmOf(*scope_, ref));
      TouchHerdBook(*scope_, farm);
      HERDFLOW_ASSIGN(Statement * remove, scope_->Get(sql::kDeleteGoldCow));
      HERDFLOW_CHECK(remove->Bind(1, ref).Run());
      HERDFLOW_CHECK(CountOf(kCountedCows, ref, -remove->found()));
      any_gone = true;
    }
    for (const std::int64_t cow : anew_->written) {
      if (!anew_->before.cows.contains(CowRef{cow}))
        HERDFLOW_CHECK(Request(*scope_, RequestKind::kCow, cow));
    }
    return any_gone ? RequestPass(*scope_) : Result<>();
  }

  Result<> EndSensorsAnew() {
    for (const auto& [ref, sensor] : anew_->before.sensors) {
      HERDFLOW_ASSIGN(const auto now, ReadSensor(ref));
      if (!now) {
        HERDFLOW_ASSIGN(const auto farm, FarmOf(*scope_, ref));
        TouchHerdBook(*scope_, farm);
        HERDFLOW_ASSIGN(Statement * remove, scope_->Get(sql::kDeleteGoldSensor));
        HERDFLOW_CHECK(remove->Bind(1, ref).Run());
        HERDFLOW_CHECK(CountOf(kCountedSensors, ref, -remove->found()));
      }
      if (!now || MeasureOf(*now) != MeasureOf(sensor)) {
        HERDFLOW_CHECK(RequestPass(*scope_, ref));
      }
    }
    for (const std::int64_t sensor : anew_->written) {
      if (!anew_->before.sensors.contains(SensorRef{sensor})) {
        HERDFLOW_CHECK(Request(*scope_, RequestKind::kSensor, sensor));
      }
    }
    return {};
  }

  Result<> EndFarmsAnew() {
    for (const auto& [ref, before] : anew_->before.farms) {
      const bool may_stay = ref == pipeline::kDefaultFarmRef;
      HERDFLOW_ASSIGN(const auto now,
                      may_stay ? ReadGoldFarm(scope_->session(), ref) : ReadFarm(ref));
      if (!now) {
        TouchFarm(*scope_, ref);
        HERDFLOW_ASSIGN(Statement * remove, scope_->Get(sql::kDeleteGoldFarm));
        HERDFLOW_CHECK(remove->Bind(1, ref).Run());
      } else if (IsForgotten(Topic::kFarms, ref)) {
        HERDFLOW_CHECK(WriteGold(*scope_, *now));
      }
      const bool is_known = now && now->state;
      const bool was_known = before.state.has_value();
      if (was_known && !is_known) {
        HERDFLOW_CHECK(RequestTopic(*scope_, Topic::kCows));
        HERDFLOW_CHECK(RequestTopic(*scope_, Topic::kSensors));
      }
      if (was_known != is_known || (is_known && now->rules != before.rules)) {
        HERDFLOW_CHECK(RequestPass(*scope_, ref));
      }
    }
    for (const std::int64_t written : anew_->written) {
      const FarmRef farm{written};
      if (!anew_->before.farms.contains(farm)) HERDFLOW_CHECK(RequestPass(*scope_, farm));
    }
    return {};
  }

  Result<std::optional<GoldCow>> ReadCow(CowRef ref) {
    HERDFLOW_ASSIGN(auto cow, ReadGoldCow(*scope_, ref));
    if (!cow || !IsForgotten(Topic::kCows, ref)) return cow;
    return WrittenThroughOf(*std::move(cow));
  }
  Result<std::optional<GoldSensor>> ReadSensor(SensorRef ref) {
    if (IsForgotten(Topic::kSensors, ref)) return std::optional<GoldSensor>();
    return ReadGoldSensor(*scope_, ref);
  }
  Result<std::optional<GoldFarm>> ReadFarm(FarmRef ref) {
    HERDFLOW_ASSIGN(auto farm, ReadGoldFarm(scope_->session(), ref));
    if (!farm || !IsForgotten(Topic::kFarms, ref)) return farm;
    return WrittenThroughOf(*std::move(farm));
  }

  template <class Row, class Ref>
  Result<> Write(const Row& row, Ref ref) {
    if (anew_) anew_->written.insert(static_cast<std::int64_t>(ref));
    return WriteGold(*scope_, row);
  }

  /// Whether gold holds a newer message of the entry's cow, sensor or farm, which another partition
  /// gave.
  Result<bool> IsOvertaken(const pipeline::QuarantineEntry& entry) {
    if (entry.cow) {
      HERDFLOW_ASSIGN(const auto known, ReadCow(*entry.cow));
      return known && known->lineage > entry.lineage;
    }
    if (entry.sensor) {
      HERDFLOW_ASSIGN(const auto known, ReadSensor(*entry.sensor));
      return known && known->lineage > entry.lineage;
    }
    if (topic_ == Topic::kFarms && entry.farm) {
      HERDFLOW_ASSIGN(const auto known, ReadFarm(*entry.farm));
      return known && known->lineage > entry.lineage;
    }
    return false;
  }

  Result<> KeepName(const GoldCow& cow) {
    const pipeline::CowNameParts parts = pipeline::SplitCowName(cow.name);
    if (!parts.number) return {};
    HERDFLOW_ASSIGN(const TextId id, scope_->cows().IdOf(static_cast<std::int64_t>(cow.cow)));
    HERDFLOW_ASSIGN(Statement * write, scope_->Get(sql::kWriteCowName));
    return write->Bind(1, id.farm).Bind(2, parts.base).Bind(3, *parts.number).Run();
  }

  /// The cow or the sensor makes `delta` rows of its farm.
  template <class Ref>
  Result<> CountOf(std::string_view counted, Ref ref, std::int64_t delta) {
    HERDFLOW_ASSIGN(const auto farm, FarmOf(*scope_, ref));
    if (!farm) return {};  // Damaged rows are not counted.
    CountChange(*scope_, counted, static_cast<std::int64_t>(*farm), "", delta);
    return {};
  }

  /// Before it is written. `is_known`: there is such a row, which is not forgotten.
  template <class Ref>
  Result<> CountIfNew(std::string_view counted, Ref ref, bool is_known) {
    if (is_known || (anew_ && WasThere(ref))) return {};
    return CountOf(counted, ref, 1);
  }
  [[nodiscard]] bool WasThere(CowRef cow) const { return anew_->before.cows.contains(cow); }
  [[nodiscard]] bool WasThere(SensorRef sensor) const {
    return anew_->before.sensors.contains(sensor);
  }

  /// All entries of the topic go.
  Result<> CountEntriesAway(Topic topic) {
    static constexpr Columns kOf(sql::kCountEntriesOfTopic);
    HERDFLOW_ASSIGN(Statement * count, scope_->Get(sql::kCountEntriesOfTopic));
    count->Bind(1, Name(topic));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, count->Step());
      if (!there) return {};
      CountEntries(*scope_, count->Int(kOf["farm"]), count->Bytes(kOf["code"]),
                   -count->Int(kOf["total"]), -count->Int(kOf["waiting"]));
    }
  }

  /// Before older entries of the cow or the sensor are superseded: those that wait for its farm,
  /// which is known by now and is about to have them judged again.
  template <class Ref>
  Result<> CountOvertaken(Topic topic, IdTable& ids, Ref ref, const Lineage& lineage) {
    HERDFLOW_ASSIGN(const TextId id, ids.IdOf(static_cast<std::int64_t>(ref)));
    auto any = any_waiting_.find(id.farm);
    if (any == any_waiting_.end()) {
      HERDFLOW_ASSIGN(Statement * find, scope_->Get(sql::kFindEntryOfFarm));
      HERDFLOW_ASSIGN(const auto found, FirstInt(find->Bind(1, id.farm).Bind(2, Name(topic))));
      any = any_waiting_.emplace(id.farm, found.has_value()).first;
    }
    if (!any->second) return {};
    HERDFLOW_ASSIGN(
        Statement * count,
        scope_->Get(topic == Topic::kCows ? sql::kCountWaitingOfCow : sql::kCountWaitingOfSensor));
    count->Bind(1, ref);
    BindLineage(*count, 2, lineage);
    HERDFLOW_ASSIGN(const auto waiting, FirstInt(*count));
    CountChange(*scope_, kCountedWaiting, static_cast<std::int64_t>(id.farm), "",
                -waiting.value_or(0));
    return {};
  }

  /// Before the entry is dismissed.
  Result<> CountNoLongerWaiting(const Lineage& message) {
    const std::array<Value, 3> place{message.stream, message.partition, message.offset};
    return scope_->session().ReadForKeys(
        sql::kReadEntry, 3, place, [&](const Statement& row) -> Result<> {
          const pipeline::KnownEntry known = ReadEntry(row);
          const bool waits = IsWaiting(known.code, known.entry.status);
          CountChange(*scope_, kCountedWaiting, RefOrNone(known.entry.farm), "", waits ? -1 : 0);
          return {};
        });
  }

  /// Older refused messages are overtaken; what waited for a row that is new is judged again.
  Result<> AfterMerge(const Sql& supersede, std::int64_t ref, const Lineage& lineage,
                      std::optional<RequestKind> request) {
    HERDFLOW_ASSIGN(Statement * entries, scope_->Get(supersede));
    entries->Bind(1, ref);
    BindLineage(*entries, 2, lineage);
    HERDFLOW_CHECK(entries->Run());
    return request && !anew_ ? Request(*scope_, *request, ref) : Result<>();
  }

  std::unique_ptr<WriteScope> scope_;
  std::optional<Anew> anew_;
  std::vector<Lineage> dismissed_;  ///< Before they were judged again.
  /// Of farms, whether the quarantine may hold what waits for them of the topic.
  std::map<FarmRef, bool> any_waiting_;
  std::optional<Topic> topic_;  ///< Of the messages that were given last.
};

}  // namespace

std::unique_ptr<pipeline::HerdBookTx> MakeHerdBookTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqlHerdBookTx>(std::move(scope));
}

}  // namespace herdflow::store_sql
