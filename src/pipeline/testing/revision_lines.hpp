#pragma once

// What an answer is made of and by which revisions it is known, as texts: a law of the two.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "herdflow/pipeline/store_queries.hpp"

namespace herdflow::pipeline::testing {

inline std::string TextOf(const std::optional<FarmDay>& day) {
  return day ? FormatDate(*day) : "-";
}
inline std::string TextOf(const std::optional<Instant>& at) {
  return at ? FormatInstant(*at) : "-";
}
inline std::string TextOf(const std::optional<herd::DataRange>& range) {
  return range ? FormatDate(range->first) + " to " + FormatDate(range->last) : "-";
}

inline std::string TextOf(const FarmView& farm) {
  const herd::Bounds& bounds = farm.rules.bounds;
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {}\n", farm.id, farm.name,
                     farm.rules.time_zone, bounds.litre_min, bounds.litre_max, bounds.kilogram_min,
                     bounds.kilogram_max, farm.rules.density_millionths, farm.rules_version,
                     TextOf(farm.created_at), TextOf(farm.updated_at), TextOf(farm.closed_at));
}

inline std::string TextOf(const std::optional<CowView>& cow) {
  if (!cow) return "no cow";
  std::string text = fmt::format("{} {} {} {} {}", cow->id, cow->name, TextOf(cow->birthdate),
                                 FormatInstant(cow->created_at), TextOf(cow->retired_at));
  if (const auto& latest = cow->latest_sensor_data) {
    text += fmt::format(" {} {} {} {} {} {}", latest->sensor_id, FormatDate(latest->date),
                        latest->average_value, latest->min_value, latest->max_value,
                        latest->records_count);
  }
  return text;
}

inline std::string TextOf(const ReportData& report) {
  std::string text = TextOf(report.data) + "\n";
  for (const auto& cow : report.cows) {
    text += fmt::format("{} {}\n", cow.cow_id, cow.cow_name);
    for (const auto& [day, of] : cow.days) {
      text += fmt::format("  {} {} {} {} {} {} {}\n", FormatDate(day), of.milk_count,
                          of.milk_sum_millionths, of.weight_count, of.weight_sum_millionths,
                          of.last_weight_millionths, TextOf(of.last_weight_at));
    }
  }
  return text;
}

/// An answer, and by what it is known.
struct Known {
  std::string state, text;
};

/// Of which day a report is, and which days it reads.
inline herd::Period DaysOfReport(FarmDay day) { return {day - (herd::kWeightWindowDays - 1), day}; }

// `Result` left out: where one fails the state is empty, which no test expects.
inline Known KnownReport(const StoreQueries& queries, std::string_view farm, FarmDay day) {
  const auto revisions = queries.herd->ReadRevisions(farm, DaysOfReport(day));
  const auto report = queries.report->ReadReportData(farm, day);
  if (!revisions || !report) return {};
  if (!*revisions) return {"nobody named it", TextOf(*report)};
  const FarmRevisions& of = **revisions;
  return {fmt::format("{} {} {}", of.herd_book, of.cow_days, TextOf(of.data)), TextOf(*report)};
}
inline Known KnownCow(const StoreQueries& queries, std::string_view farm, std::string_view cow) {
  const auto revisions = queries.herd->ReadRevisions(farm, {});
  const auto found = queries.herd->FindCow(farm, cow);
  if (!revisions || !found) return {};
  if (!*revisions) return {"nobody named it", TextOf(*found)};
  return {fmt::format("{} {}", (*revisions)->herd_book, (*revisions)->newest_days), TextOf(*found)};
}
inline Known KnownFarm(const StoreQueries& queries, std::string_view farm) {
  const auto revisions = queries.herd->ReadRevisions(farm, {});
  const auto found = queries.herd->FindFarm(farm);
  if (!revisions || !found) return {};
  const std::string text = *found ? TextOf(**found) : "no farm";
  if (!*revisions) return {"nobody named it", text};
  return {fmt::format("{} {}", (*revisions)->herd_book, (*revisions)->time_zone.value_or("-")),
          text};
}
inline Known KnownFarms(const StoreQueries& queries) {
  const auto revision = queries.herd->ReadRevisionOfFarms();
  const auto farms = queries.herd->ListFarms();
  if (!revision || !farms) return {};
  std::string text;
  for (const FarmView& farm : *farms) text += TextOf(farm);
  return {fmt::format("{}", *revision), text};
}

/// Everything that was ever seen of some answers. One state never has two texts, whenever and from
/// whichever process it is looked at.
class SeenAnswers {
 public:
  /// What is wrong, if anything.
  std::string See(std::string_view subject, const Known& known) {
    if (known.state.empty()) return fmt::format("{}: reading it failed", subject);
    const auto& [entry, is_new] =
        seen_.try_emplace({std::string(subject), known.state}, known.text);
    if (is_new || entry->second == known.text) return {};
    return fmt::format("{} by {}:\n{}and\n{}", subject, known.state, entry->second, known.text);
  }

 private:
  std::map<std::pair<std::string, std::string>, std::string> seen_;
};

}  // namespace herdflow::pipeline::testing
