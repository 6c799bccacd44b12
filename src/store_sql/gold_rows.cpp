#include "gold_rows.hpp"

#include <string>
#include <utility>

#include "herdflow/store_sql/columns.hpp"

namespace herdflow::store_sql {
namespace {

using pipeline::GoldCow;
using pipeline::GoldFarm;
using pipeline::GoldSensor;

std::optional<std::int64_t> MicrosOf(const std::optional<Instant>& at) {
  return at ? std::optional(ToMicros(*at)) : std::nullopt;
}

std::optional<Instant> InstantOf(const std::optional<std::int64_t>& micros) {
  return micros ? std::optional(FromMicros(*micros)) : std::nullopt;
}

/// What `In` makes of the row of this key, if it is there.
template <class Key, class In>
auto ReadOne(Session& session, const Sql& statement, Key key, In in)
    -> Result<std::optional<decltype(in(std::declval<const Statement&>()))>> {
  using Row = decltype(in(std::declval<const Statement&>()));
  HERDFLOW_ASSIGN(Statement * read, session.Get(statement));
  HERDFLOW_ASSIGN(const bool there, read->Bind(1, key).Step());
  if (!there) return std::optional<Row>();
  Row row = in(*read);
  read->Reset();
  return std::optional(std::move(row));
}

}  // namespace

GoldCow CowIn(const Statement& row) {
  static constexpr Columns kOf(sql::kReadGoldCow);
  static_assert(SameColumns(sql::kReadGoldCow, sql::kReadGoldCows));
  GoldCow cow;
  cow.cow = pipeline::CowRef{row.Int(kOf["cow_id"])};
  cow.name = row.Bytes(kOf["name"]);
  if (const auto birth = row.MaybeInt(kOf["birthdate"])) {
    cow.birthdate = FarmDay{static_cast<std::int32_t>(*birth)};
  }
  cow.retired_at = InstantOf(row.MaybeInt(kOf["retired_at"]));
  cow.lineage = ReadLineage(row, kOf.InARow(kLineageColumns));
  cow.created_at = FromMicros(row.Int(kOf["created_at"]));
  cow.updated_at = FromMicros(row.Int(kOf["updated_at"]));
  return cow;
}

GoldSensor SensorIn(const Statement& row) {
  static constexpr Columns kOf(sql::kReadGoldSensor);
  static_assert(SameColumns(sql::kReadGoldSensor, sql::kReadGoldSensors));
  GoldSensor sensor;
  sensor.sensor = pipeline::SensorRef{row.Int(kOf["sensor_id"])};
  sensor.unit = row.Bytes(kOf["unit"]);
  sensor.kind = row.Bytes(kOf["kind"]);
  sensor.retired_at = InstantOf(row.MaybeInt(kOf["retired_at"]));
  sensor.lineage = ReadLineage(row, kOf.InARow(kLineageColumns));
  sensor.created_at = FromMicros(row.Int(kOf["created_at"]));
  sensor.updated_at = FromMicros(row.Int(kOf["updated_at"]));
  return sensor;
}

GoldFarm FarmIn(const Statement& row) {
  static constexpr Columns kOf(sql::kReadGoldFarm);
  static_assert(SameColumns(sql::kReadGoldFarm, sql::kReadGoldFarms));
  static_assert(Columns(sql::kListFarms).BeginsLike(kOf));
  static_assert(Columns(sql::kFindFarm).BeginsLike(kOf));
  GoldFarm farm;
  farm.farm = pipeline::FarmRef{row.Int(kOf["farm"])};
  farm.name = row.Bytes(kOf["name"]);
  farm.rules.time_zone = row.Bytes(kOf["time_zone"]);
  farm.rules.bounds = {row.Int(kOf["litre_min"]), row.Int(kOf["litre_max"]),
                       row.Int(kOf["kilogram_min"]), row.Int(kOf["kilogram_max"])};
  farm.rules.density_millionths = row.Int(kOf["milk_density"]);
  farm.closed_at = InstantOf(row.MaybeInt(kOf["closed_at"]));
  farm.lineage = ReadLineage(row, kOf.InARow(kLineageColumns));
  farm.created_at = FromMicros(row.Int(kOf["created_at"]));
  farm.updated_at = FromMicros(row.Int(kOf["updated_at"]));
  static constexpr int kState =
      kOf.InARow({"state_version", "state_stream", "state_partition", "state_offset"});
  if (!row.IsNull(kState)) farm.state = ReadLineage(row, kState);
  return farm;
}

Result<std::optional<GoldCow>> ReadGoldCow(WriteScope& scope, pipeline::CowRef cow) {
  return ReadOne(scope.session(), sql::kReadGoldCow, cow, CowIn);
}

Result<std::optional<GoldSensor>> ReadGoldSensor(WriteScope& scope, pipeline::SensorRef sensor) {
  return ReadOne(scope.session(), sql::kReadGoldSensor, sensor, SensorIn);
}

Result<std::optional<GoldFarm>> ReadGoldFarm(Session& session, pipeline::FarmRef farm) {
  return ReadOne(session, sql::kReadGoldFarm, farm, FarmIn);
}

Result<> WriteGold(WriteScope& scope, const GoldCow& cow) {
  HERDFLOW_ASSIGN(const auto farm, FarmOf(scope, cow.cow));
  TouchHerdBook(scope, farm);
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteGoldCow));
  write->Bind(1, cow.cow)
      .Bind(2, std::string_view(cow.name))
      .Bind(3, cow.birthdate ? Value(cow.birthdate->days) : Value())
      .Bind(4, MicrosOf(cow.retired_at));
  BindLineage(*write, 5, cow.lineage);
  return write->Bind(9, ToMicros(cow.created_at)).Bind(10, ToMicros(cow.updated_at)).Run();
}

Result<> WriteGold(WriteScope& scope, const GoldSensor& sensor) {
  HERDFLOW_ASSIGN(const auto farm, FarmOf(scope, sensor.sensor));
  TouchHerdBook(scope, farm);
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteGoldSensor));
  write->Bind(1, sensor.sensor)
      .Bind(2, std::string_view(sensor.unit))
      .Bind(3, sensor.kind.empty() ? Value() : Value(std::string_view(sensor.kind)))
      .Bind(4, MicrosOf(sensor.retired_at));
  BindLineage(*write, 5, sensor.lineage);
  return write->Bind(9, ToMicros(sensor.created_at)).Bind(10, ToMicros(sensor.updated_at)).Run();
}

Result<> WriteGold(WriteScope& scope, const GoldFarm& farm) {
  TouchFarm(scope, farm.farm);
  const std::string rules_version = herd::RulesVersion(farm.rules);
  const herd::Bounds& bounds = farm.rules.bounds;
  HERDFLOW_ASSIGN(Statement * write, scope.Get(sql::kWriteGoldFarm));
  write->Bind(1, farm.farm)
      .Bind(2, std::string_view(farm.name))
      .Bind(3, std::string_view(farm.rules.time_zone))
      .Bind(4, bounds.litre_min)
      .Bind(5, bounds.litre_max)
      .Bind(6, bounds.kilogram_min)
      .Bind(7, bounds.kilogram_max)
      .Bind(8, farm.rules.density_millionths)
      .Bind(9, MicrosOf(farm.closed_at));
  BindLineage(*write, 10, farm.lineage);
  write->Bind(14, ToMicros(farm.created_at))
      .Bind(15, ToMicros(farm.updated_at))
      .Bind(16, std::string_view(rules_version));
  if (farm.state) {
    BindLineage(*write, 17, *farm.state);
  } else {
    for (int i = 17; i <= 20; ++i) write->Bind(i, nullptr);
  }
  return write->Run();
}

Result<std::optional<herd::Measure>> ReadMeasure(Session& session, pipeline::SensorRef sensor) {
  return ReadOne(session, sql::kReadSensorUnit, sensor, [](const Statement& row) {
    static constexpr Columns kOf(sql::kReadSensorUnit);
    return herd::MeasureOf(
        row.Bytes(kOf["unit"]), row.Bytes(kOf["kind"]),
        row.MaybeInt(kOf["milk_density"]).value_or(herd::kMilkDensityMillionths));
  });
}

}  // namespace herdflow::store_sql
