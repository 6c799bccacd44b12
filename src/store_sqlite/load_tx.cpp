#include "herdflow/core/text.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "transactions.hpp"

namespace herdflow::store_sqlite {
namespace {

using herd::Field;

/// Text columns of bronze show at most this many bytes; the payload has the rest.
constexpr std::size_t kMaxShown = 255;

std::optional<std::string_view> Shown(const Field& field) {
  switch (field.kind) {
    case Field::Kind::kAbsent:
    case Field::Kind::kNull:
      return std::nullopt;
    case Field::Kind::kTrue:
      return "true";
    case Field::Kind::kFalse:
      return "false";
    case Field::Kind::kText:
    case Field::Kind::kNumber:
    case Field::Kind::kOther:
      return CutUtf8(field.text, kMaxShown);
  }
  return std::nullopt;
}

void BindHeaders(sqlite::Statement& statement, int index, const std::string& headers) {
  if (headers.empty()) {
    statement.Bind(index, nullptr);
  } else {
    statement.BindBlob(index, headers);
  }
}

void BindMessage(sqlite::Statement& statement, const pipeline::PartitionClaim& claim,
                 const pipeline::BronzeMessage& row) {
  statement.Bind(1, static_cast<std::int64_t>(claim.stream))
      .Bind(2, claim.partition.partition)
      .Bind(3, row.offset)
      .Bind(4, row.version)
      .Bind(5, ToMicros(row.received_at));
}

class SqliteLoadTx final : public pipeline::LoadTx {
 public:
  explicit SqliteLoadTx(std::unique_ptr<WriteScope> scope) : scope_(std::move(scope)) {}

  Result<bool> Advance(const pipeline::PartitionClaim& claim, std::int64_t next_offset,
                       std::int64_t last_version, std::int64_t holes,
                       const pipeline::MessageHash& last_hash) override {
    HERDFLOW_ASSIGN(sqlite::Statement * advance, scope_->Get("advance_partition"));
    HERDFLOW_CHECK(
        advance->Bind(1, kConsumerGroup)
            .Bind(2, claim.stream_id)
            .Bind(3, claim.partition.partition)
            .Bind(4, claim.epoch)
            .Bind(5, claim.next_offset)
            .Bind(6, next_offset)
            .Bind(7, last_version)
            .Bind(8, holes)
            .BindBlob(9, {reinterpret_cast<const char*>(last_hash.data()), last_hash.size()})
            .Run());
    return scope_->writer().session->database().changes() == 1;
  }

  Result<> Insert(const pipeline::PartitionClaim& claim,
                  const pipeline::BronzeMeasurement& row) override {
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope_->Get("insert_bronze_measurement"));
    BindMessage(*insert, claim, row);
    HERDFLOW_CHECK(BindId(*insert, 6, 12, row.fields.sensor_id, row.sensor_id_is_good,
                          scope_->writer().sensors));
    HERDFLOW_CHECK(
        BindId(*insert, 7, 13, row.fields.cow_id, row.cow_id_is_good, scope_->writer().cows));
    insert->Bind(9, Shown(row.fields.timestamp))
        .Bind(10, Shown(row.fields.value))
        .Bind(11, Shown(row.fields.deleted));
    // The shown texts make the payload again only if nothing was cut off.
    const bool whole = row.fields.timestamp.text.size() <= kMaxShown &&
                       row.fields.value.text.size() <= kMaxShown &&
                       row.fields.deleted.text.size() <= kMaxShown;
    if (row.is_canonical && whole) {
      insert->Bind(8, pipeline::PackKinds(row.fields)).Bind(14, nullptr).Bind(15, nullptr);
    } else {
      insert->Bind(8, nullptr);
      insert->BindBlob(14, row.key);
      insert->BindBlob(15, row.payload);
    }
    BindHeaders(*insert, 16, row.headers);
    return insert->Run();
  }

  Result<> Insert(const pipeline::PartitionClaim& claim, const pipeline::BronzeCow& row) override {
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope_->Get("insert_bronze_cow"));
    BindMessage(*insert, claim, row);
    insert->Bind(6, Shown(row.fields.id))
        .Bind(7, Shown(row.fields.name))
        .Bind(8, Shown(row.fields.birthdate))
        .Bind(9, Shown(row.fields.deleted));
    insert->BindBlob(10, row.key);
    insert->BindBlob(11, row.payload);
    BindHeaders(*insert, 12, row.headers);
    return insert->Run();
  }

  Result<> Insert(const pipeline::PartitionClaim& claim,
                  const pipeline::BronzeSensor& row) override {
    HERDFLOW_ASSIGN(sqlite::Statement * insert, scope_->Get("insert_bronze_sensor"));
    BindMessage(*insert, claim, row);
    insert->Bind(6, Shown(row.fields.id))
        .Bind(7, Shown(row.fields.unit))
        .Bind(8, Shown(row.fields.deleted));
    insert->BindBlob(9, row.key);
    insert->BindBlob(10, row.payload);
    BindHeaders(*insert, 11, row.headers);
    return insert->Run();
  }

  Result<> Commit() override { return scope_->Commit(); }

 private:
  /// A good id as its integer, any other as the text that it is.
  static Result<> BindId(sqlite::Statement& insert, int ref_index, int odd_index, const Field& id,
                         bool is_good, IdTable& ids) {
    if (is_good) {
      HERDFLOW_ASSIGN(const std::int64_t ref, ids.RefOf(id.text));
      insert.Bind(ref_index, ref).Bind(odd_index, nullptr);
    } else {
      insert.Bind(ref_index, nullptr).Bind(odd_index, Shown(id));
    }
    return {};
  }

  std::unique_ptr<WriteScope> scope_;
};

}  // namespace

std::unique_ptr<pipeline::LoadTx> MakeLoadTx(std::unique_ptr<WriteScope> scope) {
  return std::make_unique<SqliteLoadTx>(std::move(scope));
}

}  // namespace herdflow::store_sqlite
