#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors.hpp"
#include "herdflow/log_kafka/log_kafka.hpp"

namespace herdflow::log_kafka {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* freed) const {
    kFree(freed);
  }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, Free<rd_kafka_conf_destroy>>;
/// How long somebody waits for the end of a client.
inline constexpr std::chrono::seconds kLongestEnd{5};
/// Ends a client; a consumer has left its group before. Where something of it is still in use
/// inside the driver, such as a topic that was deleted, the driver would wait without end: after
/// `longest` it waits alone.
void EndClient(rd_kafka_t* client, std::chrono::seconds longest = kLongestEnd);
struct ClientEnd {
  void operator()(rd_kafka_t* client) const { EndClient(client); }
};
using Client = std::unique_ptr<rd_kafka_t, ClientEnd>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Free<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Free<rd_kafka_queue_destroy>>;
using Partitions =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Free<rd_kafka_topic_partition_list_destroy>>;
using MessageHandle = std::unique_ptr<rd_kafka_message_t, Free<rd_kafka_message_destroy>>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Free<rd_kafka_error_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Free<rd_kafka_event_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Free<rd_kafka_metadata_destroy>>;

/// What a client tells, on the thread that polls it. Outlives the client.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  virtual void OnDelivery(const rd_kafka_message_t& /*message*/) {}
  virtual void OnRebalance(rd_kafka_resp_err_t /*what*/,
                           rd_kafka_topic_partition_list_t& /*partitions*/) {}
  virtual void OnError(rd_kafka_resp_err_t /*error*/, std::string_view /*reason*/) {}
};

/// A line of the driver's to the log. One of a kind (`facility`) and while in the whole process: a
/// broker that is away floods nothing. `level` as syslog counts. Threads: any.
void LogDriverLine(int level, std::string_view facility, std::string_view line);
/// The same, of a failure that IsRefusal: what is tried again and again is said as a sentence.
void LogRefusal(rd_kafka_resp_err_t error, std::string_view doing, std::string_view reason);

using Settings = std::vector<std::pair<std::string, std::string>>;

/// A client with `ours`, over which the user's settings go.
Result<Client> MakeClient(const KafkaLogOptions& options, rd_kafka_type_t type,
                          const Settings& ours, Listener& listener);

/// The topic's name on the brokers.
[[nodiscard]] std::string KafkaName(const KafkaLogOptions& options, pipeline::Topic topic);
/// Nothing: it is no topic of ours.
[[nodiscard]] std::optional<pipeline::Topic> TopicOf(const KafkaLogOptions& options,
                                                     std::string_view kafka_name);
/// What `MessageBatch::stream_id` says. kUnavailable: no broker told its cluster yet.
Result<std::string> StreamId(rd_kafka_t* client, const KafkaLogOptions& options,
                             pipeline::Topic topic, std::chrono::milliseconds timeout);

/// The topic as the brokers know it. kNotFound: there is none.
class TopicMetadata {
 public:
  static Result<TopicMetadata> Ask(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                   std::chrono::milliseconds timeout);

  [[nodiscard]] std::int32_t partitions() const { return topic_->partition_cnt; }
  [[nodiscard]] std::int16_t replication() const;
  [[nodiscard]] bool has_leader(std::int32_t partition) const;
  [[nodiscard]] bool has_leaders() const;

 private:
  TopicMetadata(Metadata metadata, const rd_kafka_metadata_topic_t* topic)
      : metadata_(std::move(metadata)), topic_(topic) {}

  Metadata metadata_;
  const rd_kafka_metadata_topic_t* topic_;
};

/// Messages that the driver keeps until all of them are dropped.
class KeptMessages {
 public:
  explicit KeptMessages(pipeline::TopicPartition from, std::string stream_id) {
    batch_.from = from;
    batch_.stream_id = std::move(stream_id);
  }
  void Add(MessageHandle message);
  [[nodiscard]] std::size_t count() const { return batch_.messages.size(); }
  /// `end` as the batch has it.
  [[nodiscard]] pipeline::MessageBatch Take(std::int64_t end = 0);

 private:
  pipeline::MessageBatch batch_;
  std::vector<MessageHandle> handles_;
};

}  // namespace herdflow::log_kafka
