#include "herdflow/pipeline/seed.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"

namespace herdflow::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatchRows = 5'000;
constexpr std::size_t kBatchesInFlight = 16;
constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{5'000};
/// Between two looks at `stop_requested` in a pause.
constexpr milliseconds kLook{20};

/// Whether the same events may be taken a moment later. Sending again is harmless.
bool IsPassing(const AppendOutcome& outcome) {
  if (outcome.kind == AppendOutcome::Kind::kUnknown || !outcome.error) return true;
  return IsPassing(*outcome.error);
}

/// One file on its way into the log.
///
/// What is not durable is sent again together with everything after it, so that two rows of one
/// key never change places, whichever of the batches in flight failed.
class FileSeeder {
 public:
  FileSeeder(EventSource& source, EventWriter& writer,
             const std::function<void(const SeedProgress&)>& progress,
             const std::function<bool()>& stop_requested)
      : source_(source),
        writer_(writer),
        progress_(progress),
        stop_requested_(stop_requested),
        durable_(source.position()) {}

  /// On failure `durable` tells how far it came; nothing is in flight any more.
  Result<> Run() {
    auto done = Work();
    while (!in_flight_.empty()) TakeOldest();
    return done;
  }

  [[nodiscard]] std::int64_t durable() const { return durable_; }

 private:
  using Outcomes = std::vector<AppendOutcome>;

  Result<> Work();
  Result<> Send();
  void TakeOldest();
  Result<> TryAgain();
  [[nodiscard]] bool Stopping() const { return stop_requested_ && stop_requested_(); }
  [[nodiscard]] tl::unexpected<Error> Stopped() const {
    return Fail(ErrorCode::kShuttingDown, "seeding {}: stopped", source_.name());
  }

  EventSource& source_;
  EventWriter& writer_;
  const std::function<void(const SeedProgress&)>& progress_;
  const std::function<bool()>& stop_requested_;

  std::deque<std::future<Outcomes>> in_flight_;
  bool at_end_ = false;
  std::int64_t durable_;                 ///< Every row before it is.
  std::optional<AppendOutcome> failed_;  ///< Of row `durable_`; what came after does not count.
  milliseconds pause_ = kFirstPause;
};

Result<> FileSeeder::Work() {
  while (!at_end_ || !in_flight_.empty()) {
    if (Stopping()) return Stopped();
    while (!at_end_ && in_flight_.size() < kBatchesInFlight) HERDFLOW_CHECK(Send());
    if (!in_flight_.empty()) TakeOldest();
    if (failed_) HERDFLOW_CHECK(TryAgain());
  }
  return {};
}

Result<> FileSeeder::Send() {
  HERDFLOW_ASSIGN(auto batch, source_.Next(kBatchRows));
  if (batch.empty()) {
    at_end_ = true;
    return {};
  }
  auto promise = std::make_shared<std::promise<Outcomes>>();
  in_flight_.push_back(promise->get_future());
  writer_.Append(source_.topic(), std::move(batch),
                 [promise](Outcomes outcomes) { promise->set_value(std::move(outcomes)); });
  return {};
}

void FileSeeder::TakeOldest() {
  auto outcomes = in_flight_.front().get();
  in_flight_.pop_front();
  if (failed_) return;
  for (auto& outcome : outcomes) {
    if (outcome.kind != AppendOutcome::Kind::kDurable) {
      failed_ = std::move(outcome);
      break;
    }
    ++durable_;
    pause_ = kFirstPause;
  }
  if (progress_) progress_({source_.name(), durable_, source_.rows()});
}

/// Back to the first row that is not durable, after a pause.
Result<> FileSeeder::TryAgain() {
  while (!in_flight_.empty()) TakeOldest();
  const auto failed = std::move(*std::exchange(failed_, std::nullopt));
  const Error error =
      failed.error.value_or(Error(ErrorCode::kUnavailable, "the log gave no reason"));
  if (!IsPassing(failed)) {
    return Fail(error.Because(fmt::format("seeding {}, row {}", source_.name(), durable_)));
  }
  if (pause_ >= std::chrono::seconds(1)) {
    Log(LogLevel::kWarning, "seeding {}: waiting at row {}: {}", source_.name(), durable_,
        error.message());
  }
  const auto end = std::chrono::steady_clock::now() + pause_;
  while (std::chrono::steady_clock::now() < end) {
    if (Stopping()) return Stopped();
    std::this_thread::sleep_for(std::min(kLook, pause_));
  }
  pause_ = std::min(pause_ * 2, kLongestPause);
  at_end_ = false;
  return source_.Skip(durable_);
}

}  // namespace

Result<SeedResult> Seed(const std::vector<std::unique_ptr<EventSource>>& sources,
                        EventWriter& writer,
                        const std::function<void(const SeedProgress&)>& progress,
                        const std::function<bool()>& stop_requested, SeedStop& stopped) {
  // Cows and sensors first: a reading that finds them known is judged once, another one twice.
  std::vector<EventSource*> ordered;
  for (const auto& source : sources) ordered.push_back(source.get());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
    return (a->topic() == Topic::kMeasurements) < (b->topic() == Topic::kMeasurements);
  });
  SeedResult result;
  for (auto* source : ordered) {
    FileSeeder seeder(*source, writer, progress, stop_requested);
    auto done = seeder.Run();
    if (!done) {
      stopped = {source->name(), seeder.durable()};
      return Fail(std::move(done).error());
    }
    result.files.push_back({source->name(), source->topic(), seeder.durable()});
  }
  return result;
}

}  // namespace herdflow::pipeline
