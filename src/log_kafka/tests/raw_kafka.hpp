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

/// Writes by transactions.
class RawTransactions {
 public:
  RawTransactions(const std::string& brokers, const std::string& id) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), nullptr, 0);
    rd_kafka_conf_set(conf, "transactional.id", id.c_str(), nullptr, 0);
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    Must(rd_kafka_init_transactions(client_, kTimeoutMs));
  }
  RawTransactions(const RawTransactions&) = delete;
  RawTransactions& operator=(const RawTransactions&) = delete;
  ~RawTransactions() { rd_kafka_destroy(client_); }

  /// In a transaction that stays open.
  void Write(const std::string& topic, int count, const std::string& value = "value",
             std::int32_t partition = 0) {
    if (!open_) Must(rd_kafka_begin_transaction(client_));
    open_ = true;
    rd_kafka_topic_t* to = rd_kafka_topic_new(client_, topic.c_str(), nullptr);
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(rd_kafka_produce(to, partition, RD_KAFKA_MSG_F_COPY,
                                 const_cast<char*>(value.data()), value.size(), "key", 3, nullptr),
                0);
    }
    rd_kafka_topic_destroy(to);
    EXPECT_EQ(rd_kafka_flush(client_, kTimeoutMs), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void Commit() {
    Must(rd_kafka_commit_transaction(client_, kTimeoutMs));
    open_ = false;
  }
  void Abort() {
    Must(rd_kafka_abort_transaction(client_, kTimeoutMs));
    open_ = false;
  }

 private:
  static constexpr int kTimeoutMs = 20'000;

  static void Must(rd_kafka_error_t* error) {
    if (error == nullptr) return;
    ADD_FAILURE() << rd_kafka_error_string(error);
    rd_kafka_error_destroy(error);
  }

  rd_kafka_t* client_ = nullptr;
  bool open_ = false;
};

}  // namespace herdflow::log_kafka::testing
