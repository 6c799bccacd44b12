#include "log_file.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "herdflow/sqlite/checksum.hpp"

namespace herdflow::log_sqlite {
namespace {

constexpr std::int32_t kApplicationId = 0x68644c32;          // "hdL2"
constexpr std::int32_t kUnsealedApplicationId = 0x68644c31;  // "hdL1"
constexpr std::int32_t kSchemaVersion = 2;

/// `messages` is for people: `SELECT * FROM messages WHERE topic = 'cows'`.
constexpr std::string_view kSchema = R"sql(
CREATE TABLE topics(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  stream_id TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE partitions(
  id INTEGER PRIMARY KEY,
  topic_id INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  UNIQUE (topic_id, partition)
) STRICT;
CREATE TABLE events(
  position INTEGER PRIMARY KEY,
  broker_time INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  headers BLOB,
  checksum INTEGER NOT NULL
) STRICT;
CREATE VIEW messages AS
  SELECT t.name AS topic, p.partition AS partition, e.position & 0xffffffffff AS "offset",
         strftime('%Y-%m-%dT%H:%M:%S', e.broker_time / 1000000, 'unixepoch')
           || printf('.%06dZ', e.broker_time % 1000000) AS broker_time,
         CAST(e.key AS TEXT) AS key, CAST(e.value AS TEXT) AS value, e.headers AS headers
  FROM events e JOIN partitions p ON p.id = e.position >> 40 JOIN topics t ON t.id = p.topic_id;
)sql";

/// From version 1, whose records had no checksum.
constexpr std::string_view kAddChecksums = R"sql(
ALTER TABLE partitions DROP COLUMN last_time;
ALTER TABLE events ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
)sql";

std::optional<std::string_view> MaybeBlob(const sqlite::Statement& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.Blob(column);
}

Result<> AddChecksums(sqlite::Database& database) {
  HERDFLOW_CHECK(database.Execute(kAddChecksums));
  HERDFLOW_ASSIGN(auto select, database.Prepare("SELECT position, broker_time, key, value, headers "
                                                "FROM events WHERE position > ? ORDER BY position "
                                                "LIMIT 1"));
  HERDFLOW_ASSIGN(auto update,
                  database.Prepare("UPDATE events SET checksum = ? WHERE position = ?"));
  for (std::int64_t position = -1;;) {
    HERDFLOW_ASSIGN(const bool row, select.Bind(1, position).Step());
    if (!row) return {};
    position = select.Int(0);
    const std::int64_t checksum =
        ChecksumOf(position, select.Int(1), select.Blob(2), select.Blob(3), MaybeBlob(select, 4));
    select.Reset();
    HERDFLOW_CHECK(update.Bind(1, checksum).Bind(2, position).Run());
  }
}

Result<> Migrate(sqlite::Database& database, const std::string& path) {
  HERDFLOW_ASSIGN(std::int64_t version, database.UserVersion());
  if (version < kSchemaVersion) {
    HERDFLOW_ASSIGN(auto transaction, sqlite::Transaction::BeginImmediate(database));
    // Another process may have been first.
    HERDFLOW_ASSIGN(version, database.UserVersion());
    if (version < kSchemaVersion) {
      HERDFLOW_CHECK(version == 0 ? database.Execute(kSchema) : AddChecksums(database));
      HERDFLOW_CHECK(database.SetUserVersion(kSchemaVersion));
      return transaction.Commit();
    }
  }
  if (version != kSchemaVersion) {
    return Fail(ErrorCode::kInvalidInput,
                "opening {}: the log has schema version {}, this herdflow knows {}; use the "
                "herdflow that wrote it, or a newer one",
                path, version, kSchemaVersion);
  }
  return {};
}

}  // namespace

std::string LogPath(const SqliteLogOptions& options) {
  return (std::filesystem::path(options.folder) / "log.db").string();
}

Result<sqlite::Database> OpenLog(const SqliteLogOptions& options, bool checkpoints) {
  sqlite::OpenOptions open{.path = LogPath(options),
                           .application_id = kApplicationId,
                           .unsealed_application_id = kUnsealedApplicationId,
                           .what = "log",
                           .cache_kib = 4 * 1024,
                           .busy_timeout = options.busy_timeout};
  if (!checkpoints) open.checkpoint_pages = INT64_MAX;
  auto database = sqlite::Database::Open(open);
  if (database) {
    if (auto done = Migrate(*database, open.path); !done) {
      database = Fail(std::move(done).error());
    }
  }
  if (!database) return Fail(OfTheWholeFile(std::move(database).error()));
  return database;
}

Error OfTheWholeFile(Error error) {
  if (error.code() != ErrorCode::kCorruptData) return error;
  return {ErrorCode::kCorruptData,
          fmt::format("{}; without a copy of log.db, what was not loaded is lost: stop `serve`, {}",
                      error.message(), kGoOnWithANewLog)};
}

Error DamagedEnd(const Error& damage) {
  return {ErrorCode::kCorruptData,
          fmt::format("{}; the next messages cannot be written there: restore copies of log.db and "
                      "store.db; or stop `serve`, load what can be read by `herdflow load "
                      "--adopt`, then {}",
                      damage.message(), kGoOnWithANewLog)};
}

std::int64_t ChecksumOf(std::int64_t position, std::int64_t broker_time, std::string_view key,
                        std::string_view value, std::optional<std::string_view> headers) {
  sqlite::Checksum checksum;
  checksum.Add(position).Add(broker_time).Add(key).Add(value);
  if (headers) checksum.Add(*headers);
  return checksum.value();
}

Result<MessageQuery> MessageQuery::Prepare(sqlite::Database& database) {
  HERDFLOW_ASSIGN(
      auto select,
      database.Prepare("SELECT position, broker_time, key, value, headers, checksum FROM events "
                       "WHERE position >= ?1 AND position < ?2 ORDER BY position"));
  return MessageQuery(std::move(select));
}

Result<Messages> MessageQuery::Read(const Piece& piece) {
  constexpr std::size_t kLikely = 16'384;
  Messages read;
  read.messages.reserve(std::min(piece.max_messages, kLikely));
  auto arena = std::make_shared<TextArena>();
  select_.Bind(1, Position(piece.partition_id, piece.offset))
      .Bind(2, Position(piece.partition_id, piece.end));
  std::size_t bytes = 0;
  while (piece.offset + std::ssize(read.messages) < piece.end &&
         (read.messages.empty() || read.messages.size() < piece.max_messages)) {
    auto size = ReadOne(piece, *arena, read);
    if (!size && (read.messages.empty() || size.error().code() != ErrorCode::kCorruptData)) {
      select_.Reset();
      return Fail(std::move(size).error());
    }
    if (!size) break;  // Told when it is the first.
    bytes += *size;
    if (bytes > piece.max_bytes && read.messages.size() > 1) {
      read.messages.pop_back();
      break;
    }
  }
  select_.Reset();
  read.bytes = std::move(arena);
  return read;
}

Error MessageQuery::WayOut(pipeline::TopicPartition partition, const Piece& piece,
                           const Error& damage) {
  const Error where = damage.Because(fmt::format(
      "reading {}/{} from offset {}", Name(partition.topic), partition.partition, piece.offset));
  const auto newest = Read({.partition_id = piece.partition_id,
                            .offset = piece.end - 1,
                            .end = piece.end,
                            .max_messages = 1});
  if (!newest && newest.error().code() == ErrorCode::kCorruptData) return DamagedEnd(where);
  return {
      ErrorCode::kCorruptData,
      fmt::format("{}; restore copies of log.db and store.db, or stop `serve` and go on without "
                  "what is damaged by `herdflow load --adopt`",
                  where.message())};
}

/// The size of the message.
Result<std::size_t> MessageQuery::ReadOne(const Piece& piece, TextArena& arena, Messages& read) {
  const std::int64_t offset = piece.offset + std::ssize(read.messages);
  HERDFLOW_ASSIGN(const bool row, select_.Step());
  if (!row || OffsetOf(select_.Int(0)) != offset) {
    return Fail(ErrorCode::kCorruptData, "log.db: the message at offset {} is not there", offset);
  }
  const std::string_view key = select_.Blob(2), value = select_.Blob(3);
  const auto headers = MaybeBlob(select_, 4);
  if (ChecksumOf(select_.Int(0), select_.Int(1), key, value, headers) != select_.Int(5)) {
    return Fail(ErrorCode::kCorruptData,
                "log.db: the message at offset {} is not what was written: its checksum is another",
                offset);
  }
  auto& message = read.messages.emplace_back();
  message.offset = offset;
  message.broker_time = FromMicros(select_.Int(1));
  message.key = arena.Keep(key);
  message.value = arena.Keep(value);
  if (headers) {
    HERDFLOW_ASSIGN(message.headers, pipeline::DecodeHeaders(*headers));
  }
  return key.size() + value.size();
}

}  // namespace herdflow::log_sqlite
