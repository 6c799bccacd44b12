#include <algorithm>
#include <mutex>
#include <random>
#include <utility>

#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/sqlite/write_turn.hpp"
#include "log_file.hpp"

namespace herdflow::log_sqlite {
namespace {

using pipeline::Topic;
using pipeline::TopicDescription;

constexpr std::int32_t kMaxPartitions = 1'000;
/// One answer of Read holds at most so much, so that memory stays bounded.
constexpr std::size_t kMaxReadBytes = std::size_t{64} << 20;

/// Another id is another log, whatever its name: 128 random bits make it so.
std::string NewStreamId(Topic topic) {
  std::random_device random;
  return fmt::format("sqlite/{}/{:08x}{:08x}{:08x}{:08x}", pipeline::Name(topic), random(),
                     random(), random(), random());
}

class SqliteTopicAdmin : public pipeline::TopicAdmin {
 public:
  SqliteTopicAdmin(const SqliteLogOptions& options, sqlite::Database database,
                   MessageQuery messages, sqlite::WriteTurn turn)
      : options_(options),
        database_(std::move(database)),
        messages_(std::move(messages)),
        turn_(std::move(turn)) {}

  Result<std::vector<TopicDescription>> List() override;
  Result<> Create(Topic topic, std::int32_t partitions) override;
  Result<pipeline::MessageBatch> Read(pipeline::TopicPartition partition, std::int64_t offset,
                                      std::size_t count) override;

 private:
  Result<bool> Exists(Topic topic);
  Result<> Insert(Topic topic, std::int32_t partitions);

  const SqliteLogOptions options_;
  std::mutex mutex_;
  sqlite::Database database_;
  MessageQuery messages_;
  sqlite::WriteTurn turn_;
};

Result<std::vector<TopicDescription>> SqliteTopicAdmin::List() {
  const std::lock_guard lock(mutex_);
  HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(database_));
  HERDFLOW_ASSIGN(auto query,
                  database_.Prepare("SELECT t.name, t.stream_id, t.created_at, p.partition, p.id, "
                                    "p.next_offset FROM topics t JOIN partitions p "
                                    "ON p.topic_id = t.id ORDER BY t.id, p.partition"));
  std::vector<TopicDescription> topics;
  for (;;) {
    HERDFLOW_ASSIGN(const bool row, query.Step());
    if (!row) break;
    const auto topic = pipeline::TopicNamed(query.Text(0));
    if (!topic) continue;
    if (topics.empty() || topics.back().topic != *topic) {
      topics.push_back({.topic = *topic,
                        .stream_id = std::string(query.Text(1)),
                        .created_at = FromMicros(query.Int(2)),
                        .partitions = {}});
    }
    HERDFLOW_ASSIGN(const std::int64_t begin, messages_.Begin(query.Int(4), query.Int(5)));
    topics.back().partitions.push_back({.partition = static_cast<std::int32_t>(query.Int(3)),
                                        .begin = begin,
                                        .end = query.Int(5)});
  }
  std::sort(topics.begin(), topics.end(),
            [](const auto& a, const auto& b) { return a.topic < b.topic; });
  return topics;
}

Result<bool> SqliteTopicAdmin::Exists(Topic topic) {
  HERDFLOW_ASSIGN(auto query, database_.Prepare("SELECT 1 FROM topics WHERE name = ?"));
  return query.Bind(1, pipeline::Name(topic)).Step();
}

Result<> SqliteTopicAdmin::Create(Topic topic, std::int32_t partitions) {
  if (partitions < 1 || partitions > kMaxPartitions) {
    return Fail(ErrorCode::kInvalidInput, "making topic {}: {} partitions, must be 1 to {}",
                pipeline::Name(topic), partitions, kMaxPartitions);
  }
  const std::lock_guard lock(mutex_);
  HERDFLOW_ASSIGN(const bool exists, Exists(topic));
  if (exists) return {};
  database_.SetBusyTimeout(std::chrono::milliseconds(0));
  auto made = Insert(topic, partitions);
  database_.SetBusyTimeout(options_.busy_timeout);
  return made;
}

Result<> SqliteTopicAdmin::Insert(Topic topic, std::int32_t partitions) {
  HERDFLOW_ASSIGN(auto transaction, turn_.Begin(database_, options_.busy_timeout, [] {}));
  HERDFLOW_ASSIGN(const bool exists, Exists(topic));  // Another process may have been first.
  if (exists) return {};
  HERDFLOW_ASSIGN(auto insert_topic, database_.Prepare("INSERT INTO topics(name, stream_id, "
                                                       "created_at) VALUES (?, ?, ?)"));
  const std::string stream_id = NewStreamId(topic);
  HERDFLOW_CHECK(insert_topic.Bind(1, pipeline::Name(topic))
                     .Bind(2, stream_id)
                     .Bind(3, ToMicros(Now()))
                     .Run());
  const std::int64_t topic_id = database_.last_insert_rowid();
  HERDFLOW_ASSIGN(auto insert_partition,
                  database_.Prepare("INSERT INTO partitions(topic_id, partition, next_offset, "
                                    "last_time) VALUES (?, ?, 0, 0)"));
  for (std::int32_t i = 0; i < partitions; ++i) {
    HERDFLOW_CHECK(insert_partition.Bind(1, topic_id).Bind(2, i).Run());
  }
  return transaction.Commit();
}

Result<pipeline::MessageBatch> SqliteTopicAdmin::Read(pipeline::TopicPartition partition,
                                                      std::int64_t offset, std::size_t count) {
  const std::lock_guard lock(mutex_);
  HERDFLOW_ASSIGN(auto query,
                  database_.Prepare("SELECT p.id, t.stream_id FROM topics t JOIN partitions p "
                                    "ON p.topic_id = t.id WHERE t.name = ? AND p.partition = ?"));
  HERDFLOW_ASSIGN(
      const bool exists,
      query.Bind(1, pipeline::Name(partition.topic)).Bind(2, partition.partition).Step());
  if (!exists) {
    return Fail(ErrorCode::kNotFound, "reading the log: topic {} has no partition {}",
                pipeline::Name(partition.topic), partition.partition);
  }
  pipeline::MessageBatch batch;
  batch.from = partition;
  batch.stream_id = query.Text(1);
  if (count == 0) return batch;
  const std::int64_t first = std::max<std::int64_t>(offset, 0);
  HERDFLOW_ASSIGN(auto read, messages_.Read(query.Int(0), first, count, kMaxReadBytes));
  batch.messages = std::move(read.messages);
  batch.bytes = std::move(read.bytes);
  return batch;
}

}  // namespace

Result<std::unique_ptr<pipeline::TopicAdmin>> MakeSqliteTopicAdmin(
    const SqliteLogOptions& options) {
  HERDFLOW_ASSIGN(auto database, OpenLog(options));
  HERDFLOW_ASSIGN(auto messages, MessageQuery::Prepare(database));
  HERDFLOW_ASSIGN(auto turn, sqlite::WriteTurn::Open(LogPath(options)));
  return std::make_unique<SqliteTopicAdmin>(options, std::move(database), std::move(messages),
                                            std::move(turn));
}

}  // namespace herdflow::log_sqlite
