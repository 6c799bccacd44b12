#include "herdflow/core/logging.hpp"

#include <gtest/gtest.h>

#include <string>

namespace herdflow {
namespace {

TEST(Log, WhatANameHoldsMakesNoSecondLine) {
  std::string heard;
  const LogListener listener([&](LogLevel, std::string_view line) { heard = line; });
  Log(LogLevel::kInfo, "left out {}", "a\n2024-01-01 error forged\x1b[31m");
  EXPECT_EQ(heard, "left out a\\u000a2024-01-01 error forged\\u001b[31m");
}

}  // namespace
}  // namespace herdflow
