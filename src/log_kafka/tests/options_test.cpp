#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "herdflow/log_kafka/log_kafka.hpp"

namespace herdflow::log_kafka {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Of all three factories.
std::vector<Error> ErrorsWith(const std::string& name, const std::string& value) {
  KafkaLogOptions options;
  options.brokers = "127.0.0.1:1";
  options.client_options = {{name, value}};
  std::vector<Error> errors;
  const auto note = [&](const auto& made) {
    if (!made) errors.push_back(made.error());
  };
  note(MakeKafkaEventWriter(options));
  note(MakeKafkaEventReader(options, "group", {pipeline::Topic::kCows}));
  note(MakeKafkaTopicAdmin(options));
  return errors;
}

TEST(KafkaOptions, WhatWouldBreakAPromiseIsRefused) {
  const std::pair<const char*, const char*> broken[] = {
      {"enable.idempotence", "false"},
      {"acks", "1"},
      {"request.required.acks", "0"},
      {"partitioner", "consistent_random"},
      {"enable.auto.commit", "true"},
      {"enable.auto.offset.store", "true"},
      {"auto.offset.reset", "latest"},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"delivery.report.only.error", "true"},
      {"allow.auto.create.topics", "true"},
      {"message.timeout.ms", "0"},
      {"delivery.timeout.ms", "0"},
      {"group.id", "other"},
      {"transactional.id", "t"},
      {"bootstrap.servers", "other:9092"},
      {"metadata.broker.list", "other:9092"},
      {"acks", ""},
      {"acks", "all -1"},
  };
  for (const auto& [name, value] : broken) {
    const auto errors = ErrorsWith(name, value);
    EXPECT_EQ(errors.size(), 3u) << name;
    for (const auto& error : errors) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidInput) << error.message();
      EXPECT_THAT(error.message(), HasSubstr(name));
    }
  }
}

TEST(KafkaOptions, WhatKeepsThePromisesIsTaken) {
  const std::pair<const char*, const char*> good[] = {
      {"acks", "all"},
      {"acks", "-1"},
      {"enable.idempotence", "true"},
      {"linger.ms", "20"},
      {"session.timeout.ms", "10000"},
      {"client.id", "farm"},
      {"partition.assignment.strategy", "range"},
      {"compression.type", "none"},
  };
  for (const auto& [name, value] : good) {
    const auto errors = ErrorsWith(name, value);
    EXPECT_TRUE(errors.empty()) << errors[0].message();
  }
}

TEST(KafkaOptions, AnUnknownOrMalformedOneIsNamedWithTheReason) {
  for (const auto& error : ErrorsWith("linger.mz", "1")) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.message(), HasSubstr("linger.mz"));
  }
  const auto errors = ErrorsWith("linger.ms", "soon");
  ASSERT_EQ(errors.size(), 3u);
  EXPECT_THAT(errors[0].message(), HasSubstr("linger.ms"));
}

TEST(KafkaOptions, AMalformedSecretIsNotTold) {
  for (const char* name : {"sasl.pasword", "my.secret.password", "my.token"}) {
    const auto errors = ErrorsWith(name, "hunter2");
    ASSERT_FALSE(errors.empty()) << name;
    EXPECT_THAT(errors[0].message(), HasSubstr(name));
    EXPECT_THAT(errors[0].message(), Not(HasSubstr("hunter2")));
  }
}

TEST(KafkaOptions, ABrokerMustBeNamed) {
  const auto made = MakeKafkaTopicAdmin({});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace herdflow::log_kafka
