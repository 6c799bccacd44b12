#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/time.hpp"

namespace herdflow::pipeline {

/// The four topics. Their names are fixed: `cows`, `sensors`, `measurements`, `farms`.
enum class Topic : std::uint8_t { kCows, kSensors, kMeasurements, kFarms };
inline constexpr std::array kAllTopics{Topic::kCows, Topic::kSensors, Topic::kMeasurements,
                                       Topic::kFarms};
[[nodiscard]] std::string_view Name(Topic topic);
[[nodiscard]] std::optional<Topic> TopicNamed(std::string_view name);

struct TopicPartition {
  Topic topic = Topic::kMeasurements;
  std::int32_t partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
};

struct Header {
  std::string name;  ///< Text: no log need keep what follows a NUL.
  std::string value;
};
/// Each header as name and value, both with their length before them (32 bits, little-endian): how
/// log and bronze keep them.
[[nodiscard]] std::string EncodeHeaders(const std::vector<Header>& headers);
/// kCorruptData where the bytes are no headers.
[[nodiscard]] Result<std::vector<Header>> DecodeHeaders(std::string_view bytes);

/// What an event's value may have, whoever sends it. Larger ones are refused at the door, be it a
/// request or a row of a file, and not by the log.
inline constexpr std::size_t kMaxEventBytes = std::size_t{64} << 10;

/// One event to append. Equal keys keep their order (partition = murmur2(key), as Java clients).
struct Event {
  std::string key;
  std::string value;
  std::vector<Header> headers;
};
using EventBatch = std::vector<Event>;

/// What became of one event.
struct AppendOutcome {
  enum class Kind : std::uint8_t {
    kDurable,  ///< It stands at (partition, offset): on all in-sync replicas, or synced to disk.
    /// It is not in the log; `error` says why: kInvalidInput (larger than the log takes; the same
    /// again is refused again), kNotFound (no such topic), kUnavailable (later, perhaps).
    kRefused,
    kUnknown,  ///< It may be in the log; sending it again is harmless for readings.
  };
  Kind kind = Kind::kRefused;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  Instant broker_time;
  std::optional<Error> error;
};

/// Called exactly once with one outcome an event, in the batch's order, from a thread of the
/// writer's: it must be quick and must not throw.
using Completion = std::function<void(std::vector<AppendOutcome>)>;

/// Appends events to the durable, ordered log.
///
/// Lifetime: ends after every completion was called; destruction first drains what was accepted.
/// Threads: any; never blocks on the disk (a full queue completes with kRefused, kUnavailable).
class EventWriter {
 public:
  virtual ~EventWriter() = default;

  /// Append a batch. Order is kept within one key. A batch may be split over commits: look at each
  /// outcome. A topic that does not exist is refused with kNotFound.
  virtual void Append(Topic topic, EventBatch batch, Completion done) = 0;

  /// What the newest append met: a failure while the log takes nothing. A writer that knows its log
  /// tries by itself whether it takes something again.
  [[nodiscard]] virtual Result<> Ready() { return {}; }
};

/// One message of the log. The views live as long as the batch they are in.
struct Message {
  std::int64_t offset = 0;
  Instant broker_time;  ///< Of its receipt. The broker's clock may step back: offsets alone rise.
  std::string_view key;
  std::string_view value;
  std::vector<Header> headers;
};

/// Messages of one partition, offsets rising. An offset that is missing before the last of them, or
/// before `end`, was left out: EventReader::Hides tells whether it is a hole of the log.
struct MessageBatch {
  TopicPartition from;
  std::string stream_id;  ///< Cluster, topic and incarnation: another id is another log.
  std::vector<Message> messages;
  std::shared_ptr<const void> bytes;  ///< Keeps the views alive.
  /// Where it is beyond the last message: nothing more comes before this offset. There may be no
  /// message at all then.
  std::int64_t end = 0;
};

/// The group gave these partitions to this reader, in addition to those it has. None of them is
/// read before Start.
struct Assigned {
  struct Partition {
    TopicPartition partition;
    std::string stream_id;
  };
  std::vector<Partition> partitions;
};
/// These partitions belong to another reader now: finish or roll back, then poll on.
struct Revoked {
  std::vector<TopicPartition> partitions;
};
/// The next message of this partition is damaged, or missing where none can be (the embedded log
/// drops nothing). Nothing is given of it until it is started again; the others go on.
struct Damaged {
  TopicPartition partition;
  Error error;  ///< kCorruptData: which message, and the ways on.
};
/// Nothing came within the wait.
struct Idle {};

using Polled = std::variant<Idle, Assigned, Revoked, Damaged, MessageBatch>;

struct PollLimits {
  std::size_t max_messages = 10'000;
  std::size_t max_bytes = 8u << 20;  ///< At least one message is given, however large.
  std::chrono::milliseconds wait{100};
};

/// The offsets that the log holds of a partition.
struct OffsetRange {
  std::int64_t begin = 0;  ///< The oldest that it still has.
  std::int64_t end = 0;    ///< One past the newest that a reader may have.

  auto operator<=>(const OffsetRange&) const = default;
};

/// Reads topics as one member of a consumer group: a partition has one reader at a time. Where to
/// read from comes from the store, never from the log.
///
/// Threads: one at a time. Destruction leaves the group.
/// Delivery: from the started offset on, in order, every message at least once; exactly once in
/// the store is the work of the epoch fence there.
class EventReader {
 public:
  virtual ~EventReader() = default;

  /// Wait for the next happening. kUnavailable: the log is away; polling again is right. A member
  /// that does not poll for minutes loses its partitions.
  virtual Result<Polled> Poll(const PollLimits& limits) = 0;
  /// Read the assigned partition from `offset` on. Again at any time: the reader goes there, and
  /// gives nothing that it had read before. An offset that the log does not hold, now or later, may
  /// come back as Revoked and Assigned: compare it with Range.
  virtual Result<> Start(TopicPartition partition, std::int64_t offset) = 0;
  /// Give nothing of the assigned partition until it is started again.
  virtual Result<> Pause(TopicPartition partition) = 0;
  /// What the log holds of an assigned partition now.
  virtual Result<OffsetRange> Range(TopicPartition partition) = 0;
  /// Whether offsets that were left out after a message of `before` hold something that nobody gets
  /// to read: the ends of transactions, or messages of transactions that were aborted. false: they
  /// are holes.
  virtual Result<bool> Hides(TopicPartition partition, OffsetRange left_out, Instant before) = 0;
  /// Everything before `next_offset` is in the store. The log's own tools show it; nothing is read
  /// from it, so it may fail or come late.
  virtual void ReportLoaded(TopicPartition partition, std::int64_t next_offset) = 0;
};

/// How a topic is made.
struct TopicSettings {
  std::int32_t partitions = 1;
  std::int16_t replication = 1;
  /// How long messages are kept; nothing: for ever.
  std::optional<std::chrono::milliseconds> retention = std::nullopt;
};

/// The values of `message.timestamp.type` and `cleanup.policy` that herdflow needs, as Kafka names
/// them: another policy would drop readings, another time would let a sender's clock decide.
inline constexpr std::string_view kLogAppendTime = "LogAppendTime";
inline constexpr std::string_view kDeletePolicy = "delete";

struct TopicDescription {
  Topic topic = Topic::kMeasurements;
  std::string stream_id;
  std::optional<Instant> created_at;  ///< Where the log knows it.
  std::int16_t replication = 1;
  std::optional<std::chrono::milliseconds> retention;
  std::string timestamp_type;  ///< As Kafka names it.
  std::string cleanup_policy;  ///< As Kafka names it.
  struct Partition : OffsetRange {
    std::int32_t partition = 0;
    std::optional<Error> away = std::nullopt;  ///< Why nobody told the offsets.
  };
  std::vector<Partition> partitions;
};

/// What is to be changed of a topic; what is not set stays.
struct TopicChange {
  std::optional<std::int32_t> partitions = std::nullopt;  ///< More than there are.
  /// The inner nothing: keep messages for ever.
  std::optional<std::optional<std::chrono::milliseconds>> retention = std::nullopt;
  bool repair_policies = false;  ///< Set both policies to what herdflow needs.
};

/// Makes, changes and shows topics. Threads: any.
/// Errors: kNotFound (no such topic), kInvalidInput (the engine cannot), kUnavailable.
class TopicAdmin {
 public:
  virtual ~TopicAdmin() = default;

  /// The topics that exist, in the order of `Topic`, with the log's ends as of now.
  virtual Result<std::vector<TopicDescription>> List() = 0;
  /// One of them, with its ends: nobody is asked about the others.
  virtual Result<TopicDescription> Look(Topic topic) = 0;
  /// All of them, but nobody is asked for offsets: cheap, and whatever partition is away.
  virtual Result<std::vector<TopicDescription>> Describe() = 0;
  /// Make the topic if it is missing; an existing one is left as it is.
  virtual Result<> Create(Topic topic, const TopicSettings& settings) = 0;
  virtual Result<> Alter(Topic topic, const TopicChange& change) = 0;
  /// Delete the topic with all its messages. What was loaded of it stays in the store.
  virtual Result<> Delete(Topic topic) = 0;
  /// Up to `count` messages of one partition from `offset` on, outside any group.
  virtual Result<MessageBatch> Read(TopicPartition partition, std::int64_t offset,
                                    std::size_t count) = 0;
};

/// The partition of a key among `partitions`: Kafka's murmur2 partitioner (Java client's
/// `Utils.toPositive(Utils.murmur2(key)) % partitions`).
[[nodiscard]] std::int32_t PartitionOf(std::string_view key, std::int32_t partitions);

}  // namespace herdflow::pipeline
