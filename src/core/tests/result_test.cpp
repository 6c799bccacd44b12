#include "herdflow/core/result.hpp"

#include <gtest/gtest.h>

namespace herdflow {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(ErrorCode::kInvalidInput, "{} is odd", n);
  return n / 2;
}

Result<int> Quarter(int n) {
  HERDFLOW_ASSIGN(const int half, Half(n));
  return Half(half);
}

Result<> Check(int n) {
  HERDFLOW_CHECK(Quarter(n));
  return {};
}

TEST(Result, CarriesTheValue) { EXPECT_EQ(Quarter(12).value(), 3); }

TEST(Result, CarriesTheFirstError) {
  EXPECT_EQ(Quarter(7).error().message(), "7 is odd");
  EXPECT_EQ(Quarter(6).error().message(), "3 is odd");
  EXPECT_EQ(Check(6).error().code(), ErrorCode::kInvalidInput);
  EXPECT_TRUE(Check(8).has_value());
}

TEST(Error, SaysWhatWasBeingDone) {
  const Error error = Half(3).error().Because("halving");
  EXPECT_EQ(error.message(), "halving: 3 is odd");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
}

}  // namespace
}  // namespace herdflow
