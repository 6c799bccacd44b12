#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "topic_files.hpp"

namespace herdflow::parquet_io {

/// What a column means, and so which types it may have.
enum class Role : std::uint8_t { kId, kText, kDate, kInstant, kValue, kFlag };

struct ColumnSpec {
  std::string_view name;
  Role role = Role::kText;
  bool required = true;
};

/// The columns of a topic's files, in the order of the message's fields.
std::span<const ColumnSpec> ColumnsOf(pipeline::Topic topic);

struct ColumnMatch {
  pipeline::Topic topic = pipeline::Topic::kMeasurements;
  /// For each of ColumnsOf(topic) where it stands among the file's columns; -1: it is not there.
  std::vector<int> positions;
};

/// Which topic a file is for and where its columns are: by exact name, or else by the same letters
/// in any case where that is one column only. Other columns are ignored.
/// kInvalidInput names what is missing or could be meant twice.
Result<ColumnMatch> MatchColumns(const TopicFile& file, const std::vector<std::string>& names);

}  // namespace herdflow::parquet_io
