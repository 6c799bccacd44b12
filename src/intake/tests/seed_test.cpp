#include "herdflow/intake/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "herdflow/core/logging.hpp"

namespace herdflow::intake {
namespace {

using namespace pipeline;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Rows `0`, `1`, …, each an event with its number as the value.
class NumberedSource : public EventSource {
 public:
  NumberedSource(std::string name, Topic topic, std::int64_t rows)
      : name_(std::move(name)), topic_(topic), rows_(rows) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Topic topic() const override { return topic_; }
  [[nodiscard]] std::int64_t rows() const override { return rows_; }
  [[nodiscard]] std::int64_t position() const override { return next_; }
  Result<> Skip(std::int64_t rows) override {
    next_ = rows;
    return {};
  }
  Result<EventBatch> Next(const BatchLimits& limits) override {
    EventBatch batch;
    for (std::size_t bytes = 0; batch.size() < limits.rows && bytes < limits.bytes;) {
      if (next_ == rows_) break;
      if (next_ == bad_row) return Fail(ErrorCode::kInvalidInput, "{}: row {}", name_, next_);
      std::string key = std::to_string(next_ % keys) + std::string(key_bytes, 'k');
      bytes += key.size();
      batch.push_back({std::move(key), std::to_string(next_++), {}});
    }
    return batch;
  }

  std::int64_t bad_row = -1;
  std::int64_t keys = 1;  ///< So many different ones, in turn.
  std::size_t key_bytes = 3;

 private:
  std::string name_;
  Topic topic_;
  std::int64_t rows_;
  std::int64_t next_ = 0;
};

/// Answers from a thread of its own, in order, late; fails the calls it is told to.
class FakeWriter : public EventWriter {
 public:
  enum class Failure { kUnavailable, kUnknown, kNotFound, kUnavailableAfterTwo };

  ~FakeWriter() override {
    for (auto& answer : answers_) answer.join();
  }

  void Append(Topic topic, EventBatch batch, Completion done) override {
    most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
    std::size_t bytes = 0;
    for (const Event& event : batch) bytes += event.key.size() + event.value.size();
    most_bytes_in_flight_ = std::max(most_bytes_in_flight_, bytes_in_flight_ += bytes);
    std::vector<AppendOutcome> outcomes(batch.size());
    const auto failure = fail_call.find(calls_++);
    if (calls_ == stop_after) stop.request_stop();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      outcomes[i] = Outcome(failure == fail_call.end() ? nullptr : &failure->second, i);
      if (outcomes[i].kind != AppendOutcome::Kind::kDurable) continue;
      if (topics.empty() || topics.back() != topic) topics.push_back(topic);
      values[topic].push_back(std::stoll(batch[i].value));
    }
    answers_.emplace_back([this, bytes, done = std::move(done), outcomes = std::move(outcomes)] {
      // The first answers wait for each other, so that it shows how many may be on their way.
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      do {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      } while (calls_ < answer_after_calls && std::chrono::steady_clock::now() < deadline);
      while (silent) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      --in_flight_;
      bytes_in_flight_ -= bytes;
      done(outcomes);
    });
  }

  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] int most_in_flight() const { return most_in_flight_; }

  [[nodiscard]] std::size_t most_bytes_in_flight() const { return most_bytes_in_flight_; }

  int answer_after_calls = 0;
  int stop_after = -1;  ///< After so many calls somebody asks to stop.
  std::stop_source stop;
  std::atomic<bool> silent = false;  ///< No outcome is told until it is false again.
  std::map<int, Failure> fail_call;
  std::map<Topic, std::vector<std::int64_t>> values;
  std::vector<Topic> topics;

 private:
  static AppendOutcome Outcome(const Failure* failure, std::size_t index) {
    AppendOutcome outcome;
    outcome.kind = AppendOutcome::Kind::kDurable;
    if (failure == nullptr) return outcome;
    if (*failure == Failure::kUnavailableAfterTwo && index < 2) return outcome;
    outcome.kind = AppendOutcome::Kind::kRefused;
    outcome.error = Error(ErrorCode::kUnavailable, "full");
    if (*failure == Failure::kNotFound) outcome.error = Error(ErrorCode::kNotFound, "no topic");
    if (*failure == Failure::kUnknown) outcome.kind = AppendOutcome::Kind::kUnknown;
    return outcome;
  }

  std::atomic<int> calls_ = 0;
  int most_in_flight_ = 0;
  std::atomic<int> in_flight_ = 0;
  std::size_t most_bytes_in_flight_ = 0;
  std::atomic<std::size_t> bytes_in_flight_ = 0;
  std::vector<std::thread> answers_;
};

class SeedTest : public ::testing::Test {
 protected:
  NumberedSource& Add(const std::string& name, Topic topic, std::int64_t rows) {
    auto source = std::make_unique<NumberedSource>(name, topic, rows);
    auto& added = *source;
    sources.push_back(std::move(source));
    return added;
  }
  Result<SeedResult> Run() {
    return Seed(
        sources, writer,
        [this](const SeedProgress& progress) {
          done[std::string(progress.file)].push_back(progress.rows_done);
        },
        writer.stop.get_token(), stopped);
  }
  /// Each row of 0 … rows - 1 is there, and the newest of each row after all newer ones before it:
  /// the log ends in the file's order.
  void ExpectAllInOrder(Topic topic, std::int64_t rows) {
    const auto& values = writer.values[topic];
    std::int64_t expected = rows - 1;
    for (auto value = values.rbegin(); value != values.rend() && expected >= 0; ++value) {
      if (*value == expected) --expected;
      // A row's last copy must not stand behind the last copy of a later row.
      ASSERT_GE(*value, expected);
    }
    EXPECT_EQ(expected, -1);
  }

  std::vector<std::unique_ptr<EventSource>> sources;
  FakeWriter writer;
  std::map<std::string, std::vector<std::int64_t>> done;
  SeedStop stopped;
};

TEST_F(SeedTest, SendsEveryRowInOrderWhatOthersAreOfFirst) {
  Add("m", Topic::kMeasurements, 12'345);
  Add("s", Topic::kSensors, 3);
  Add("c", Topic::kCows, 2);
  Add("f", Topic::kFarms, 1);
  const auto result = Run();
  ASSERT_TRUE(result);
  EXPECT_THAT(writer.topics,
              ElementsAre(Topic::kFarms, Topic::kSensors, Topic::kCows, Topic::kMeasurements));
  ExpectAllInOrder(Topic::kMeasurements, 12'345);
  EXPECT_EQ(writer.values[Topic::kMeasurements].size(), 12'345u);
  ASSERT_EQ(result->files.size(), 4u);
  EXPECT_EQ(result->files[3].name, "m");
  EXPECT_EQ(result->files[3].rows, 12'345);
  EXPECT_THAT(done["m"], ElementsAre(5'000, 10'000, 12'345));
}

TEST_F(SeedTest, AnEmptyFileIsDoneAtOnce) {
  Add("m", Topic::kMeasurements, 0);
  EXPECT_TRUE(Run());
  EXPECT_EQ(writer.calls(), 0);
}

TEST_F(SeedTest, HoldsFewBatchesInFlight) {
  Add("m", Topic::kMeasurements, 400'000);
  writer.answer_after_calls = 16;
  ASSERT_TRUE(Run());
  EXPECT_EQ(writer.most_in_flight(), 16);
}

TEST_F(SeedTest, SendsAgainWhatIsNotDurableAndKeepsTheOrder) {
  using Failure = FakeWriter::Failure;
  for (const Failure failure :
       {Failure::kUnavailable, Failure::kUnknown, Failure::kUnavailableAfterTwo}) {
    writer.values.clear();
    sources.clear();
    const int from = writer.calls();
    writer.fail_call = {{from + 1, failure}, {from + 4, failure}, {from + 5, failure}};
    Add("m", Topic::kMeasurements, 40'000);
    const auto result = Run();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->files[0].rows, 40'000);
    ExpectAllInOrder(Topic::kMeasurements, 40'000);
  }
}

TEST_F(SeedTest, ALogThatTakesSomethingInEachRoundIsNotWaitedForLongerEachTime) {
  for (int call = 0; call < 8; ++call) {
    writer.fail_call[call] = FakeWriter::Failure::kUnavailableAfterTwo;
  }
  Add("m", Topic::kMeasurements, 100).keys = 100;
  std::vector<std::string> lines;
  const LogListener listener([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
  ASSERT_TRUE(Run());
  EXPECT_EQ(writer.calls(), 9);
  EXPECT_THAT(lines, ElementsAre());  // Of pauses from a second on.
}

TEST_F(SeedTest, NothingThatIsInTheLogIsSentAgainWhereKeysDiffer) {
  using Failure = FakeWriter::Failure;
  writer.fail_call = {{1, Failure::kUnavailable}, {3, Failure::kUnavailableAfterTwo}};
  Add("m", Topic::kMeasurements, 40'000).keys = 40'000;
  const auto result = Run();
  ASSERT_TRUE(result);
  EXPECT_EQ(writer.values[Topic::kMeasurements].size(), 40'000U);
  EXPECT_EQ(result->files[0].rows, 40'000);
  EXPECT_EQ(result->files[0].twice, 0);
  EXPECT_EQ(result->files[0].perhaps_twice, 0);
}

TEST_F(SeedTest, RowsOfAKeyKeepTheirOrderAndCopiesAreCounted) {
  writer.fail_call = {{1, FakeWriter::Failure::kUnavailableAfterTwo}};
  // Keys 0 to 6'999 in turn: what was refused are keys 5'002 to 6'999, 0 to 2'999.
  Add("m", Topic::kMeasurements, 40'000).keys = 7'000;
  const auto result = Run();
  ASSERT_TRUE(result);
  std::map<std::int64_t, std::int64_t> newest;
  for (const std::int64_t row : writer.values[Topic::kMeasurements]) newest[row % 7'000] = row;
  for (const auto& [key, row] : newest) EXPECT_EQ(row, key < 5'000 ? key + 35'000 : key + 28'000);
  const auto copies =
      static_cast<std::int64_t>(writer.values[Topic::kMeasurements].size()) - 40'000;
  EXPECT_EQ(result->files[0].twice, copies);
  EXPECT_GT(copies, 0);
}

TEST_F(SeedTest, WhatTheLogDidNotAnswerForIsCounted) {
  writer.fail_call = {{1, FakeWriter::Failure::kUnknown}};
  Add("m", Topic::kMeasurements, 40'000).keys = 40'000;
  const auto result = Run();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->files[0].twice, 0);
  EXPECT_EQ(result->files[0].perhaps_twice, 5'000);
}

TEST_F(SeedTest, WhatIsInFlightIsBoundedInBytes) {
  Add("m", Topic::kMeasurements, 30'000).key_bytes = 1'000;
  writer.answer_after_calls = 16;
  ASSERT_TRUE(Run());
  EXPECT_GE(writer.most_bytes_in_flight(), std::size_t{16} << 20);
  EXPECT_LT(writer.most_bytes_in_flight(), std::size_t{17} << 20);
}

TEST_F(SeedTest, StopsWhileTheLogGivesNoAnswer) {
  writer.silent = true;
  writer.stop_after = 16;
  Add("m", Topic::kMeasurements, 100'000);
  const auto result = Run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kShuttingDown);
  EXPECT_EQ(stopped.row, 0);
  EXPECT_EQ(stopped.beyond, 80'000);
  writer.silent = false;
}

TEST_F(SeedTest, AFailureThatWillNotPassEndsItAndTellsTheRow) {
  writer.fail_call = {{2, FakeWriter::Failure::kNotFound}};
  Add("m", Topic::kMeasurements, 40'000);
  const auto result = Run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(result.error().message(), HasSubstr("seeding m, row 10001"));
  EXPECT_EQ(stopped.file, "m");
  EXPECT_EQ(stopped.row, 10'000);
}

TEST_F(SeedTest, ABadRowTellsHowFarEverythingIsDurable) {
  Add("c", Topic::kCows, 10);
  Add("m", Topic::kMeasurements, 40'000).bad_row = 12'000;
  const auto result = Run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kInvalidInput);
  EXPECT_EQ(stopped.file, "m");
  EXPECT_EQ(stopped.row, 10'000);
  EXPECT_EQ(writer.values[Topic::kMeasurements].size(), 10'000u);
}

TEST_F(SeedTest, StopsWhenAskedAndTellsWhereToGoOn) {
  writer.stop_after = 5;
  Add("m", Topic::kMeasurements, 100'000);
  const auto result = Run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kShuttingDown);
  EXPECT_EQ(stopped.row, 5'000 * writer.calls());
  EXPECT_EQ(writer.values[Topic::kMeasurements].size(), static_cast<std::size_t>(stopped.row));
}

TEST_F(SeedTest, StopsAlsoWhileTheLogTakesNothing) {
  for (int call = 0; call < 100; ++call) {
    writer.fail_call[call] = FakeWriter::Failure::kUnavailable;
  }
  writer.stop_after = 12;
  Add("m", Topic::kMeasurements, 100'000);
  const auto result = Run();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kShuttingDown);
  EXPECT_EQ(stopped.row, 0);
}

}  // namespace
}  // namespace herdflow::intake
