#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/sqlite/database.hpp"

namespace herdflow::log_sqlite {

/// The file, its schema, and what writer, reader and admin share about it.

[[nodiscard]] std::string LogPath(const SqliteLogOptions& options);

/// Open a connection; make the file and its schema if they are missing. `checkpoints`: whether this
/// connection may copy the write-ahead log within its commits.
Result<sqlite::Database> OpenLog(const SqliteLogOptions& options, bool checkpoints = true);

/// An event's key in the file: the partition's id above, the offset in the lower 40 bits. An
/// integer key lets SQLite append to the end of a B-tree, which is a third faster than a key of
/// three columns.
inline constexpr int kOffsetBits = 40;
[[nodiscard]] constexpr std::int64_t Position(std::int64_t partition_id, std::int64_t offset) {
  return (partition_id << kOffsetBits) + offset;
}
[[nodiscard]] constexpr std::int64_t OffsetOf(std::int64_t position) {
  return position & ((std::int64_t{1} << kOffsetBits) - 1);
}

struct Messages {
  std::vector<pipeline::Message> messages;
  std::shared_ptr<const void> bytes;  ///< What the messages' views point into.
};

/// Reads pieces of one partition after another, by one prepared statement.
class MessageQuery {
 public:
  static Result<MessageQuery> Prepare(sqlite::Database& database);

  /// Messages from `offset` on, at most so many and so large, but at least one if there is one.
  Result<Messages> Read(std::int64_t partition_id, std::int64_t offset, std::size_t max_messages,
                        std::size_t max_bytes);
  /// The oldest offset that the partition still has, or `end`.
  Result<std::int64_t> Begin(std::int64_t partition_id, std::int64_t end);

 private:
  explicit MessageQuery(sqlite::Statement select) : select_(std::move(select)) {}

  sqlite::Statement select_;
};

}  // namespace herdflow::log_sqlite
