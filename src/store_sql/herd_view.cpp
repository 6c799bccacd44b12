#include "herd_view.hpp"

#include <utility>

#include "gold_rows.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "scope.hpp"
#include "unjudged.hpp"

namespace herdflow::store_sql {

using pipeline::CowRef;
using pipeline::FarmRef;
using pipeline::SensorRef;

Result<FarmRef> HerdView::RefOfFarm(std::string_view id) {
  if (gives_refs_) return FarmRefOf(session_, id);
  if (id == herd::kDefaultFarm) return pipeline::kDefaultFarmRef;
  HERDFLOW_ASSIGN(const auto ref, session_.farms().FindRef({{}, id}));
  if (ref) return FarmRef{*ref};
  return Fail(ErrorCode::kUnavailable, "judging readings: the farm {} is new", id);
}

Result<const herd::FarmRules*> HerdView::RulesOf(FarmRef farm) {
  auto known = rules_.find(farm);
  if (known == rules_.end()) {
    HERDFLOW_ASSIGN(auto row, ReadGoldFarm(session_, farm));
    known =
        rules_
            .emplace(farm, row && row->state ? std::optional(std::move(row->rules)) : std::nullopt)
            .first;
  }
  return known->second ? &*known->second : nullptr;
}

Result<std::optional<herd::Measure>> HerdView::MeasureOf(SensorRef sensor) {
  return session_.herd().MeasureOf(sensor);
}

Result<bool> HerdView::IsKnown(CowRef cow) { return session_.herd().IsKnown(cow); }

Result<std::string> HerdView::IdOf(FarmRef farm) {
  const auto ref = static_cast<std::int64_t>(farm);
  HERDFLOW_ASSIGN(const auto id, session_.farms().FindId(ref));
  // A damaged row may name one that there never was.
  return id ? std::string(id->text) : fmt::format("number {}", ref);
}

Result<> HerdView::Give(const Statement& row, const pipeline::EachMeasurement& each) {
  static constexpr const Columns& kOf = kBronzeMeasurement;
  pipeline::UnjudgedMeasurement message;
  message.lineage = {row.Int(kOf["version"]), pipeline::StreamRef{row.Int(kOf["stream_id"])},
                     static_cast<std::int32_t>(row.Int(kOf["topic_partition"])),
                     row.Int(kOf["topic_offset"])};
  message.received_at = FromMicros(row.Int(kOf["received_at"]));
  TextId sensor_id, cow_id;
  if (const auto sensor = row.MaybeInt(kOf["sensor_id"])) {
    message.sensor = SensorRef{*sensor};
    HERDFLOW_ASSIGN(sensor_id, session_.sensors().IdOf(*sensor));
    message.farm = sensor_id.farm;
  }
  if (const auto cow = row.MaybeInt(kOf["cow_id"])) {
    message.cow = CowRef{*cow};
    HERDFLOW_ASSIGN(cow_id, session_.cows().IdOf(*cow));
    message.farm = cow_id.farm;
  }
  if (const auto kinds = row.MaybeInt(kOf["field_kinds"])) {
    herd::MeasurementFields fields;
    fields.timestamp.text = row.Bytes(kOf["timestamp"]);
    fields.value.text = row.Bytes(kOf["value"]);
    fields.deleted.text = row.Bytes(kOf["deleted"]);
    pipeline::UnpackKinds(*kinds, fields);
    message.fields = fields;
    message.sensor_id = sensor_id.text;
    message.cow_id = cow_id.text;
    if (cow_id.farm != pipeline::kDefaultFarmRef) {
      HERDFLOW_ASSIGN(const TextId farm,
                      session_.farms().IdOf(static_cast<std::int64_t>(cow_id.farm)));
      message.farm_id = farm.text;
    }
  } else {
    message.payload = row.Bytes(kOf["payload"]);
  }
  each(message);
  return {};
}

}  // namespace herdflow::store_sql
