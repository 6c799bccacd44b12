#include "topic_files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace herdflow::parquet_io {
namespace {

namespace fs = std::filesystem;
using pipeline::Topic;

constexpr std::string_view kExtension = ".parquet";

/// What other tools leave beside the data: `_SUCCESS`, `_temporary`, `.part-0.parquet.crc`.
bool IsHidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

Result<std::vector<fs::path>> List(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!IsHidden(entry->path())) found.push_back(entry->path());
  }
  if (error) {
    return Fail(ErrorCode::kUnavailable, "reading folder {}: {}", folder.string(), error.message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Every part file of a folder. A folder inside is doubt, not to be passed over in silence.
Result<> AddParts(const fs::path& folder, std::optional<Topic> topic,
                  std::vector<TopicFile>& files) {
  HERDFLOW_ASSIGN(const auto entries, List(folder));
  const std::size_t before = files.size();
  for (const fs::path& entry : entries) {
    if (fs::is_directory(entry)) {
      return Fail(
          ErrorCode::kInvalidInput,
          "folder {} holds the folder {}: part files are read from one level only; name the "
          "folders one by one",
          folder.string(), entry.filename().string());
    }
    if (entry.extension() == kExtension) files.push_back({entry.string(), topic});
  }
  if (files.size() == before) {
    return Fail(ErrorCode::kInvalidInput, "folder {} holds no *.parquet file", folder.string());
  }
  return {};
}

/// The one file or folder that holds a topic; empty if there is none.
Result<fs::path> PlaceOf(Topic topic, const fs::path& folder) {
  const fs::path bare = folder / pipeline::Name(topic);
  const fs::path extended = folder / (std::string(pipeline::Name(topic)) + std::string(kExtension));
  const bool has_bare = fs::is_directory(bare);
  const bool has_extended = fs::exists(extended);
  if (has_bare && has_extended) {
    return Fail(ErrorCode::kInvalidInput, "{} and {} both hold {}: name the one that is meant",
                bare.string(), extended.string(), pipeline::Name(topic));
  }
  if (has_bare) return bare;
  return has_extended ? extended : fs::path();
}

Result<> AddFolder(const fs::path& folder, std::vector<TopicFile>& files) {
  std::vector<std::pair<Topic, fs::path>> places;
  std::string missing;
  for (const Topic topic : pipeline::kAllTopics) {
    HERDFLOW_ASSIGN(const fs::path place, PlaceOf(topic, folder));
    if (!place.empty()) {
      places.emplace_back(topic, place);
    } else {
      missing += (missing.empty() ? "" : " and ") + std::string(pipeline::Name(topic)) + ".parquet";
    }
  }
  if (places.empty()) return AddParts(folder, std::nullopt, files);
  if (!missing.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "folder {} has no {}; if that is meant, name the files instead of the folder",
                folder.string(), missing);
  }
  for (const auto& [topic, place] : places) {
    if (fs::is_directory(place)) {
      HERDFLOW_CHECK(AddParts(place, topic, files));
    } else {
      files.push_back({place.string(), topic});
    }
  }
  return {};
}

}  // namespace

Result<std::vector<TopicFile>> FindTopicFiles(const std::vector<std::string>& paths) {
  std::vector<TopicFile> files;
  for (const std::string& path : paths) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
      return Fail(ErrorCode::kNotFound, "{}: no such file or folder", path);
    }
    if (error) return Fail(ErrorCode::kUnavailable, "{}: {}", path, error.message());
    if (fs::is_directory(status)) {
      HERDFLOW_CHECK(AddFolder(path, files));
    } else if (fs::is_regular_file(status)) {
      files.push_back({path, std::nullopt});
    } else {
      return Fail(ErrorCode::kInvalidInput,
                  "{} is neither a file nor a folder; Parquet is read from its end, so a pipe will "
                  "not do",
                  path);
    }
  }
  return files;
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
