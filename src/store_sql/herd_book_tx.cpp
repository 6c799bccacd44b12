#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "rejudge_queue.hpp"
#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::CowRef;
using pipeline::GoldCow;
using pipeline::GoldSensor;
using pipeline::SensorRef;
using pipeline::Topic;

std::optional<std::int64_t> MicrosOf(const std::optional<Instant>& at) {
  return at ? std::optional(ToMicros(*at)) : std::nullopt;
}

std::optional<Instant> InstantOf(const std::optional<std::int64_t>& micros) {
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

/// What there was of a topic that is judged anew, and what is written since.
struct Anew {
  Topic topic = Topic::kCows;
  std::map<std::int64_t, std::string> before;  ///< The sensor's unit, or nothing.
  std::set<std::int64_t> may_stay;             ///< Written through: bronze may not have it yet.
  std::set<std::int64_t> written;
  std::vector<std::array<std::int64_t, 3>> dismissed;
};

class SqlHerdBookTx final : public pipeline::HerdBookTx {
 public:
  explicit SqlHerdBookTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<bool> BeginAnew(Topic topic) override {
    HERDFLOW_ASSIGN(Statement * find, scope_->Get("find_rejudge_topic"));
    HERDFLOW_ASSIGN(const auto asked, FirstInt(find->Bind(1, Name(topic))));
    if (!asked) return false;
    anew_.emplace().topic = topic;
    HERDFLOW_CHECK(topic == Topic::kCows ? ReadCowRefs() : ReadUnits());
    HERDFLOW_ASSIGN(Statement * dismissed, scope_->Get("read_dismissed_entries"));
    dismissed->Bind(1, Name(topic));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, dismissed->Step());
      if (!there) break;
      anew_->dismissed.push_back({dismissed->Int(0), dismissed->Int(1), dismissed->Int(2)});
    }
    for (const auto* remove :
         {"delete_entries_of_topic", "delete_watermarks", "delete_rejudge_topic"}) {
      HERDFLOW_ASSIGN(Statement * run, scope_->Get(remove));
      HERDFLOW_CHECK(run->Bind(1, Name(topic)).Run());
    }
    return true;
  }

  Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
    std::vector<pipeline::UnjudgedRecord> records;
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, Name(topic)));
    HERDFLOW_ASSIGN(Statement * read, scope_->Get(topic == Topic::kCows ? "read_bronze_cows"
                                                                        : "read_bronze_sensors"));
    for (const UnjudgedPartition& partition : partitions) {
      if (records.size() >= max) break;
      BindUnjudged(*read, partition, max - records.size());
      std::int64_t next = partition.from;
      while (true) {
        HERDFLOW_ASSIGN(const bool there, read->Step());
        if (!there) break;
        next = read->Int(0) + 1;
        records.push_back({{read->Int(1), pipeline::StreamRef{partition.stream},
                            partition.partition, read->Int(0)},
                           FromMicros(read->Int(2)),
                           std::string(read->Bytes(3))});
      }
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
      if (sensor.retired_at) merged.unit = known->unit;
      if (!anew_ && herd::UnitKindOf(merged.unit) != herd::UnitKindOf(known->unit)) {
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
    if (anew_) {
      HERDFLOW_CHECK(anew_->topic == Topic::kCows ? EndCowsAnew() : EndSensorsAnew());
      HERDFLOW_ASSIGN(Statement * dismiss, scope_->Get("dismiss_entry"));
      for (const auto& [stream, partition, offset] : anew_->dismissed) {
        HERDFLOW_CHECK(dismiss->Bind(1, stream).Bind(2, partition).Bind(3, offset).Run());
      }
    }
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

  Result<> ReadCowRefs() {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_cow_refs"));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      anew_->before.emplace(read->Int(0), "");
      if (read->Int(1) == 0) anew_->may_stay.insert(read->Int(0));
    }
  }

  Result<> ReadUnits() {
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_sensor_units"));
    while (true) {
      HERDFLOW_ASSIGN(const bool there, read->Step());
      if (!there) return {};
      anew_->before.emplace(read->Int(0), read->Bytes(1));
    }
  }

  Result<> EndCowsAnew() {
    bool any_gone = false;
    for (const auto& [cow, nothing] : anew_->before) {
      if (anew_->written.contains(cow) || anew_->may_stay.contains(cow)) continue;
      HERDFLOW_ASSIGN(Statement * remove, scope_->Get("delete_gold_cow"));
      HERDFLOW_CHECK(remove->Bind(1, cow).Run());
      any_gone = true;
    }
    for (const std::int64_t cow : anew_->written) {
      if (!anew_->before.contains(cow)) HERDFLOW_CHECK(RequestKnown(kCow, cow));
    }
    return any_gone ? RequestPass(*scope_) : Result<>();
  }

  Result<> EndSensorsAnew() {
    for (const auto& [sensor, unit] : anew_->before) {
      HERDFLOW_ASSIGN(const auto now, ReadSensor(SensorRef{sensor}));
      if (!now) {
        HERDFLOW_ASSIGN(Statement * remove, scope_->Get("delete_gold_sensor"));
        HERDFLOW_CHECK(remove->Bind(1, sensor).Run());
      }
      if (!now || herd::UnitKindOf(now->unit) != herd::UnitKindOf(unit)) {
        HERDFLOW_CHECK(RequestPass(*scope_, SensorRef{sensor}));
      }
    }
    for (const std::int64_t sensor : anew_->written) {
      if (!anew_->before.contains(sensor)) HERDFLOW_CHECK(RequestKnown(kSensor, sensor));
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
    GoldCow cow;
    cow.cow = ref;
    cow.name = read->Bytes(0);
    if (const auto birth = read->MaybeInt(1)) {
      cow.birthdate = FarmDay{static_cast<std::int32_t>(*birth)};
    }
    cow.retired_at = InstantOf(read->MaybeInt(2));
    cow.lineage = ReadLineage(*read, 3);
    cow.created_at = FromMicros(read->Int(7));
    cow.updated_at = FromMicros(read->Int(8));
    read->Reset();
    return std::optional(std::move(cow));
  }

  Result<std::optional<GoldSensor>> ReadSensor(SensorRef ref) {
    if (IsForgotten(static_cast<std::int64_t>(ref))) return std::optional<GoldSensor>();
    HERDFLOW_ASSIGN(Statement * read, scope_->Get("read_gold_sensor"));
    HERDFLOW_ASSIGN(const bool known, read->Bind(1, ref).Step());
    if (!known) return std::optional<GoldSensor>();
    GoldSensor sensor;
    sensor.sensor = ref;
    sensor.unit = read->Bytes(0);
    sensor.retired_at = InstantOf(read->MaybeInt(1));
    sensor.lineage = ReadLineage(*read, 2);
    sensor.created_at = FromMicros(read->Int(6));
    sensor.updated_at = FromMicros(read->Int(7));
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
        .Bind(3, MicrosOf(sensor.retired_at));
    BindLineage(*write, 4, sensor.lineage);
    return write->Bind(8, ToMicros(sensor.created_at)).Bind(9, ToMicros(sensor.updated_at)).Run();
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
  Result<> AfterMerge(std::string_view supersede, std::int64_t ref,
                      const pipeline::Lineage& lineage, std::int64_t request_kind) {
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
