#include "log_file.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "message_arena.hpp"

namespace herdflow::log_sqlite {
namespace {

constexpr std::int32_t kApplicationId = 0x68644c31;  // "hdL1"
constexpr std::int32_t kSchemaVersion = 1;

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
  last_time INTEGER NOT NULL,
  UNIQUE (topic_id, partition)
) STRICT;
CREATE TABLE events(
  position INTEGER PRIMARY KEY,
  broker_time INTEGER NOT NULL,
  key BLOB NOT NULL,
  value BLOB NOT NULL,
  headers BLOB
) STRICT;
CREATE VIEW messages AS
  SELECT t.name AS topic, p.partition AS partition, e.position & 0xffffffffff AS "offset",
         strftime('%Y-%m-%dT%H:%M:%S', e.broker_time / 1000000, 'unixepoch')
           || printf('.%06dZ', e.broker_time % 1000000) AS broker_time,
         CAST(e.key AS TEXT) AS key, CAST(e.value AS TEXT) AS value, e.headers AS headers
  FROM events e JOIN partitions p ON p.id = e.position >> 40 JOIN topics t ON t.id = p.topic_id;
)sql";

Result<> Migrate(sqlite::Database& database, const std::string& path) {
  HERDFLOW_ASSIGN(std::int64_t version, database.UserVersion());
  if (version == 0) {
    HERDFLOW_ASSIGN(auto transaction, sqlite::Transaction::BeginImmediate(database));
    // Another process may have been first.
    HERDFLOW_ASSIGN(version, database.UserVersion());
    if (version == 0) {
      HERDFLOW_CHECK(database.Execute(kSchema));
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
                           .what = "log",
                           .cache_kib = 4 * 1024,
                           .busy_timeout = options.busy_timeout};
  if (!checkpoints) open.checkpoint_pages = INT64_MAX;
  HERDFLOW_ASSIGN(auto database, sqlite::Database::Open(open));
  if (auto done = Migrate(database, open.path); !done) return Fail(std::move(done).error());
  return database;
}

Result<MessageQuery> MessageQuery::Prepare(sqlite::Database& database) {
  HERDFLOW_ASSIGN(auto select,
                  database.Prepare("SELECT position, broker_time, key, value, headers FROM events "
                                   "WHERE position >= ?1 AND position < ?2 ORDER BY position"));
  return MessageQuery(std::move(select));
}

Result<Messages> MessageQuery::Read(std::int64_t partition_id, std::int64_t offset,
                                    std::size_t max_messages, std::size_t max_bytes) {
  constexpr std::size_t kLikely = 16'384;
  Messages read;
  read.messages.reserve(std::min(max_messages, kLikely));
  auto arena = std::make_shared<MessageArena>();
  select_.Bind(1, Position(partition_id, offset)).Bind(2, Position(partition_id + 1, 0));
  std::size_t bytes = 0;
  while (read.messages.empty() || read.messages.size() < max_messages) {
    HERDFLOW_ASSIGN(const bool row, select_.Step());
    if (!row) break;
    const std::string_view key = select_.Blob(2), value = select_.Blob(3);
    bytes += key.size() + value.size();
    if (bytes > max_bytes && !read.messages.empty()) break;
    auto& message = read.messages.emplace_back();
    message.offset = OffsetOf(select_.Int(0));
    message.broker_time = FromMicros(select_.Int(1));
    char* copy = arena->Take(key.size() + value.size());
    message.key = {copy, key.copy(copy, key.size())};
    message.value = {copy + key.size(), value.copy(copy + key.size(), value.size())};
    if (select_.IsNull(4)) continue;
    auto headers = pipeline::DecodeHeaders(select_.Blob(4));
    if (!headers) {
      select_.Reset();
      return Fail(std::move(headers).error());
    }
    message.headers = std::move(*headers);
  }
  select_.Reset();
  read.bytes = std::move(arena);
  return read;
}

Result<std::int64_t> MessageQuery::Begin(std::int64_t partition_id, std::int64_t end) {
  HERDFLOW_ASSIGN(
      const bool row,
      select_.Bind(1, Position(partition_id, 0)).Bind(2, Position(partition_id + 1, 0)).Step());
  if (!row) return end;
  const std::int64_t begin = OffsetOf(select_.Int(0));
  select_.Reset();
  return begin;
}

}  // namespace herdflow::log_sqlite
