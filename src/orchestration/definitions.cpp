#include "herdflow/orchestration/definitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "herdflow/pipeline/pipelines.hpp"
#include "tasks.hpp"

namespace herdflow::orchestration {
namespace {

using namespace std::chrono_literals;

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

PipelineDefinition CowData(const Schedule& schedule) {
  return {std::string(Name(pipeline::Pipeline::kCows)),
          "Judges the messages of the topic cows into gold's cows",
          "herd",
          {"cows", "bronze", "gold"},
          schedule,
          {{std::string(kCleanseCows),
            "bronze to gold's cows and quarantine",
            {},
            kRetries,
            kTimeOut}}};
}

PipelineDefinition SensorData(const Schedule& schedule) {
  return {std::string(Name(pipeline::Pipeline::kSensors)),
          "Judges the messages of the topic sensors into gold's sensors",
          "herd",
          {"sensors", "bronze", "gold"},
          schedule,
          {{std::string(kCleanseSensors),
            "bronze to gold's sensors and quarantine",
            {},
            kRetries,
            kTimeOut}}};
}

PipelineDefinition MeasurementData(const Schedule& schedule) {
  PipelineDefinition pipeline{std::string(Name(pipeline::Pipeline::kMeasurements)),
                              "Judges readings into silver, and keeps gold's aggregates up to date",
                              "herd",
                              {"measurements", "bronze", "silver", "gold"},
                              schedule,
                              {}};
  pipeline.tasks.push_back({std::string(kCleanseMeasurements),
                            "bronze to silver and quarantine",
                            {},
                            kRetries,
                            kCleanseTimeOut});
  const auto aggregate = [&](pipeline::AggregateTask task, std::string description) {
    pipeline.tasks.push_back({std::string(Name(task)),
                              std::move(description),
                              {std::string(kCleanseMeasurements)},
                              kRetries,
                              kTimeOut});
  };
  aggregate(pipeline::AggregateTask::kDaily, "silver to gold: by sensor, cow and day");
  aggregate(pipeline::AggregateTask::kWeekly, "silver to gold: by sensor, cow and ISO week");
  aggregate(pipeline::AggregateTask::kMonthly, "silver to gold: by sensor, cow and month");
  aggregate(pipeline::AggregateTask::kYearly, "silver to gold: by sensor, cow and year");
  aggregate(pipeline::AggregateTask::kCowDays,
            "silver to gold: milk and weight of each cow and day, which reports are made from");
  return pipeline;
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
      pipelines{CowData(settings.cow_data), SensorData(settings.sensor_data),
                MeasurementData(settings.measurement_data)} {}

const PipelineDefinition* Definitions::Find(std::string_view pipeline) const {
  const auto found = std::find_if(pipelines.begin(), pipelines.end(),
                                  [&](const auto& each) { return each.id == pipeline; });
  return found == pipelines.end() ? nullptr : &*found;
}

Definitions::Place Definitions::Find(std::string_view pipeline, std::string_view task) const {
  const PipelineDefinition* found = Find(pipeline);
  if (found == nullptr) return {};
  for (const TaskDefinition& each : found->tasks) {
    if (each.id == task) return {found, &each};
  }
  return {};
}

}  // namespace herdflow::orchestration
