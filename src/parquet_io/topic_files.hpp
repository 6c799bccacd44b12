#pragma once

#include <optional>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::parquet_io {

struct TopicFile {
  std::string path;
  /// What its place in a folder says it is; nothing where its columns have to tell.
  std::optional<pipeline::Topic> topic;
};

struct FoundFiles {
  std::vector<TopicFile> files;  ///< By path, then topic, then name.
  /// What lies in the folders and is not read, and why: a line each for a person.
  std::vector<std::string> left_out;
};

/// The files behind the paths. Looks at names, and of files whose name is not Parquet's at the
/// first bytes.
Result<FoundFiles> FindTopicFiles(const std::vector<std::string>& paths);

/// The topic that a file's name, or else its folder's, begins with.
std::optional<pipeline::Topic> TopicByName(const std::string& path);

}  // namespace herdflow::parquet_io
