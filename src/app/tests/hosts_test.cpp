#include "hosts.hpp"

#include <gtest/gtest.h>

#include "config.hpp"

namespace herdflow::app {
namespace {

/// What is said where a setting is given so; empty if it is taken.
std::string Said(const std::string& flag, const std::string& value) {
  ConfigSources sources;
  sources.flags[flag] = value;
  const auto read = ReadConfiguration(sources);
  if (read) return "";
  EXPECT_EQ(read.error().code(), ErrorCode::kInvalidInput);
  return read.error().message();
}

TEST(Brokers, AreHostsWithOrWithoutPorts) {
  for (const auto* text : {"kafka", "kafka:9092", "kafka-1.farm.example:9093", "10.0.0.1:1",
                           "[::1]:65535", "[fe80::1%eth0]", "kafka_1:9092", "a:1,b:2,[::1]:3"}) {
    EXPECT_EQ(ReadBrokers(text), text);
  }
  EXPECT_EQ(ReadBrokers(" a:1 , b:2"), "a:1,b:2");
}

TEST(Brokers, WhatIsNoneIsRefusedBeforeAnybodyIsAsked) {
  for (const auto* text : {"http://kafka:9092",
                           "PLAINTEXT://kafka:9092",
                           "kafka:9092/path",
                           "kafka:9092:9092",
                           "kafka:0",
                           "kafka:70000",
                           "kafka:",
                           ":9092",
                           "kafka:port",
                           "::1",
                           "::1:9092",
                           "[::1",
                           "[]:1",
                           "[kafka]:9092",
                           "[::1]9092",
                           "",
                           " ",
                           "a:1,",
                           ",a:1",
                           "a:1,,b:2",
                           "a:1 b:2",
                           "a b",
                           "-kafka:1"}) {
    EXPECT_FALSE(ReadBrokers(text)) << text;
  }
  EXPECT_EQ(Said("--kafka-brokers", "http://kafka:9092"),
            "reading the configuration: option --kafka-brokers: [kafka] brokers is "
            "'http://kafka:9092', expected HOST:PORT without a scheme, such as kafka-1:9092 or "
            "[::1]:9092, several separated by commas");
}

TEST(Hosts, HaveNeitherSchemeNorPort) {
  for (const auto* text : {"localhost", "db", "db.farm.example", "10.0.0.1", "::1"}) {
    EXPECT_EQ(Said("--mysql-host", text), "");
  }
  for (const auto* text : {"http://db", "mysql://db", "db:3306", "[::1]", "a b", " ", "db/farm"}) {
    EXPECT_NE(Said("--mysql-host", text).find("the port is [mysql] port"), std::string::npos)
        << text;
  }
}

TEST(ListenAddresses, AreIpAddresses) {
  for (const auto* text : {"localhost", "127.0.0.1", "::1", "0.0.0.0", "fe80::1%lo"}) {
    EXPECT_EQ(Said("--backend-address", text), "");
    EXPECT_EQ(Said("--producer-address", text), "");
  }
  for (const auto* text :
       {"http://127.0.0.1", "127.0.0.1:5000", "[::1]", "127.0.0.256", "farm.example", "*", " "}) {
    for (const auto* flag : {"--backend-address", "--producer-address"}) {
      EXPECT_NE(Said(flag, text).find("such as 127.0.0.1, ::1 or 0.0.0.0"), std::string::npos)
          << flag << ' ' << text;
    }
  }
}

}  // namespace
}  // namespace herdflow::app
