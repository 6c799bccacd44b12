#include "topic_files.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "herdflow/parquet_io/herd_writer.hpp"
#include "input_file.hpp"

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;
using pipeline::Topic;

constexpr std::string_view kExtension = ".parquet";
constexpr std::array<std::string_view, 3> kExtensions{kExtension, ".parq", ".pq"};

/// What other tools leave beside the data: `_SUCCESS`, `_metadata`, `.part-0.parquet.crc`.
bool IsHidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

bool IsNamedParquet(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool IsRegular(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// What lies in a folder, by name; hidden things are noted in one line.
Result<std::vector<fs::path>> List(const fs::path& folder, FoundFiles& found) {
  std::vector<fs::path> entries;
  std::vector<std::string> hidden;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (IsHidden(entry->path())) {
      hidden.push_back(entry->path().filename().string());
    } else {
      entries.push_back(entry->path());
    }
  }
  if (error) {
    return Fail(ErrorCode::kUnavailable, "reading folder {}: {}", folder.string(), error.message());
  }
  std::sort(entries.begin(), entries.end());
  std::sort(hidden.begin(), hidden.end());
  if (!hidden.empty()) {
    found.left_out.push_back(fmt::format("{} in {}: hidden, as other tools' own files are",
                                         fmt::join(hidden, ", "), folder.string()));
  }
  return entries;
}

/// Whether a file is to be read: one without Parquet's name is if it begins as Parquet does.
Result<bool> IsParquet(const fs::path& file) {
  if (IsNamedParquet(file)) return true;
  if (!IsRegular(file)) return false;
  return BeginsAsParquet(file.string());
}

void LeaveOut(const fs::path& path, FoundFiles& found) {
  found.left_out.push_back(fmt::format("{}: it is no {}", path.string(),
                                       IsFolder(path)
                                           ? "file; folders in folders are not looked into"
                                           : (IsRegular(path) ? "Parquet file" : "regular file")));
}

/// What a failure adds, so that nothing is passed over in silence: each thing that is not read.
std::string LeftOut(const FoundFiles& found) {
  constexpr std::size_t kMost = 10;
  std::string text;
  for (std::size_t i = 0; i < std::min(kMost, found.left_out.size()); ++i) {
    text += "; left out " + found.left_out[i];
  }
  if (found.left_out.size() > kMost) {
    text += fmt::format("; and {} more", found.left_out.size() - kMost);
  }
  return text;
}

/// Every part file of a folder. A folder inside is doubt, not to be passed over in silence.
Result<> AddParts(const fs::path& folder, std::optional<Topic> topic, FoundFiles& found) {
  HERDFLOW_ASSIGN(const auto entries, List(folder, found));
  const std::size_t before = found.files.size();
  for (const fs::path& entry : entries) {
    if (IsFolder(entry)) {
      return Fail(
          ErrorCode::kInvalidInput,
          "folder {} holds the folder {}: part files are read from one level only; name the "
          "folders one by one",
          folder.string(), entry.filename().string());
    }
    HERDFLOW_ASSIGN(const bool is_parquet, IsParquet(entry));
    if (is_parquet) {
      found.files.push_back({entry.string(), topic});
    } else {
      LeaveOut(entry, found);
    }
  }
  if (found.files.size() == before) {
    return Fail(ErrorCode::kInvalidInput, "folder {} holds no Parquet file{}", folder.string(),
                LeftOut(found));
  }
  return {};
}

/// The one file or folder that holds a topic; empty if there is none.
Result<fs::path> PlaceOf(Topic topic, const fs::path& folder) {
  const fs::path bare = folder / pipeline::Name(topic);
  const fs::path extended = folder / (std::string(pipeline::Name(topic)) + std::string(kExtension));
  std::error_code ignored;
  const bool has_bare = IsFolder(bare);
  const bool has_extended = fs::exists(fs::symlink_status(extended, ignored));
  if (has_bare && has_extended) {
    return Fail(ErrorCode::kInvalidInput, "{} and {} both hold {}: name the one that is meant",
                bare.string(), extended.string(), pipeline::Name(topic));
  }
  if (has_bare) return bare;
  return has_extended ? extended : fs::path();
}

/// What lies beside cows, sensors and measurements. A copy of the one or a part of the other would
/// be read after them and count as newer: that is for a person to say. The truth of a made-up herd
/// belongs there: of it there is nothing to say.
Result<> LeaveOutOthers(const fs::path& folder,
                        const std::vector<std::pair<Topic, fs::path>>& places, FoundFiles& found) {
  HERDFLOW_ASSIGN(const auto entries, List(folder, found));
  for (const fs::path& entry : entries) {
    const auto is_entry = [&](const auto& place) { return place.second == entry; };
    if (std::any_of(places.begin(), places.end(), is_entry)) continue;
    HERDFLOW_ASSIGN(const bool is_parquet, IsParquet(entry));
    if (is_parquet && IsRegular(entry)) {
      found.left_out.push_back(
          fmt::format("{}: it stands beside cows, sensors and measurements; to seed it as well, "
                      "name it",
                      entry.string()));
    } else if (entry.filename() != kTruthFile || !IsRegular(entry)) {
      LeaveOut(entry, found);
    }
  }
  return {};
}

Result<> AddFolder(const fs::path& folder, FoundFiles& found) {
  std::vector<std::pair<Topic, fs::path>> places;
  std::string missing;
  for (const Topic topic : pipeline::kAllTopics) {
    HERDFLOW_ASSIGN(const fs::path place, PlaceOf(topic, folder));
    if (!place.empty()) {
      places.emplace_back(topic, place);
    } else if (topic != Topic::kFarms) {  // A herd needs none.
      missing += (missing.empty() ? "" : " and ") + std::string(pipeline::Name(topic)) + ".parquet";
    }
  }
  if (places.empty()) return AddParts(folder, std::nullopt, found);
  HERDFLOW_CHECK(LeaveOutOthers(folder, places, found));
  if (!missing.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "folder {} has no {}; if that is meant, name the files instead of the folder{}",
                folder.string(), missing, LeftOut(found));
  }
  for (const auto& [topic, place] : places) {
    if (IsFolder(place)) {
      HERDFLOW_CHECK(AddParts(place, topic, found));
    } else {
      found.files.push_back({place.string(), topic});
    }
  }
  return {};
}

}  // namespace

Result<FoundFiles> FindTopicFiles(const std::vector<std::string>& paths) {
  FoundFiles found;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
      return Fail(ErrorCode::kNotFound, "{}: no such file or folder", path);
    }
    if (error) return Fail(ErrorCode::kUnavailable, "{}: {}", path, error.message());
    if (fs::is_directory(status)) {
      HERDFLOW_CHECK(AddFolder(path, found));
    } else {
      found.files.push_back({path, std::nullopt});  // Whether it is a file is seen when it is open.
    }
  }
  return found;
}

std::optional<Topic> TopicByName(const std::string& path) {
  const fs::path file = fs::path(path).lexically_normal();
  for (const std::string& name :
       {file.filename().string(), file.parent_path().filename().string()}) {
    for (const Topic topic : pipeline::kAllTopics) {
      if (name.starts_with(pipeline::Name(topic))) return topic;
    }
  }
  return std::nullopt;
}

}  // namespace herdflow::parquet_io
