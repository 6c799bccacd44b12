#pragma once

// An event log of its own on the Kafka broker of the test stack. Where the stack is, the
// environment variable TEST_STACK says: a folder with the file kafka/address (`host:port`).

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "event_log_helpers.hpp"
#include "herdflow/log_kafka/log_kafka.hpp"

namespace herdflow::log_kafka::testing {

/// Nothing: there is no stack.
inline std::string StackBrokers() {
  const char* folder = std::getenv("TEST_STACK");
  std::string address;
  if (folder != nullptr) std::ifstream(std::string(folder) + "/kafka/address") >> address;
  return address;
}

/// Why a test that needs a broker cannot run here; empty: it can.
inline std::string MissingStack() {
  return StackBrokers().empty() ? "no Kafka broker: TEST_STACK names no folder with kafka/address"
                                : "";
}

template <class T>
T Must(Result<T> result) {
  if (!result) ADD_FAILURE() << result.error().message();
  return std::move(result).value();
}

inline KafkaLogOptions StackOptions() {
  KafkaLogOptions options;
  options.brokers = StackBrokers();
  std::random_device random;
  options.topic_prefix = fmt::format("test-{:08x}{:08x}-", random(), random());
  options.metadata_interval = std::chrono::milliseconds(300);
  options.client_options = {{"session.timeout.ms", "6000"}, {"heartbeat.interval.ms", "100"}};
  return options;
}

/// Topics with a prefix of their own, which are deleted at the end.
class KafkaFixture : public pipeline::testing::EventLogFixture {
 public:
  explicit KafkaFixture(KafkaLogOptions with = StackOptions())
      : options(std::move(with)), admin_(MakeKafkaTopicAdmin(options)) {}
  ~KafkaFixture() override {
    if (!admin_) return;
    for (const pipeline::Topic topic : pipeline::kAllTopics) (void)(*admin_)->Delete(topic);
  }

  std::unique_ptr<pipeline::EventWriter> Writer() override {
    return Must(MakeKafkaEventWriter(options));
  }
  std::unique_ptr<pipeline::EventReader> Reader(const std::string& group,
                                                std::vector<pipeline::Topic> topics) override {
    return Must(MakeKafkaEventReader(options, options.topic_prefix + group, std::move(topics)));
  }
  std::unique_ptr<pipeline::TopicAdmin> Admin() override {
    return Must(MakeKafkaTopicAdmin(options));
  }

  const KafkaLogOptions options;

 private:
  Result<std::unique_ptr<pipeline::TopicAdmin>> admin_;
};

}  // namespace herdflow::log_kafka::testing
