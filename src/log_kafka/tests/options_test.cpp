#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client.hpp"
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

TEST(KafkaOptions, FilesThatAreNoCertificatesAreRefusedBeforeAnyBrokerIsAsked) {
  KafkaLogOptions options;
  options.brokers = "127.0.0.1:1";
  options.tls.emplace().ca_file = "/dev/null";
  const auto made = MakeKafkaTopicAdmin(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput);
  EXPECT_THAT(made.error().message(), HasSubstr("[kafka] ca_file"));
}

TEST(KafkaErrors, OfTlsAndLoginSayWhatToDoAndWhetherItMayPass) {
  const struct {
    rd_kafka_resp_err_t error;
    const char* reason;
    ErrorCode code;
    const char* told;
  } refusals[] = {
      {RD_KAFKA_RESP_ERR__SSL,
       "ssl://k:9092/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate "
       "verify failed: broker certificate could not be verified, verify that ssl.ca.location is "
       "correctly configured (after 4ms in state SSL_HANDSHAKE)",
       ErrorCode::kInvalidInput,
       "asking: ssl://k:9092/bootstrap: SSL handshake failed: certificate verify failed; with "
       "[kafka] tls each broker must show a valid certificate"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "ssl://k:9092/1: Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate "
       "required: SSL alert number 116 (after 1ms in state APIVERSION_QUERY)",
       ErrorCode::kInvalidInput, "certificate_file"},
      {RD_KAFKA_RESP_ERR__SSL, "ssl://k:9092/1: SSL handshake failed: unexpected eof while reading",
       ErrorCode::kUnavailable, "[kafka] tls and user"},
      {RD_KAFKA_RESP_ERR__TRANSPORT,
       "k:9092/1: Disconnected: verify that security.protocol is correctly configured, broker "
       "might require SASL authentication",
       ErrorCode::kUnavailable, "asking: k:9092/1: Disconnected; try again later"},
      {RD_KAFKA_RESP_ERR__AUTHENTICATION,
       "sasl_ssl://k:9092/1: SASL SCRAM-SHA-512 mechanism handshake failed: Local: Broker "
       "transport "
       "failure: broker's supported mechanisms: ",
       ErrorCode::kUnavailable, "look whether the brokers run"},
      {RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: Authentication failed",
       ErrorCode::kInvalidInput, "check [kafka] user, password_file and sasl_mechanism"},
  };
  for (const auto& [error, reason, code, told] : refusals) {
    EXPECT_TRUE(IsRefusal(error, reason)) << reason;
    const Error made = ToError(error, "asking", reason);
    EXPECT_EQ(made.code(), code) << reason;
    EXPECT_THAT(made.message(), HasSubstr(told));
  }
  EXPECT_FALSE(IsRefusal(RD_KAFKA_RESP_ERR__TRANSPORT, "Connect to k:9092 failed"));
}

TEST(KafkaOptions, ABrokerMustBeNamed) {
  const auto made = MakeKafkaTopicAdmin({});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace herdflow::log_kafka
