#include "herdflow/orchestration/definitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;
using pipeline::DerivedTable;
using pipeline::Pipeline;
using pipeline::Step;
using pipeline::Topic;

struct Unit {
  std::string_view name;
  std::chrono::seconds length;
};
// The longest that divides a period is what it is shown in.
constexpr std::array kUnits{Unit{"h", 1h}, Unit{"min", 1min}, Unit{"s", 1s}};
constexpr std::chrono::seconds kLongestPeriod = std::chrono::days(31);

/// A whole number without sign; nothing where the text is more or less than that.
std::optional<int> NumberIn(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.front() == '-') return std::nullopt;
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional(number) : std::nullopt;
}

std::optional<Schedule> ParseEvery(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto count = NumberIn(text.substr(0, blank));
  for (const Unit& unit : kUnits) {
    if (!count || unit.name != text.substr(blank + 1)) continue;
    const auto period = *count * unit.length;
    if (period > 0s && period <= kLongestPeriod) return Every{period};
  }
  return std::nullopt;
}

std::optional<Schedule> ParseDailyAt(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = NumberIn(text.substr(0, 2));
  const auto minute = NumberIn(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  return DailyAt{*hour, *minute};
}

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;  // clang 16 does not find it by itself.

constexpr Retries kRetries{5, 1s, 10s};
constexpr std::chrono::seconds kCleanseTimeOut = 6h;
constexpr std::chrono::seconds kTimeOut = 2h;

std::string_view DescriptionOf(const Step& step) {
  if (const auto* table = std::get_if<const DerivedTable*>(&step)) {
    return (*table)->shape().description;
  }
  switch (std::get<Topic>(step)) {
    case Topic::kFarms:
      return "bronze to gold's farms and quarantine";
    case Topic::kCows:
      return "bronze to gold's cows and quarantine";
    case Topic::kSensors:
      return "bronze to gold's sensors and quarantine";
    case Topic::kMeasurements:
      return "bronze to silver and quarantine";
  }
  return "unknown";
}

/// The tasks whose rows the step reads.
std::vector<std::string> WhatItReads(const Step& step) {
  std::vector<std::string> after;
  const auto* table = std::get_if<const DerivedTable*>(&step);
  if (table == nullptr) return after;
  for (const DerivedTable* each : (*table)->shape().reads) after.emplace_back(each->shape().task);
  if (after.empty()) after.emplace_back(Name(Step(Topic::kMeasurements)));
  return after;
}

std::vector<TaskDefinition> TasksOf(Pipeline of) {
  std::vector<TaskDefinition> tasks;
  for (const Step& step : StepsOf(of)) {
    TaskDefinition& task = tasks.emplace_back();
    task.step = step;
    task.description = DescriptionOf(step);
    task.after = WhatItReads(step);
    task.retries = kRetries;
    task.time_out = step == Step(Topic::kMeasurements) ? kCleanseTimeOut : kTimeOut;
  }
  return tasks;
}

PipelineDefinition FarmData(const Schedule& schedule) {
  return {std::string(Name(Pipeline::kFarms)),
          "Judges the messages of the topic farms into gold's farms",
          "herd",
          {"farms", "bronze", "gold"},
          schedule,
          TasksOf(Pipeline::kFarms)};
}

PipelineDefinition CowData(const Schedule& schedule) {
  return {std::string(Name(Pipeline::kCows)),
          "Judges the messages of the topic cows into gold's cows",
          "herd",
          {"cows", "bronze", "gold"},
          schedule,
          TasksOf(Pipeline::kCows)};
}

PipelineDefinition SensorData(const Schedule& schedule) {
  return {std::string(Name(Pipeline::kSensors)),
          "Judges the messages of the topic sensors into gold's sensors",
          "herd",
          {"sensors", "bronze", "gold"},
          schedule,
          TasksOf(Pipeline::kSensors)};
}

PipelineDefinition MeasurementData(const Schedule& schedule) {
  return {std::string(Name(Pipeline::kMeasurements)),
          "Judges readings into silver, and keeps gold's aggregates up to date",
          "herd",
          {"measurements", "bronze", "silver", "gold"},
          schedule,
          TasksOf(Pipeline::kMeasurements)};
}

}  // namespace

std::optional<Schedule> ParseSchedule(std::string_view text) {
  constexpr std::string_view kEvery = "every ", kDailyAt = "daily at ";
  if (text == "when new") return WhenNew{};
  if (text.starts_with(kEvery)) return ParseEvery(text.substr(kEvery.size()));
  if (text.starts_with(kDailyAt)) return ParseDailyAt(text.substr(kDailyAt.size()));
  return std::nullopt;
}

std::string Text(const Schedule& schedule) {
  return std::visit(
      Overloaded{
          [](WhenNew) { return std::string("when new"); },
          [](Every every) {
            const auto unit = std::find_if(
                kUnits.begin(), kUnits.end(),
                [&](const Unit& candidate) { return every.period % candidate.length == 0s; });
            return fmt::format("every {} {}", every.period / unit->length, unit->name);
          },
          [](DailyAt at) { return fmt::format("daily at {:02}:{:02}", at.hour, at.minute); }},
      schedule);
}

std::chrono::seconds DelayOf(const Retries& retries, std::int64_t retry) {
  auto delay = retries.first_delay;
  for (std::int64_t n = 1; n < retry && delay < retries.longest_delay; ++n) delay *= 2;
  return std::min(delay, retries.longest_delay);
}

std::string_view Name(SchedulerKind kind) {
  switch (kind) {
    case SchedulerKind::kHerdflow:
      return "herdflow";
    case SchedulerKind::kExternal:
      return "external";
  }
  return "unknown";
}

Definitions::Definitions(const Settings& settings)
    : scheduler(settings.scheduler),
      pipelines{FarmData(settings.farm_data), CowData(settings.cow_data),
                SensorData(settings.sensor_data), MeasurementData(settings.measurement_data)} {}

const PipelineDefinition* Definitions::Find(std::string_view pipeline) const {
  const auto found = std::find_if(pipelines.begin(), pipelines.end(),
                                  [&](const auto& each) { return each.id == pipeline; });
  return found == pipelines.end() ? nullptr : &*found;
}

Definitions::Place Definitions::Find(std::string_view pipeline, std::string_view task) const {
  const PipelineDefinition* found = Find(pipeline);
  if (found == nullptr) return {};
  for (const TaskDefinition& each : found->tasks) {
    if (each.id() == task) return {found, &each};
  }
  return {};
}

}  // namespace herdflow::orchestration
