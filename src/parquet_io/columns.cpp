#include "columns.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "herdflow/core/text.hpp"

namespace herdflow::parquet_io {
namespace {

using pipeline::Topic;

constexpr std::array kFarmColumns{
    ColumnSpec{"id", Role::kId},
    ColumnSpec{"name", Role::kText},
    ColumnSpec{"time_zone", Role::kText},
    ColumnSpec{"litre_min", Role::kValue, false},
    ColumnSpec{"litre_max", Role::kValue, false},
    ColumnSpec{"kilogram_min", Role::kValue, false},
    ColumnSpec{"kilogram_max", Role::kValue, false},
    ColumnSpec{"milk_density", Role::kValue, false},
    ColumnSpec{"deleted", Role::kFlag, false},
};
constexpr std::array kCowColumns{
    ColumnSpec{"farm", Role::kText, false},    ColumnSpec{"id", Role::kId},
    ColumnSpec{"name", Role::kText},           ColumnSpec{"birthdate", Role::kDate},
    ColumnSpec{"deleted", Role::kFlag, false},
};
constexpr std::array kSensorColumns{
    ColumnSpec{"farm", Role::kText, false},    ColumnSpec{"id", Role::kId},
    ColumnSpec{"unit", Role::kText},           ColumnSpec{"kind", Role::kText, false},
    ColumnSpec{"deleted", Role::kFlag, false},
};
constexpr std::array kMeasurementColumns{
    ColumnSpec{"farm", Role::kText, false}, ColumnSpec{"sensor_id", Role::kId},
    ColumnSpec{"cow_id", Role::kId},        ColumnSpec{"timestamp", Role::kInstant},
    ColumnSpec{"value", Role::kValue},      ColumnSpec{"deleted", Role::kFlag, false},
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameLetters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

/// Of a file of another kind there may be thousands.
constexpr std::size_t kMostNames = 12;
constexpr std::size_t kLongestName = 80;

std::string Quoted(const std::vector<std::string>& names) {
  if (names.empty()) return "no columns";
  std::vector<std::string> quoted;
  for (const std::string& name : names) {
    if (quoted.size() == kMostNames) break;
    quoted.push_back('"' + Visible(name, kLongestName) + '"');
  }
  const std::size_t more = names.size() - quoted.size();
  return fmt::format("{}{}", fmt::join(quoted, ", "),
                     more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string Required(Topic topic) {
  std::vector<std::string> required;
  for (const ColumnSpec& column : ColumnsOf(topic)) {
    if (column.required) required.emplace_back(column.name);
  }
  return Quoted(required);
}

/// The positions whose names are `name`: exactly, or if there are none, in another case.
std::vector<int> PositionsOf(std::string_view name, const std::vector<std::string>& names) {
  std::vector<int> exact;
  std::vector<int> similar;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view found = WithoutByteOrderMark(names[i]);
    if (found == name) exact.push_back(static_cast<int>(i));
    if (SameLetters(found, name)) similar.push_back(static_cast<int>(i));
  }
  return exact.empty() ? similar : exact;
}

/// What hides a column that is missed: a blank or what shows nothing in its name.
std::string HiddenName(std::string_view name, const std::vector<std::string>& names) {
  const auto hidden = std::find_if(names.begin(), names.end(), [name](const std::string& found) {
    return SameLetters(OnlyVisible(found), name);
  });
  return hidden == names.end()
             ? ""
             : fmt::format(" (rename \"{}\", whose name holds a blank or what shows nothing)",
                           Visible(*hidden));
}

Result<ColumnMatch> MatchTopic(Topic topic, const std::vector<std::string>& names) {
  ColumnMatch match{topic, {}};
  for (const ColumnSpec& column : ColumnsOf(topic)) {
    const std::vector<int> positions = PositionsOf(column.name, names);
    if (positions.size() > 1) {
      std::vector<std::string> found;
      for (const int position : positions)
        found.push_back(names[static_cast<std::size_t>(position)]);
      return Fail(ErrorCode::kInvalidInput,
                  "column \"{}\" could be any of {}; rename those that are not meant", column.name,
                  Quoted(found));
    }
    if (positions.empty() && column.required) {
      return Fail(ErrorCode::kInvalidInput,
                  "column \"{}\" is missing{}; a file of {} has {}, this one has {}", column.name,
                  HiddenName(column.name, names), pipeline::Name(topic), Required(topic),
                  Quoted(names));
    }
    match.positions.push_back(positions.empty() ? -1 : positions.front());
  }
  return match;
}

/// The topic of which the most columns are there: what a file that fits none was meant to be.
/// Nothing where it has no column of any.
std::optional<Topic> Nearest(const std::vector<std::string>& names) {
  std::optional<Topic> nearest;
  double best = 0;
  for (const Topic topic : pipeline::kAllTopics) {
    int found = 0;
    int all = 0;
    for (const ColumnSpec& column : ColumnsOf(topic)) {
      if (!column.required) continue;
      ++all;
      const bool is_there =
          !PositionsOf(column.name, names).empty() || !HiddenName(column.name, names).empty();
      found += is_there ? 1 : 0;
    }
    const double share = static_cast<double>(found) / all;
    if (share > best) {
      best = share;
      nearest = topic;
    }
  }
  return nearest;
}

tl::unexpected<Error> Foreign(const TopicFile& file, const std::vector<std::string>& names) {
  std::string known;
  for (const Topic topic : pipeline::kAllTopics) {
    known += fmt::format("{}{} has {}", known.empty() ? "" : ", one of ", pipeline::Name(topic),
                         Required(topic));
  }
  return Fail(
      ErrorCode::kInvalidInput,
      "{}: it is Parquet, but of something else: it has {}; a file of {}; rename its columns "
      "so, or leave it out",
      file.path, Quoted(names), known);
}

}  // namespace

std::span<const ColumnSpec> ColumnsOf(Topic topic) {
  switch (topic) {
    case Topic::kCows:
      return kCowColumns;
    case Topic::kSensors:
      return kSensorColumns;
    case Topic::kMeasurements:
      return kMeasurementColumns;
    case Topic::kFarms:
      return kFarmColumns;
  }
  return {};
}

Result<ColumnMatch> MatchColumns(const TopicFile& file, const std::vector<std::string>& names) {
  std::optional<Topic> topic = file.topic;
  if (!topic) {
    std::vector<ColumnMatch> fitting;
    for (const Topic candidate : pipeline::kAllTopics) {
      if (auto match = MatchTopic(candidate, names)) fitting.push_back(std::move(*match));
    }
    if (fitting.size() == 1) return std::move(fitting.front());
    topic = TopicByName(file.path);
    if (!topic && fitting.empty()) topic = Nearest(names);
    if (!topic && fitting.empty()) return Foreign(file, names);
    if (!topic) {
      return Fail(ErrorCode::kInvalidInput,
                  "{}: its columns {} fit {} and {}; name the file after the one that it is for",
                  file.path, Quoted(names), pipeline::Name(fitting[0].topic),
                  pipeline::Name(fitting[1].topic));
    }
  }
  auto match = MatchTopic(*topic, names);
  if (!match) return Fail(match.error().Because(file.path));
  return match;
}

}  // namespace herdflow::parquet_io
