#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "known_versions.hpp"
#include "rejudge_queue.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::GoldCow;
using pipeline::GoldSensor;
using pipeline::Lineage;
using pipeline::SensorRef;
using pipeline::Topic;

std::optional<std::int64_t> MicrosOf(const std::optional<Instant>& at) {
  return at ? std::optional(ToMicros(*at)) : std::nullopt;
}

std::optional<Instant> InstantOf(const std::optional<std::int64_t>& micros) {
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

using Cows = std::map<CowRef, GoldCow>;
using Sensors = std::map<SensorRef, GoldSensor>;
/// By their messages: what is said of them, and whether they are dismissed.
struct EntryMark {
  std::size_t hash = 0;
  bool dismissed = false;

  bool operator==(const EntryMark&) const = default;
};
using Entries = std::map<Lineage, EntryMark>;

GoldCow CowIn(const Statement& row) {
  GoldCow cow;
  cow.cow = CowRef{row.Int(0)};
  cow.name = row.Bytes(1);
  if (const auto birth = row.MaybeInt(2)) {
    cow.birthdate = FarmDay{static_cast<std::int32_t>(*birth)};
  }
  cow.retired_at = InstantOf(row.MaybeInt(3));
  cow.lineage = ReadLineage(row, 4);
  cow.created_at = FromMicros(row.Int(8));
  cow.updated_at = FromMicros(row.Int(9));
  return cow;
}

GoldSensor SensorIn(const Statement& row) {
  GoldSensor sensor;
  sensor.sensor = SensorRef{row.Int(0)};
  sensor.unit = row.Bytes(1);
  sensor.kind = row.Bytes(2);
  sensor.retired_at = InstantOf(row.MaybeInt(3));
  sensor.lineage = ReadLineage(row, 4);
  sensor.created_at = FromMicros(row.Int(8));
  sensor.updated_at = FromMicros(row.Int(9));
  return sensor;
}

herd::Measure MeasureOf(const GoldSensor& sensor) {
  return herd::MeasureOf(sensor.unit, sensor.kind);
}

/// The keys whose rows are not the same in both.
template <class Key, class Row>
std::vector<Key> Differing(const std::map<Key, Row>& before, const std::map<Key, Row>& after) {
  std::vector<Key> keys;
  for (const auto& [key, row] : before) {
    const auto same = after.find(key);
    if (same == after.end() || same->second != row) keys.push_back(key);
  }
  for (const auto& [key, row] : after) {
    if (!before.contains(key)) keys.push_back(key);
  }
  return keys;
}

/// What there was of a topic that is judged anew, and what is written since.
struct Anew {
  Topic topic = Topic::kCows;
  Cows cows;
  Sensors sensors;
  Entries entries;
  std::set<std::int64_t> written;
};

class SqlHerdBookTx final : public pipeline::HerdBookTx {
 public:
  explicit SqlHerdBookTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<bool> BeginAnew(Topic topic) override {
    HERDFLOW_ASSIGN(Statement * find, scope_->Get("find_rejudge_topic"));
    HERDFLOW_ASSIGN(const auto asked, FirstInt(find->Bind(1, Name(topic))));
    if (!asked) return false;
    anew_.emplace().topic = topic;
    HERDFLOW_CHECK(topic == Topic::kCows ? ReadAll(anew_->cows) : ReadAll(anew_->sensors));
    HERDFLOW_CHECK(ReadAll(anew_->entries));
    for (const auto* remove :
         {"delete_entries_of_topic", "delete_watermarks", "delete_rejudge_topic"}) {
      HERDFLOW_ASSIGN(Statement * run, scope_->Get(remove));
      HERDFLOW_CHECK(run->Bind(1, Name(topic)).Run());
    }
    return true;
  }

  Result<> RequestAnew(Topic topic) override {
    HERDFLOW_ASSIGN(Statement * request, scope_->Get("insert_rejudge_topic"));
    return request->Bind(1, Name(topic)).Run();
  }

  Result<pipeline::BookDifferences> EndAnew() override {
    HERDFLOW_CHECK(MakeEndOfAnew());
    Cows cows;
    Sensors sensors;
    Entries entries;
    HERDFLOW_CHECK(anew_->topic == Topic::kCows ? ReadAll(cows) : ReadAll(sensors));
    HERDFLOW_CHECK(ReadAll(entries));
    return pipeline::BookDifferences{Differing(anew_->cows, cows),
                                     Differing(anew_->sensors, sensors),
                                     Differing(anew_->entries, entries)};
  }

  Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
    std::vector<pipeline::UnjudgedRecord> records;
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, Name(topic)));
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(topic == Topic::kCows ? "read_bronze_cows"
                                                                        : "read_bronze_sensors"));
    std::size_t bytes = 0;
    for (const UnjudgedPartition& partition : partitions) {
      if (records.size() >= max || bytes >= kChunkBytes) break;
      BindUnjudged(*read, partition, max - records.size());
      std::int64_t next = partition.from;
      while (bytes < kChunkBytes) {
        HERDFLOW_ASSIGN(const bool there, read->Step());
        if (!there) break;
        next = read->Int(0) + 1;
        records.push_back({{read->Int(1), pipeline::StreamRef{partition.stream},
                            partition.partition, read->Int(0)},
                           FromMicros(read->Int(2)),
                           std::string(read->Bytes(3))});
        bytes += records.back().payload.size();
      }
      read->Reset();
      HERDFLOW_CHECK(WriteWatermark(*scope_, Name(topic), partition, next));
    }
    return records;
  }

  Result<CowRef> RefOfCow(std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->cows().RefOf(id));
    return CowRef{ref};
  }

  Result<SensorRef> RefOfSensor(std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->sensors().RefOf(id));
    return SensorRef{ref};
  }

  Result<> Merge(const GoldCow& cow) override {
    if (!cow.retired_at) HERDFLOW_CHECK(KeepName(cow.name));
    HERDFLOW_ASSIGN(auto known, ReadCow(cow.cow));
    if (known && known->lineage >= cow.lineage) {  // Overtaken: only its receipt may count.
      if (known->created_at <= cow.created_at) return {};
      known->created_at = cow.created_at;
      return Write(*known);
    }
    GoldCow merged = cow;
    if (known) {
      merged.created_at = std::min(cow.created_at, known->created_at);
      if (cow.retired_at) {  // Its name and birthdate stay.
        merged.name = std::move(known->name);
        merged.birthdate = known->birthdate;
      }
    }
    HERDFLOW_CHECK(Write(merged));
    return AfterMerge("supersede_cow_entries", static_cast<std::int64_t>(cow.cow), cow.lineage,
                      known ? kNone : kCow);
  }

  Result<> Merge(const GoldSensor& sensor) override {
    HERDFLOW_ASSIGN(auto known, ReadSensor(sensor.sensor));
    if (known && known->lineage >= sensor.lineage) {
      if (known->created_at <= sensor.created_at) return {};
      known->created_at = sensor.created_at;
      return Write(*known);
    }
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
    HERDFLOW_CHECK(Write(merged));
    return AfterMerge("supersede_sensor_entries", static_cast<std::int64_t>(sensor.sensor),
                      sensor.lineage, known ? kNone : kSensor);
  }

  Result<> Quarantine(std::span<const pipeline::QuarantineEntry> entries) override {
    std::vector<pipeline::QuarantineEntry> judged(entries.begin(), entries.end());
    for (auto& entry : judged) {
      HERDFLOW_ASSIGN(const bool overtaken, IsOvertaken(entry));
      if (overtaken) entry.status = pipeline::QuarantineStatus::kSuperseded;
    }
    return InsertQuarantine(*scope_, judged);
  }

  Result<> Commit() override {
    if (anew_) HERDFLOW_CHECK(MakeEndOfAnew());
    return scope_->Commit();
  }

 private:
  static constexpr std::int64_t kNone = -1;
  static constexpr std::int64_t kCow = 0;
  static constexpr std::int64_t kSensor = 1;

  /// Whether gold counts as not having the row, which was not written anew yet.
  [[nodiscard]] bool IsForgotten(std::int64_t ref) const {
    return anew_ && !anew_->written.contains(ref);
  }

  template <class Each>
  Result<> ForRows(Statement& read, Each each) {
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read.Step());
      if (!there) return {};
      each(read);
    }
  }

  Result<> ReadAll(Cows& cows) {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_cows"));
    return ForRows(*read, [&](const Statement& row) {
      GoldCow cow = CowIn(row);
      cows.emplace(cow.cow, std::move(cow));
    });
  }

  Result<> ReadAll(Sensors& sensors) {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_sensors"));
    return ForRows(*read, [&](const Statement& row) {
      GoldSensor sensor = SensorIn(row);
      sensors.emplace(sensor.sensor, std::move(sensor));
    });
  }

  /// Of the topic that is judged anew.
  Result<> ReadAll(Entries& entries) {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_entries_of_topic"));
    read->Bind(1, Name(anew_->topic));
    return ForRows(*read, [&](const Statement& row) {
      const auto [entry, code, field] = ReadEntry(row);
      const auto number = [](const auto& ref) {
        return ref ? static_cast<std::int64_t>(*ref) : std::int64_t{-1};
      };
      const std::string said =
          fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", static_cast<int>(entry.status), code, field,
                      entry.rejection.reason, ToMicros(entry.received_at), number(entry.cow),
                      number(entry.sensor), entry.original);
      entries[entry.lineage] = {std::hash<std::string>{}(said),
                                entry.status == pipeline::QuarantineStatus::kDismissed};
    });
  }

  /// What goes with the topic's rows that were not written anew, and what follows from all of it.
  Result<> MakeEndOfAnew() {
    HERDFLOW_CHECK(anew_->topic == Topic::kCows ? EndCowsAnew() : EndSensorsAnew());
    HERDFLOW_ASSIGN(Statement * dismiss, scope_->Get("dismiss_entry"));
    for (const auto& [message, mark] : anew_->entries) {
      if (!mark.dismissed) continue;
      dismiss->Bind(1, message.stream).Bind(2, message.partition).Bind(3, message.offset);
      HERDFLOW_CHECK(dismiss->Run());
    }
    return {};
  }

  Result<> EndCowsAnew() {
    bool any_gone = false;
    for (const auto& [ref, cow] : anew_->cows) {
      // Written through: bronze may not have it yet.
      const bool may_stay = cow.lineage.stream == pipeline::StreamRef{};
      if (may_stay || !IsForgotten(static_cast<std::int64_t>(ref))) continue;
      HERDFLOW_ASSIGN(Statement * remove, scope_->Get("delete_gold_cow"));
      HERDFLOW_CHECK(remove->Bind(1, ref).Run());
      any_gone = true;
    }
    for (const std::int64_t cow : anew_->written) {
      if (!anew_->cows.contains(CowRef{cow})) HERDFLOW_CHECK(RequestKnown(kCow, cow));
    }
    return any_gone ? RequestPass(*scope_) : Result<>();
  }

  Result<> EndSensorsAnew() {
    for (const auto& [ref, sensor] : anew_->sensors) {
      HERDFLOW_ASSIGN(const auto now, ReadSensor(ref));
      if (!now) {
        HERDFLOW_ASSIGN(Statement * remove, scope_->Get("delete_gold_sensor"));
        HERDFLOW_CHECK(remove->Bind(1, ref).Run());
      }
      if (!now || MeasureOf(*now) != MeasureOf(sensor)) {
        HERDFLOW_CHECK(RequestPass(*scope_, ref));
      }
    }
    for (const std::int64_t sensor : anew_->written) {
      if (!anew_->sensors.contains(SensorRef{sensor})) {
        HERDFLOW_CHECK(RequestKnown(kSensor, sensor));
      }
    }
    return {};
  }

  Result<> RequestKnown(std::int64_t kind, std::int64_t ref) {
    HERDFLOW_ASSIGN(Statement * request, scope_->Get("insert_rejudge_request"));
    return request->Bind(1, kind).Bind(2, ref).Run();
  }

  Result<std::optional<GoldCow>> ReadCow(CowRef ref) {
    if (IsForgotten(static_cast<std::int64_t>(ref))) return std::optional<GoldCow>();
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_cow"));
    HERDFLOW_ASSIGN(const bool known, read->Bind(1, ref).Step());
    if (!known) return std::optional<GoldCow>();
    GoldCow cow = CowIn(*read);
    read->Reset();
    return std::optional(std::move(cow));
  }

  Result<std::optional<GoldSensor>> ReadSensor(SensorRef ref) {
    if (IsForgotten(static_cast<std::int64_t>(ref))) return std::optional<GoldSensor>();
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_sensor"));
    HERDFLOW_ASSIGN(const bool known, read->Bind(1, ref).Step());
    if (!known) return std::optional<GoldSensor>();
    GoldSensor sensor = SensorIn(*read);
    read->Reset();
    return std::optional(std::move(sensor));
  }

  Result<> Write(const GoldCow& cow) {
    if (anew_) anew_->written.insert(static_cast<std::int64_t>(cow.cow));
    HERDFLOW_ASSIGN(Statement * write, scope_->Get("write_gold_cow"));
    write->Bind(1, cow.cow)
        .Bind(2, std::string_view(cow.name))
        .Bind(3, cow.birthdate ? Value(cow.birthdate->days) : Value())
        .Bind(4, MicrosOf(cow.retired_at));
    BindLineage(*write, 5, cow.lineage);
    return write->Bind(9, ToMicros(cow.created_at)).Bind(10, ToMicros(cow.updated_at)).Run();
  }

  Result<> Write(const GoldSensor& sensor) {
    if (anew_) anew_->written.insert(static_cast<std::int64_t>(sensor.sensor));
    HERDFLOW_ASSIGN(Statement * write, scope_->Get("write_gold_sensor"));
    write->Bind(1, sensor.sensor)
        .Bind(2, std::string_view(sensor.unit))
        .Bind(3, sensor.kind.empty() ? Value() : Value(std::string_view(sensor.kind)))
        .Bind(4, MicrosOf(sensor.retired_at));
    BindLineage(*write, 5, sensor.lineage);
    return write->Bind(9, ToMicros(sensor.created_at)).Bind(10, ToMicros(sensor.updated_at)).Run();
  }

  /// Whether gold holds a newer message of the entry's cow or sensor, which another partition gave.
  Result<bool> IsOvertaken(const pipeline::QuarantineEntry& entry) {
    if (entry.cow) {
      HERDFLOW_ASSIGN(const auto known, ReadCow(*entry.cow));
      return known && known->lineage > entry.lineage;
    }
    if (entry.sensor) {
      HERDFLOW_ASSIGN(const auto known, ReadSensor(*entry.sensor));
      return known && known->lineage > entry.lineage;
    }
    return false;
  }

  Result<> KeepName(std::string_view name) {
    const pipeline::CowNameParts parts = pipeline::SplitCowName(name);
    if (!parts.number) return {};
    HERDFLOW_ASSIGN(Statement * write, scope_->Get("write_cow_name"));
    return write->Bind(1, parts.base).Bind(2, *parts.number).Run();
  }

  /// Older refused messages are overtaken; what waited for a row that is new is judged again.
  Result<> AfterMerge(std::string_view supersede, std::int64_t ref, const Lineage& lineage,
                      std::int64_t request_kind) {
    HERDFLOW_ASSIGN(Statement * entries, scope_->Get(supersede));
    entries->Bind(1, ref);
    BindLineage(*entries, 2, lineage);
    HERDFLOW_CHECK(entries->Run());
    return request_kind == kNone || anew_ ? Result<>() : RequestKnown(request_kind, ref);
  }

  std::unique_ptr<WriteScope> scope_;
  std::optional<Anew> anew_;
};

}  // namespace

std::unique_ptr<pipeline::HerdBookTx> MakeHerdBookTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqlHerdBookTx>(std::move(scope));
}

}  // namespace herdflow::store_sql
