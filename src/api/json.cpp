#include "herdflow/api/json.hpp"

#include "herdflow/http/json_writer.hpp"

namespace herdflow::api {
namespace {

using http::JsonWriter;

void WriteDate(JsonWriter& json, std::optional<FarmDay> day) {
  if (day) {
    json.String(FormatDate(*day));
  } else {
    json.Null();
  }
}

void WriteLatest(JsonWriter& json, const std::optional<pipeline::LatestSensorData>& latest,
                 std::string_view cow_id) {
  if (!latest) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Key("sensor_id").String(latest->sensor_id);
  json.Key("cow_id").String(cow_id);
  json.Key("date").String(FormatDate(latest->date));
  json.Key("average_value").Number(latest->average_value);
  json.Key("min_value").Number(latest->min_value);
  json.Key("max_value").Number(latest->max_value);
  json.Key("records_count").Integer(latest->records_count);
  json.EndObject();
}

/// The two members that every row of a report begins with.
template <class Row>
JsonWriter& BeginRow(JsonWriter& json, const Row& row) {
  json.BeginObject();
  json.Key("cow_id").String(row.cow_id);
  json.Key("cow_name").String(row.cow_name);
  return json;
}

}  // namespace

std::string CowJson(const pipeline::CowView& cow) {
  JsonWriter json;
  json.BeginObject();
  json.Key("id").String(cow.id);
  json.Key("name").String(cow.name);
  json.Key("birthdate");
  WriteDate(json, cow.birthdate);
  json.Key("created_at").String(FormatInstant(cow.created_at));
  if (cow.retired_at) json.Key("retired_at").String(FormatInstant(*cow.retired_at));
  json.Key("latest_sensor_data");
  WriteLatest(json, cow.latest_sensor_data, cow.id);
  json.EndObject();
  return json.Take();
}

std::string ReportJson(const herd::DailyReport& report) {
  JsonWriter json;
  json.BeginObject();
  json.Key("report_date").String(FormatDate(report.date));
  json.Key("milk_production").BeginArray();
  for (const auto& row : report.milk_production) {
    BeginRow(json, row).Key("milk_produced").Number(row.milk_produced).EndObject();
  }
  json.EndArray().Key("cow_weights").BeginArray();
  for (const auto& row : report.cow_weights) {
    BeginRow(json, row).Key("current_weight").Number(row.current_weight);
    json.Key("avg_weight_last_30_days").Number(row.avg_weight_last_30_days).EndObject();
  }
  json.EndArray().Key("ill_cows").BeginArray();
  for (const auto& row : report.ill_cows) {
    BeginRow(json, row).Key("reason").String(row.reason).EndObject();
  }
  json.EndArray().Key("data_from");
  WriteDate(json, report.data ? std::optional(report.data->first) : std::nullopt);
  json.Key("data_to");
  WriteDate(json, report.data ? std::optional(report.data->last) : std::nullopt);
  json.Key("so_far").Boolean(report.so_far);
  json.EndObject();
  return json.Take();
}

}  // namespace herdflow::api
