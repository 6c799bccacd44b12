#include <gtest/gtest.h>

#include <cstdlib>

#include "herdflow/parquet_io/event_sources.hpp"

namespace herdflow::parquet_io {
namespace {

constexpr auto kAnyBytes = std::string::npos;

TEST(RealData, EveryRowIsOneEvent) {
  const char* folder = std::getenv("TEST_REAL_DATA");
  if (folder == nullptr) {
    GTEST_SKIP() << "TEST_REAL_DATA is not set: the real files (cows.parquet, sensors.parquet, "
                    "measurements.parquet) were NOT read";
  }
  const auto sources = OpenEventSources({folder}, {}, {});
  ASSERT_TRUE(sources.has_value()) << sources.error().message();
  ASSERT_EQ(sources->sources.size(), 3U);
  EXPECT_EQ(sources->sources[0]->rows(), 128);
  EXPECT_EQ(sources->sources[1]->rows(), 200);
  EXPECT_EQ(sources->sources[2]->rows(), 563'627);
  EXPECT_EQ(sources->sources[0]->Next({.rows = 1, .bytes = kAnyBytes})->at(0).value,
            R"({"id":"c821a6b7-8dd0-4b4e-9835-1c0c57264ba4","name":"Lindsey #4",)"
            R"("birthdate":"2020-01-09"})");

  std::size_t rows = 0;
  while (true) {
    const auto events = sources->sources[2]->Next({.rows = 10'000, .bytes = kAnyBytes});
    ASSERT_TRUE(events.has_value()) << events.error().message();
    if (events->empty()) break;
    if (rows == 0) {
      EXPECT_EQ(events->front().key,
                "77a60975-bbd5-481f-b509-98480b70c9fd_3321b86f-3afb-4971-a773-3ae7c62bafec");
      EXPECT_EQ(events->front().value, R"({"sensor_id":"77a60975-bbd5-481f-b509-98480b70c9fd",)"
                                       R"("cow_id":"3321b86f-3afb-4971-a773-3ae7c62bafec",)"
                                       R"("timestamp":1594461600,"value":549.95})");
    }
    rows += events->size();
  }
  EXPECT_EQ(rows, 563'627U);
}

}  // namespace
}  // namespace herdflow::parquet_io
