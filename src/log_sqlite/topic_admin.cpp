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

Result<> CheckPartitions(std::string_view doing, Topic topic, std::int32_t partitions) {
  if (partitions >= 1 && partitions <= kMaxPartitions) return {};
  return Fail(ErrorCode::kInvalidInput, "{} topic {}: {} partitions, must be 1 to {}", doing,
              pipeline::Name(topic), partitions, kMaxPartitions);
}

tl::unexpected<Error> RefuseRetention(std::string_view doing, Topic topic) {
  return Fail(ErrorCode::kInvalidInput,
              "{} topic {}: the embedded log keeps every message; leave the retention out, or use "
              "Kafka",
              doing, pipeline::Name(topic));
}

tl::unexpected<Error> NoSuchTopic(std::string_view doing, Topic topic) {
  return Fail(ErrorCode::kNotFound, "{} topic {}: there is none", doing, pipeline::Name(topic));
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
  Result<TopicDescription> Look(Topic topic) override;
  Result<std::vector<TopicDescription>> Describe() override { return List(); }
  Result<> Create(Topic topic, const pipeline::TopicSettings& settings) override;
  Result<> Alter(Topic topic, const pipeline::TopicChange& change) override;
  Result<> Delete(Topic topic) override;
  Result<pipeline::MessageBatch> Read(pipeline::TopicPartition partition, std::int64_t offset,
                                      std::size_t count) override;

 private:
  struct Place {
    std::int64_t id = 0;
    std::int32_t partitions = 0;
  };
  /// Nothing: there is no such topic.
  Result<std::optional<Place>> Find(Topic topic);
  /// Work within a transaction of its own, in turn with other writers.
  template <class Work>
  Result<> InTransaction(Work work);
  Result<> Insert(Topic topic, std::int32_t partitions);
  Result<> AddPartitions(std::int64_t topic_id, std::int32_t from, std::int32_t to);

  const SqliteLogOptions options_;
  std::mutex mutex_;
  sqlite::Database database_;
  MessageQuery messages_;
  sqlite::WriteTurn turn_;
};

Result<std::vector<TopicDescription>> SqliteTopicAdmin::List() {
  const std::lock_guard lock(mutex_);
  HERDFLOW_CHECK(database_.CheckPlace());
  HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(database_));
  HERDFLOW_ASSIGN(auto query,
                  database_.Prepare("SELECT t.name, t.stream_id, t.created_at, p.partition, "
                                    "p.next_offset FROM topics t JOIN partitions p "
                                    "ON p.topic_id = t.id ORDER BY t.id, p.partition"));
  std::vector<TopicDescription> topics;
  for (;;) {
    const auto row = query.Step();
    if (!row) return Fail(OfTheWholeFile(row.error()));
    if (!*row) break;
    const auto topic = pipeline::TopicNamed(query.Text(0));
    if (!topic) continue;
    if (topics.empty() || topics.back().topic != *topic) {
      auto& made = topics.emplace_back();
      made.topic = *topic;
      made.stream_id = query.Text(1);
      made.created_at = FromMicros(query.Int(2));
      made.timestamp_type = pipeline::kLogAppendTime;
      made.cleanup_policy = pipeline::kDeletePolicy;
    }
    topics.back().partitions.push_back(
        {{0, query.Int(4)}, static_cast<std::int32_t>(query.Int(3))});
  }
  std::sort(topics.begin(), topics.end(),
            [](const auto& a, const auto& b) { return a.topic < b.topic; });
  return topics;
}

Result<TopicDescription> SqliteTopicAdmin::Look(Topic topic) {
  HERDFLOW_ASSIGN(auto topics, List());
  for (TopicDescription& each : topics) {
    if (each.topic == topic) return std::move(each);
  }
  return NoSuchTopic("looking at", topic);
}

Result<std::optional<SqliteTopicAdmin::Place>> SqliteTopicAdmin::Find(Topic topic) {
  HERDFLOW_ASSIGN(auto query,
                  database_.Prepare("SELECT t.id, (SELECT COUNT(*) FROM partitions p WHERE "
                                    "p.topic_id = t.id) FROM topics t WHERE t.name = ?"));
  HERDFLOW_ASSIGN(const bool there, query.Bind(1, pipeline::Name(topic)).Step());
  if (!there) return std::optional<Place>();
  return std::optional(Place{query.Int(0), static_cast<std::int32_t>(query.Int(1))});
}

template <class Work>
Result<> SqliteTopicAdmin::InTransaction(Work work) {
  database_.SetBusyTimeout(std::chrono::milliseconds(0));  // The turn waits.
  auto done = [&]() -> Result<> {
    HERDFLOW_ASSIGN(auto transaction, turn_.Begin(database_, options_.busy_timeout, [] {}));
    HERDFLOW_CHECK(work());
    return transaction.Commit();
  }();
  database_.SetBusyTimeout(options_.busy_timeout);
  return done;
}

Result<> SqliteTopicAdmin::Create(Topic topic, const pipeline::TopicSettings& settings) {
  HERDFLOW_CHECK(CheckPartitions("making", topic, settings.partitions));
  if (settings.replication != 1) {
    return Fail(ErrorCode::kInvalidInput,
                "making topic {}: replication {}: the embedded log is one file; give 1, or use "
                "Kafka",
                pipeline::Name(topic), settings.replication);
  }
  if (settings.retention) return RefuseRetention("making", topic);
  const std::lock_guard lock(mutex_);
  HERDFLOW_ASSIGN(const auto exists, Find(topic));
  if (exists) return {};
  return InTransaction([&]() -> Result<> {
    HERDFLOW_ASSIGN(const auto made, Find(topic));  // Another process may have been first.
    return made ? Result<>() : Insert(topic, settings.partitions);
  });
}

Result<> SqliteTopicAdmin::Insert(Topic topic, std::int32_t partitions) {
  HERDFLOW_ASSIGN(auto insert_topic, database_.Prepare("INSERT INTO topics(name, stream_id, "
                                                       "created_at) VALUES (?, ?, ?)"));
  const std::string stream_id = NewStreamId(topic);
  HERDFLOW_CHECK(insert_topic.Bind(1, pipeline::Name(topic))
                     .Bind(2, stream_id)
                     .Bind(3, ToMicros(Now()))
                     .Run());
  return AddPartitions(database_.last_insert_rowid(), 0, partitions);
}

Result<> SqliteTopicAdmin::AddPartitions(std::int64_t topic_id, std::int32_t from,
                                         std::int32_t to) {
  HERDFLOW_ASSIGN(auto insert, database_.Prepare("INSERT INTO partitions(topic_id, partition, "
                                                 "next_offset) VALUES (?, ?, 0)"));
  for (std::int32_t i = from; i < to; ++i) {
    HERDFLOW_CHECK(insert.Bind(1, topic_id).Bind(2, i).Run());
  }
  return {};
}

Result<> SqliteTopicAdmin::Alter(Topic topic, const pipeline::TopicChange& change) {
  // The embedded log has the right policies, and no others: nothing to repair.
  if (change.retention && *change.retention) return RefuseRetention("changing", topic);
  if (change.partitions) HERDFLOW_CHECK(CheckPartitions("changing", topic, *change.partitions));
  const std::lock_guard lock(mutex_);
  return InTransaction([&]() -> Result<> {
    HERDFLOW_ASSIGN(const auto place, Find(topic));
    if (!place) return NoSuchTopic("changing", topic);
    if (!change.partitions) return {};
    if (*change.partitions < place->partitions) {
      return Fail(ErrorCode::kInvalidInput,
                  "changing topic {}: it has {} partitions, which can only become more",
                  pipeline::Name(topic), place->partitions);
    }
    return AddPartitions(place->id, place->partitions, *change.partitions);
  });
}

Result<> SqliteTopicAdmin::Delete(Topic topic) {
  const std::lock_guard lock(mutex_);
  return InTransaction([&]() -> Result<> {
    HERDFLOW_ASSIGN(const auto place, Find(topic));
    if (!place) return NoSuchTopic("deleting", topic);
    HERDFLOW_ASSIGN(auto partitions,
                    database_.Prepare("SELECT id FROM partitions WHERE topic_id = ?"));
    HERDFLOW_ASSIGN(auto remove, database_.Prepare("DELETE FROM events WHERE position >= ? AND "
                                                   "position < ?"));
    partitions.Bind(1, place->id);
    while (true) {
      HERDFLOW_ASSIGN(const bool there, partitions.Step());
      if (!there) break;
      const std::int64_t id = partitions.Int(0);
      HERDFLOW_CHECK(remove.Bind(1, Position(id, 0)).Bind(2, Position(id + 1, 0)).Run());
    }
    for (const std::string_view sql :
         {"DELETE FROM partitions WHERE topic_id = ?", "DELETE FROM topics WHERE id = ?"}) {
      HERDFLOW_ASSIGN(auto rows, database_.Prepare(sql));
      HERDFLOW_CHECK(rows.Bind(1, place->id).Run());
    }
    return {};
  });
}

Result<pipeline::MessageBatch> SqliteTopicAdmin::Read(pipeline::TopicPartition partition,
                                                      std::int64_t offset, std::size_t count) {
  const std::lock_guard lock(mutex_);
  HERDFLOW_ASSIGN(const auto snapshot, sqlite::Transaction::BeginRead(database_));
  HERDFLOW_ASSIGN(
      auto query,
      database_.Prepare("SELECT p.id, t.stream_id, p.next_offset FROM topics t JOIN partitions p "
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
  const Piece piece{.partition_id = query.Int(0),
                    .offset = std::max<std::int64_t>(offset, 0),
                    .end = query.Int(2),
                    .max_messages = count,
                    .max_bytes = kMaxReadBytes};
  auto read = messages_.Read(piece);
  if (!read && read.error().code() == ErrorCode::kCorruptData) {
    return Fail(messages_.WayOut(partition, piece, read.error()));
  }
  if (!read) return Fail(std::move(read).error());
  batch.messages = std::move(read->messages);
  batch.bytes = std::move(read->bytes);
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
