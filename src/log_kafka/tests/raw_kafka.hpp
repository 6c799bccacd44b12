#pragma once

// What a stranger may do to our topics and groups, by the driver itself.

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>
#include <utility>
#include <vector>

namespace herdflow::log_kafka::testing {

class RawKafka {
 public:
  explicit RawKafka(const std::string& brokers, const std::string& group = "raw") {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "group.id", group.c_str(), nullptr, 0);
    client_ = rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
  }
  RawKafka(const RawKafka&) = delete;
  RawKafka& operator=(const RawKafka&) = delete;
  ~RawKafka() { rd_kafka_destroy(client_); }

  void MakeTopic(const std::string& name,
                 const std::vector<std::pair<const char*, const char*>>& with) {
    auto* topic = rd_kafka_NewTopic_new(name.c_str(), 1, 1, nullptr, 0);
    for (const auto& [key, value] : with) rd_kafka_NewTopic_set_config(topic, key, value);
    Await([&](rd_kafka_queue_t* queue) {
      rd_kafka_CreateTopics(client_, &topic, 1, nullptr, queue);
    });
    rd_kafka_NewTopic_destroy(topic);
  }
  /// Everything before `offset` goes, as retention would have it.
  void Trim(const std::string& topic, std::int32_t partition, std::int64_t offset) {
    auto* before = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(before, topic.c_str(), partition)->offset = offset;
    auto* records = rd_kafka_DeleteRecords_new(before);
    Await([&](rd_kafka_queue_t* queue) {
      rd_kafka_DeleteRecords(client_, &records, 1, nullptr, queue);
    });
    rd_kafka_DeleteRecords_destroy(records);
    rd_kafka_topic_partition_list_destroy(before);
  }
  /// What the group of this client has committed.
  std::int64_t Committed(const std::string& topic, std::int32_t partition) {
    auto* list = rd_kafka_topic_partition_list_new(1);
    auto* place = rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
    EXPECT_EQ(rd_kafka_committed(client_, list, kTimeoutMs), RD_KAFKA_RESP_ERR_NO_ERROR);
    const std::int64_t offset = place->offset;
    rd_kafka_topic_partition_list_destroy(list);
    return offset;
  }

 private:
  static constexpr int kTimeoutMs = 10'000;

  template <class Send>
  void Await(Send send) {
    auto* queue = rd_kafka_queue_new(client_);
    send(queue);
    auto* answer = rd_kafka_queue_poll(queue, kTimeoutMs);
    EXPECT_NE(answer, nullptr);
    EXPECT_EQ(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(answer);
    rd_kafka_queue_destroy(queue);
  }

  rd_kafka_t* client_ = nullptr;
};

}  // namespace herdflow::log_kafka::testing
