#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/text_arena.hpp"
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

/// What a record carries beside itself. Headers: as they are kept, nothing where there are none.
[[nodiscard]] std::int64_t ChecksumOf(std::int64_t position, std::int64_t broker_time,
                                      std::string_view key, std::string_view value,
                                      std::optional<std::string_view> headers);

/// The last way out of damage, where the log does not take the next messages either.
inline constexpr std::string_view kGoOnWithANewLog =
    "move log.db away with its -wal and -shm, and `herdflow load --adopt` goes on with a new one";
/// The error, and what to do: of damage without which nothing of the log can be read; other errors
/// as they are.
[[nodiscard]] Error OfTheWholeFile(Error error);
/// Of damage where the next messages go.
[[nodiscard]] Error DamagedEnd(const Error& damage);

struct Messages {
  std::vector<pipeline::Message> messages;
  std::shared_ptr<const void> bytes;  ///< What the messages' views point into.
};

/// A piece of a partition to read.
struct Piece {
  std::int64_t partition_id = 0;
  std::int64_t offset = 0;  ///< The first.
  std::int64_t end = 0;     ///< One past the newest of the partition.
  std::size_t max_messages = 0;
  std::size_t max_bytes = 0;  ///< At least one message is given, however large.
};

/// Reads pieces of one partition after another, by one prepared statement. The log drops nothing,
/// so what does not follow on from the offset before is missing, and so is a record whose checksum
/// is another.
class MessageQuery {
 public:
  static Result<MessageQuery> Prepare(sqlite::Database& database);

  /// Messages without a gap from the piece's offset on, up to the first that is damaged or missing.
  /// kCorruptData: it is the piece's first.
  Result<Messages> Read(const Piece& piece);
  /// The damage that Read found at the piece's offset, and what to do: where the newest message is
  /// damaged too, the next one cannot be written beside it.
  [[nodiscard]] Error WayOut(pipeline::TopicPartition partition, const Piece& piece,
                             const Error& damage);

 private:
  explicit MessageQuery(sqlite::Statement select) : select_(std::move(select)) {}
  Result<std::size_t> ReadOne(const Piece& piece, TextArena& arena, Messages& read);

  sqlite::Statement select_;
};

}  // namespace herdflow::log_sqlite
