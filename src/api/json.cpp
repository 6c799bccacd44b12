#include "herdflow/api/json.hpp"

#include <algorithm>
#include <string>

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

void WriteInstant(JsonWriter& json, std::optional<Instant> at) {
  if (at) {
    json.String(FormatInstant(*at));
  } else {
    json.Null();
  }
}

void WriteTextOrNull(JsonWriter& json, std::string_view text) {
  if (text.empty()) {
    json.Null();
  } else {
    json.String(text);
  }
}

/// The members of a run, without the brackets.
void WriteRun(JsonWriter& json, const pipeline::TaskRun& run) {
  json.Key("id").String(std::to_string(static_cast<std::int64_t>(run.id)));
  json.Key("pipeline").String(run.pipeline);
  json.Key("task").String(run.task);
  json.Key("state").String(Name(run.state));
  json.Key("trigger").String(Name(run.trigger));
  json.Key("attempt").Integer(run.attempt);
  json.Key("requested_at").String(FormatInstant(run.requested_at));
  json.Key("started_at");
  WriteInstant(json, run.started_at);
  json.Key("finished_at");
  WriteInstant(json, run.finished_at);
  json.Key("duration_ms");
  if (const auto duration = DurationOf(run)) {
    json.Integer(std::chrono::floor<std::chrono::milliseconds>(*duration).count());
  } else {
    json.Null();
  }
  json.Key("rows_read").Integer(run.rows_read);
  json.Key("rows_written").Integer(run.rows_written);
  json.Key("error");
  WriteTextOrNull(json, run.error);
  json.Key("owner");
  WriteTextOrNull(json, run.owner);
}

void WriteTexts(JsonWriter& json, const std::vector<std::string>& texts) {
  json.BeginArray();
  for (const std::string& text : texts) json.String(text);
  json.EndArray();
}

void WriteTask(JsonWriter& json, const orchestration::PipelineDefinition& pipeline,
               const orchestration::TaskDefinition& task,
               const pipeline::LedgerOverview& overview) {
  json.BeginObject();
  json.Key("id").String(task.id());
  json.Key("description").String(task.description);
  json.Key("after");
  WriteTexts(json, task.after);
  json.Key("retries").BeginObject();
  json.Key("count").Integer(task.retries.count);
  json.Key("first_delay_seconds").Integer(task.retries.first_delay.count());
  json.Key("longest_delay_seconds").Integer(task.retries.longest_delay.count());
  json.EndObject();
  json.Key("time_out_seconds").Integer(task.time_out.count());
  json.Key("last_run");
  const auto last = std::find_if(
      overview.last_runs.begin(), overview.last_runs.end(),
      [&](const auto& run) { return run.pipeline == pipeline.id && run.task == task.id(); });
  if (last == overview.last_runs.end()) {
    json.Null();
  } else {
    WriteRunObject(json, *last);
  }
  json.EndObject();
}

/// A number of millionths as a plain one.
void WriteMillionths(JsonWriter& json, std::string_view name, std::int64_t millionths) {
  json.Key(name).Number(static_cast<double>(millionths) / static_cast<double>(herd::kMillion));
}

void WriteFarm(JsonWriter& json, const pipeline::FarmView& farm) {
  const herd::FarmRules& rules = farm.rules;
  json.BeginObject();
  json.Key("id").String(farm.id);
  json.Key("name").String(farm.name);
  json.Key("time_zone").String(rules.time_zone);
  WriteMillionths(json, "litre_min", rules.bounds.litre_min);
  WriteMillionths(json, "litre_max", rules.bounds.litre_max);
  WriteMillionths(json, "kilogram_min", rules.bounds.kilogram_min);
  WriteMillionths(json, "kilogram_max", rules.bounds.kilogram_max);
  WriteMillionths(json, "milk_density", rules.density_millionths);
  json.Key("rules_version").String(farm.rules_version);
  json.Key("created_at");
  WriteInstant(json, farm.created_at);
  json.Key("updated_at");
  WriteInstant(json, farm.updated_at);
  json.Key("closed_at");
  WriteInstant(json, farm.closed_at);
  json.EndObject();
}

}  // namespace

void WriteRunObject(JsonWriter& json, const pipeline::TaskRun& run) {
  json.BeginObject();
  WriteRun(json, run);
  json.EndObject();
}

void WriteNotification(JsonWriter& json, const pipeline::Notification& notification) {
  json.BeginObject();
  json.Key("at").String(FormatInstant(notification.at));
  json.Key("pipeline").String(notification.pipeline);
  json.Key("task");
  WriteTextOrNull(json, notification.task);
  json.Key("event").String(Name(notification.event));
  json.Key("message").String(notification.message);
  json.Key("url");
  WriteTextOrNull(json, notification.url);
  json.EndObject();
}

std::string PipelinesJson(const orchestration::Definitions& definitions,
                          const pipeline::LedgerOverview& overview) {
  JsonWriter json;
  json.BeginObject();
  json.Key("scheduler").String(Name(definitions.scheduler));
  json.Key("pipelines").BeginArray();
  for (const auto& pipeline : definitions.pipelines) {
    json.BeginObject();
    json.Key("id").String(pipeline.id);
    json.Key("description").String(pipeline.description);
    json.Key("owner").String(pipeline.owner);
    json.Key("tags");
    WriteTexts(json, pipeline.tags);
    json.Key("schedule").String(Text(pipeline.schedule));
    json.Key("tasks").BeginArray();
    for (const auto& task : pipeline.tasks) WriteTask(json, pipeline, task, overview);
    json.EndArray().EndObject();
  }
  json.EndArray().Key("notifications").BeginArray();
  for (const auto& notification : overview.notifications) WriteNotification(json, notification);
  json.EndArray().EndObject();
  return json.Take();
}

std::string RunJson(const pipeline::TaskRun& run) {
  JsonWriter json;
  WriteRunObject(json, run);
  return json.Take();
}

std::string RunWithLogJson(const pipeline::RunWithLog& run, std::int64_t after) {
  JsonWriter json;
  json.BeginObject();
  WriteRun(json, run.run);
  json.Key("log").BeginArray();
  for (const auto& line : run.log) {
    json.BeginObject();
    json.Key("number").Integer(line.number);
    json.Key("at").String(FormatInstant(line.entry.at));
    json.Key("level").String(Name(line.entry.level));
    json.Key("text").String(line.entry.text);
    json.EndObject();
  }
  json.EndArray();
  json.Key("next_after").Integer(run.log.empty() ? after : run.log.back().number);
  json.EndObject();
  return json.Take();
}

std::string NotificationJson(const pipeline::Notification& notification) {
  JsonWriter json;
  WriteNotification(json, notification);
  return json.Take();
}

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

std::string FarmJson(const pipeline::FarmView& farm) {
  JsonWriter json;
  WriteFarm(json, farm);
  return json.Take();
}

std::string FarmsJson(const std::vector<pipeline::FarmView>& farms) {
  JsonWriter json;
  json.BeginObject().Key("farms").BeginArray();
  for (const auto& farm : farms) WriteFarm(json, farm);
  json.EndArray().EndObject();
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
