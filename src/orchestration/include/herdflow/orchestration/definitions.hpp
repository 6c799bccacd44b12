#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "herdflow/pipeline/pipelines.hpp"

/// The pipelines as data: what the built-in scheduler, the command line and Airflow follow.
namespace herdflow::orchestration {

/// Whenever something was loaded.
struct WhenNew {
  bool operator==(const WhenNew&) const = default;
};
/// At every multiple of the period since 1970 UTC.
struct Every {
  std::chrono::seconds period{0};
  bool operator==(const Every&) const = default;
};
/// Once a day, by the clock of the configuration's zone.
struct DailyAt {
  int hour = 0, minute = 0;
  bool operator==(const DailyAt&) const = default;
};
using Schedule = std::variant<WhenNew, Every, DailyAt>;

/// What `ParseSchedule` reads, for messages.
inline constexpr std::string_view kScheduleForms =
    "'when new', 'every 15 min' (a whole number of s, min or h, at most 31 days) or 'daily at "
    "04:30'";
/// One of the forms, else nothing.
[[nodiscard]] std::optional<Schedule> ParseSchedule(std::string_view text);
/// The text that `ParseSchedule` reads: `every 15 min`.
[[nodiscard]] std::string Text(const Schedule& schedule);

/// A failure that passes is tried again: after `first_delay`, then after twice as long each time.
struct Retries {
  std::int64_t count = 0;
  std::chrono::seconds first_delay{0}, longest_delay{0};
};
/// How long to wait before the nth retry, from 1 on.
[[nodiscard]] std::chrono::seconds DelayOf(const Retries& retries, std::int64_t retry);

struct TaskDefinition {
  [[nodiscard]] std::string_view id() const { return Name(step); }

  pipeline::Step step{};
  std::string description;
  std::vector<std::string> after;  ///< Tasks of the same pipeline that must have succeeded.
  Retries retries;
  std::chrono::seconds time_out{0};  ///< Then it ends as failed, at the end of a chunk.
};

struct PipelineDefinition {
  std::string id, description, owner;
  std::vector<std::string> tags;
  Schedule schedule;
  std::vector<TaskDefinition> tasks;  ///< A task stands behind those that it comes after.
};

/// Who begins the runs.
enum class SchedulerKind : std::uint8_t {
  kHerdflow,  ///< The built-in scheduler.
  kExternal,  ///< Somebody else, such as Airflow: only runs that are asked for are done.
};
/// `herdflow`, `external`.
[[nodiscard]] std::string_view Name(SchedulerKind kind);

struct Settings {
  SchedulerKind scheduler = SchedulerKind::kHerdflow;
  Schedule farm_data, cow_data, sensor_data, measurement_data;
};

/// All that there is to know: who schedules which pipelines.
struct Definitions {
  explicit Definitions(const Settings& settings);

  SchedulerKind scheduler;
  std::vector<PipelineDefinition> pipelines;

  [[nodiscard]] const PipelineDefinition* Find(std::string_view pipeline) const;
  using Place = std::pair<const PipelineDefinition*, const TaskDefinition*>;
  /// Both or none.
  [[nodiscard]] Place Find(std::string_view pipeline, std::string_view task) const;
};

}  // namespace herdflow::orchestration
