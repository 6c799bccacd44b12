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

/// The files behind the paths, by path, then topic, then name. Looks at names only.
Result<std::vector<TopicFile>> FindTopicFiles(const std::vector<std::string>& paths);

/// The topic that a file's name, or else its folder's, begins with.
std::optional<pipeline::Topic> TopicByName(const std::string& path);

}  // namespace herdflow::parquet_io
