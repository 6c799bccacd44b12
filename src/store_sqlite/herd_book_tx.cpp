#include "transactions.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sqlite {
namespace {

using pipeline::CowRef;
using pipeline::GoldCow;
using pipeline::GoldSensor;
using pipeline::SensorRef;
using pipeline::Topic;

std::optional<std::int64_t> MicrosOf(const std::optional<Instant>& at) {
  return at ? std::optional(ToMicros(*at)) : std::nullopt;
}

class SqliteHerdBookTx final : public pipeline::HerdBookTx {
 public:
  explicit SqliteHerdBookTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<std::vector<pipeline::UnjudgedRecord>> ReadBronze(Topic topic, std::size_t max) override {
    std::vector<pipeline::UnjudgedRecord> records;
    HERDFLOW_ASSIGN(const auto partitions, ReadUnjudgedPartitions(*scope_, Name(topic)));
    HERDFLOW_ASSIGN(
        sqlite::Statement * read,
        scope_->Get(topic == Topic::kCows ? "read_bronze_cows" : "read_bronze_sensors"));
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
                           std::string(read->Blob(3))});
      }
      HERDFLOW_CHECK(WriteWatermark(*scope_, Name(topic), partition, next));
    }
    return records;
  }

  Result<CowRef> RefOfCow(std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->writer().cows.RefOf(id));
    return CowRef{ref};
  }

  Result<SensorRef> RefOfSensor(std::string_view id) override {
    HERDFLOW_ASSIGN(const std::int64_t ref, scope_->writer().sensors.RefOf(id));
    return SensorRef{ref};
  }

  Result<> Merge(const GoldCow& cow) override {
    const auto ref = static_cast<std::int64_t>(cow.cow);
    GoldCow merged = cow;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_gold_cow"));
    HERDFLOW_ASSIGN(const bool known, read->Bind(1, ref).Step());
    if (known) {
      merged.created_at = std::min(cow.created_at, FromMicros(read->Int(7)));
      const bool newer = cow.lineage > ReadLineage(*read, 3);
      if (cow.retired_at) {  // Its name and birthdate stay.
        merged.name = read->Text(0);
        if (const auto birth = read->MaybeInt(1)) {
          merged.birthdate = FarmDay{static_cast<std::int32_t>(*birth)};
        }
      }
      read->Reset();
      if (!newer) return {};
    }
    HERDFLOW_ASSIGN(sqlite::Statement * write, scope_->Get("write_gold_cow"));
    write->Bind(1, ref)
        .Bind(2, std::string_view(merged.name))
        .Bind(3, merged.birthdate ? std::optional(std::int64_t{merged.birthdate->days})
                                  : std::nullopt)
        .Bind(4, MicrosOf(merged.retired_at));
    BindLineage(*write, 5, merged.lineage);
    HERDFLOW_CHECK(
        write->Bind(9, ToMicros(merged.created_at)).Bind(10, ToMicros(merged.updated_at)).Run());
    HERDFLOW_CHECK(KeepName(merged.name));
    return AfterMerge("supersede_cow_entries", ref, merged.lineage, known ? kNone : kCow);
  }

  Result<> Merge(const GoldSensor& sensor) override {
    const auto ref = static_cast<std::int64_t>(sensor.sensor);
    GoldSensor merged = sensor;
    HERDFLOW_ASSIGN(sqlite::Statement * read, scope_->Get("read_gold_sensor"));
    HERDFLOW_ASSIGN(const bool known, read->Bind(1, ref).Step());
    if (known) {
      merged.created_at = std::min(sensor.created_at, FromMicros(read->Int(6)));
      const bool newer = sensor.lineage > ReadLineage(*read, 2);
      if (sensor.retired_at) merged.unit = read->Text(0);
      read->Reset();
      if (!newer) return {};
    }
    HERDFLOW_ASSIGN(sqlite::Statement * write, scope_->Get("write_gold_sensor"));
    write->Bind(1, ref).Bind(2, std::string_view(merged.unit)).Bind(3, MicrosOf(merged.retired_at));
    BindLineage(*write, 4, merged.lineage);
    HERDFLOW_CHECK(
        write->Bind(8, ToMicros(merged.created_at)).Bind(9, ToMicros(merged.updated_at)).Run());
    return AfterMerge("supersede_sensor_entries", ref, merged.lineage, known ? kNone : kSensor);
  }

  Result<> Quarantine(std::span<const pipeline::QuarantineEntry> entries) override {
    for (const auto& entry : entries) HERDFLOW_CHECK(InsertQuarantine(*scope_, entry));
    return {};
  }

  Result<> Commit() override { return scope_->Commit(); }

 private:
  static constexpr std::int64_t kNone = -1;
  static constexpr std::int64_t kCow = 0;
  static constexpr std::int64_t kSensor = 1;

  Result<> KeepName(std::string_view name) {
    const pipeline::CowNameParts parts = pipeline::SplitCowName(name);
    if (!parts.number) return {};
    HERDFLOW_ASSIGN(sqlite::Statement * write, scope_->Get("write_cow_name"));
    return write->Bind(1, parts.base).Bind(2, *parts.number).Run();
  }

  /// Older refused messages are overtaken; what waited for a row that is new is judged again.
  Result<> AfterMerge(std::string_view supersede, std::int64_t ref,
                      const pipeline::Lineage& lineage, std::int64_t request_kind) {
    HERDFLOW_ASSIGN(sqlite::Statement * entries, scope_->Get(supersede));
    HERDFLOW_CHECK(entries->Bind(1, ref).Bind(2, lineage.version).Run());
    if (request_kind == kNone) return {};
    HERDFLOW_ASSIGN(sqlite::Statement * request, scope_->Get("insert_rejudge_request"));
    return request->Bind(1, request_kind).Bind(2, ref).Run();
  }

  std::unique_ptr<WriteScope> scope_;
};

}  // namespace

std::unique_ptr<pipeline::HerdBookTx> MakeHerdBookTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqliteHerdBookTx>(std::move(scope));
}

}  // namespace herdflow::store_sqlite
