#include <map>
#include <string>
#include <utility>

#include "herdflow/core/text.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "row_writer.hpp"
#include "transactions.hpp"

namespace herdflow::store_sql {
namespace {

using herd::Field;
using pipeline::PartitionClaim;

/// Text columns of bronze show at most this many bytes; the payload has the rest.
constexpr std::size_t kMaxShown = 255;

Value Shown(const Field& field) {
  switch (field.kind) {
    case Field::Kind::kAbsent:
    case Field::Kind::kNull:
      return {};
    case Field::Kind::kTrue:
      return std::string_view("true");
    case Field::Kind::kFalse:
      return std::string_view("false");
    case Field::Kind::kText:
    case Field::Kind::kNumber:
    case Field::Kind::kOther:
      return CutUtf8(field.text, kMaxShown);
  }
  return {};
}

Value BytesOrNull(std::string_view bytes) { return bytes.empty() ? Value() : Value::Blob(bytes); }

/// A chunk is of one topic, so one of the writers works.
class SqlLoadTx final : public pipeline::LoadTx {
 public:
  explicit SqlLoadTx(std::unique_ptr<WriteScope> scope)
      : scope_(std::move(scope)),
        measurements_(scope_->session(), sql::kInsertBronzeMeasurement),
        cows_(scope_->session(), sql::kInsertBronzeCow),
        sensors_(scope_->session(), sql::kInsertBronzeSensor),
        farms_(scope_->session(), sql::kInsertBronzeFarm) {}

  Result<bool> Advance(const PartitionClaim& claim, const PartitionClaim& after,
                       const pipeline::LeftOut& left_out) override {
    HERDFLOW_ASSIGN(Statement * advance, scope_->Get(sql::kAdvancePartition));
    const auto& hash = after.last_hash;
    HERDFLOW_CHECK(
        advance->Bind(1, kConsumerGroup)
            .Bind(2, std::string_view(claim.stream_id))
            .Bind(3, claim.partition.partition)
            .Bind(4, claim.epoch)
            .Bind(5, claim.next_offset)
            .Bind(6, after.next_offset)
            .Bind(7, after.last_version)
            .Bind(8, left_out.holes)
            .Bind(9, hash ? Value::Blob({reinterpret_cast<const char*>(hash->data()), hash->size()})
                          : Value())
            .Bind(10, left_out.hidden)
            .Bind(11, after.last_offset)
            .Run());
    return advance->found() == 1;
  }

  Result<> Insert(const PartitionClaim& claim, const pipeline::BronzeMeasurement& row) override {
    ++rows_[{claim.stream_id, claim.partition.partition}];
    const auto& [farm_id, sensor_id, cow_id, timestamp, value, deleted] = row.fields;
    const bool has_ref = row.sensor_id_is_good || row.cow_id_is_good;
    pipeline::FarmRef farm{};
    if (has_ref) {
      HERDFLOW_ASSIGN(farm, FarmRefOf(scope_->session(), row.farm));
    }
    Id sensor, cow;
    HERDFLOW_ASSIGN(sensor, IdOf(farm, sensor_id, row.sensor_id_is_good, scope_->sensors()));
    HERDFLOW_ASSIGN(cow, IdOf(farm, cow_id, row.cow_id_is_good, scope_->cows()));
    // The shown texts make the payload again only if nothing was cut off.
    const bool whole = row.is_canonical && timestamp.text.size() <= kMaxShown &&
                       value.text.size() <= kMaxShown && deleted.text.size() <= kMaxShown;
    return measurements_.Add({claim.stream, claim.partition.partition, row.offset, row.version,
                              ToMicros(row.received_at), sensor.ref, cow.ref,
                              whole ? Value(pipeline::PackKinds(row.fields)) : Value(),
                              Shown(timestamp), Shown(value), Shown(deleted), sensor.odd, cow.odd,
                              whole ? Value() : Value::Blob(row.key),
                              whole ? Value() : Value::Blob(row.payload), BytesOrNull(row.headers),
                              has_ref ? Value() : Shown(farm_id)});
  }

  Result<> Insert(const PartitionClaim& claim, const pipeline::BronzeCow& row) override {
    ++rows_[{claim.stream_id, claim.partition.partition}];
    return cows_.Add({claim.stream, claim.partition.partition, row.offset, row.version,
                      ToMicros(row.received_at), Shown(row.fields.id), Shown(row.fields.name),
                      Shown(row.fields.birthdate), Shown(row.fields.deleted), Value::Blob(row.key),
                      Value::Blob(row.payload), BytesOrNull(row.headers), Shown(row.fields.farm)});
  }

  Result<> Insert(const PartitionClaim& claim, const pipeline::BronzeSensor& row) override {
    ++rows_[{claim.stream_id, claim.partition.partition}];
    return sensors_.Add({claim.stream, claim.partition.partition, row.offset, row.version,
                         ToMicros(row.received_at), Shown(row.fields.id), Shown(row.fields.unit),
                         Shown(row.fields.kind), Shown(row.fields.deleted), Value::Blob(row.key),
                         Value::Blob(row.payload), BytesOrNull(row.headers),
                         Shown(row.fields.farm)});
  }

  Result<> Insert(const PartitionClaim& claim, const pipeline::BronzeFarm& row) override {
    ++rows_[{claim.stream_id, claim.partition.partition}];
    const auto& [id, name, time_zone, litre_min, litre_max, kilogram_min, kilogram_max,
                 milk_density, deleted] = row.fields;
    return farms_.Add({claim.stream, claim.partition.partition, row.offset, row.version,
                       ToMicros(row.received_at), Shown(id), Shown(name), Shown(time_zone),
                       Shown(litre_min), Shown(litre_max), Shown(kilogram_min), Shown(kilogram_max),
                       Shown(milk_density), Shown(deleted), Value::Blob(row.key),
                       Value::Blob(row.payload), BytesOrNull(row.headers)});
  }

  Result<> Commit() override {
    HERDFLOW_CHECK(measurements_.Finish());
    HERDFLOW_CHECK(cows_.Finish());
    HERDFLOW_CHECK(sensors_.Finish());
    HERDFLOW_CHECK(farms_.Finish());
    HERDFLOW_ASSIGN(Statement * add, scope_->Get(sql::kAddBronzeRows));
    for (const auto& [partition, rows] : rows_) {
      HERDFLOW_CHECK(add->Bind(1, kConsumerGroup)
                         .Bind(2, std::string_view(partition.first))
                         .Bind(3, partition.second)
                         .Bind(4, rows)
                         .Run());
    }
    return scope_->Commit();
  }

 private:
  /// A good id as its integer, any other as the text that it is.
  struct Id {
    Value ref, odd;
  };
  static Result<Id> IdOf(pipeline::FarmRef farm, const Field& id, bool is_good, IdTable& ids) {
    if (!is_good) return Id{Value(), Shown(id)};
    HERDFLOW_ASSIGN(const std::int64_t ref, ids.RefOf({farm, id.text}));
    return Id{ref, Value()};
  }

  std::unique_ptr<WriteScope> scope_;
  /// Of each partition, by its stream's id.
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> rows_;
  RowWriter<17> measurements_;
  RowWriter<13> cows_;
  RowWriter<13> sensors_;
  RowWriter<17> farms_;
};

}  // namespace

std::unique_ptr<pipeline::LoadTx> MakeLoadTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqlLoadTx>(std::move(scope));
}

}  // namespace herdflow::store_sql
