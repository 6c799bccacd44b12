#pragma once

// librdkafka's own mock brokers, within this process: they fail and delay as they are told.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "herdflow/log_kafka/log_kafka.hpp"

namespace herdflow::log_kafka::testing {

/// The requests of Kafka's protocol that the tests let fail.
enum class Request : std::int16_t { kProduce = 0, kFetch = 1, kListOffsets = 2, kMetadata = 3 };

class MockCluster {
 public:
  explicit MockCluster(int brokers = 1)
      : client_(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(client_, brokers)) {}
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }

  [[nodiscard]] KafkaLogOptions Options() const {
    KafkaLogOptions options;
    options.brokers = rd_kafka_mock_cluster_bootstraps(cluster_);
    options.message_timeout = std::chrono::milliseconds(1'500);
    options.request_timeout = std::chrono::milliseconds(1'500);
    options.metadata_interval = std::chrono::milliseconds(300);
    options.client_options = {{"reconnect.backoff.max.ms", "200"},
                              {"heartbeat.interval.ms", "100"}};
    return options;
  }
  void MakeTopic(const std::string& name, int partitions = 3) {
    rd_kafka_mock_topic_create(cluster_, name.c_str(), partitions, 1);
  }
  /// The next requests of this kind are answered with these errors.
  void Fail(Request request, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, static_cast<std::int16_t>(request),
                                            errors.size(), errors.data());
  }
  void SetTopicError(const std::string& name, rd_kafka_resp_err_t error) {
    rd_kafka_mock_topic_set_error(cluster_, name.c_str(), error);
  }
  void SetRoundTrip(std::chrono::milliseconds time) {
    rd_kafka_mock_broker_set_rtt(cluster_, -1, static_cast<int>(time.count()));
  }
  void SetUp(bool up) {
    up ? rd_kafka_mock_broker_set_up(cluster_, -1) : rd_kafka_mock_broker_set_down(cluster_, -1);
  }
  void SetLeader(const std::string& topic, int partition, int broker) {
    rd_kafka_mock_partition_set_leader(cluster_, topic.c_str(), partition, broker);
  }

 private:
  rd_kafka_t* client_;
  rd_kafka_mock_cluster_t* cluster_;
};

}  // namespace herdflow::log_kafka::testing
