// What may go wrong on the way; what becomes of a farm is the layer store's contract.

#include "herdflow/intake/write_farm.hpp"

#include <gtest/gtest.h>

#include "empty_store.hpp"
#include "fake_event_log.hpp"

namespace herdflow::intake {
namespace {

using pipeline::Topic;
using Kind = herd::Field::Kind;

class FarmMakerTest : public ::testing::Test {
 protected:
  ErrorCode Put(const herd::FarmFields& state) {
    const auto put = maker_.Put(state);
    message_ = put ? "" : put.error().message();
    return put ? ErrorCode{} : put.error().code();
  }
  static herd::FarmFields Hill() {
    herd::FarmFields fields;
    fields.id = {Kind::kText, "hill"};
    fields.name = {Kind::kText, "Hill"};
    fields.milk_density = {Kind::kNumber, "1.03"};
    return fields;
  }

  pipeline::testing::FakeEventLog log_{1};
  pipeline::testing::NoStore store_;
  pipeline::testing::EmptyQueries queries_;
  FarmMaker maker_{{store_, log_, queries_}};
  std::string message_;
};

TEST_F(FarmMakerTest, WhatTheRulesRefuseIsNotSent) {
  auto farm = Hill();
  farm.time_zone = {Kind::kText, "Mars/Olympus"};
  EXPECT_EQ(Put(farm), ErrorCode::kInvalidInput);
  EXPECT_NE(message_.find("writing the farm hill: time_zone is"), std::string::npos) << message_;
  EXPECT_TRUE(log_.Messages({Topic::kFarms, 0}).empty());
}

TEST_F(FarmMakerTest, WhereTheLogRefusesItNothingIsDone) {
  log_.refuse_with = Error(ErrorCode::kUnavailable, "full");
  EXPECT_EQ(Put(Hill()), ErrorCode::kUnavailable);
  EXPECT_EQ(message_, "writing the farm hill: full");
}

TEST_F(FarmMakerTest, WhereOnlyTheLogHasItItMayHaveHappened) {
  EXPECT_EQ(Put(Hill()), ErrorCode::kTimeout);
  EXPECT_NE(message_.find("it is in the log"), std::string::npos) << message_;
  const auto& messages = log_.Messages({Topic::kFarms, 0});
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].key, "hill");
  EXPECT_EQ(messages[0].value, R"({"id":"hill","name":"Hill","milk_density":1.03})");
}

}  // namespace
}  // namespace herdflow::intake
