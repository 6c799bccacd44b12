#include "herdflow/intake/seed.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <future>
#include <optional>
#include <unordered_set>
#include <utility>

#include "herdflow/core/retry.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using pipeline::Event;
using pipeline::EventWriter;
using pipeline::Topic;
using std::chrono::milliseconds;

/// Of a megabyte each: what is in flight fills no log's queue, and that is all that `seed` holds.
constexpr std::size_t kBatchesInFlight = 16;
/// Between two looks at whether it is asked to stop.
constexpr milliseconds kLook{20};
/// How long who was asked to stop waits for what is in flight.
constexpr milliseconds kGrace{1'000};

/// Whether the same events may be taken a moment later. Sending again is harmless.
bool IsPassing(const AppendOutcome& outcome) {
  if (outcome.kind == AppendOutcome::Kind::kUnknown || !outcome.error) return true;
  return IsPassing(*outcome.error);
}

/// One file on its way into the log.
class FileSeeder {
 public:
  FileSeeder(EventSource& source, EventWriter& writer,
             const std::function<void(const SeedProgress&)>& progress, const std::stop_token& stop)
      : source_(source),
        writer_(writer),
        progress_(progress),
        stop_(stop),
        durable_(source.position()) {}

  /// On failure `Stop` tells how far it came.
  Result<> Run() {
    auto done = Work();
    const auto end = Clock::now() + kGrace;
    const auto give_up = [&] { return Stopping() && Clock::now() > end; };
    while (!in_flight_.empty() && TakeOldest(give_up)) {
    }
    return done;
  }

  [[nodiscard]] SeedResult::File Done() const {
    return {source_.name(), source_.topic(), durable_, twice_, perhaps_twice_};
  }
  [[nodiscard]] SeedStop Stop() const {
    const auto refused = std::count(states_.begin(), states_.end(), State::kRefused);
    return {source_.name(), durable_, static_cast<std::int64_t>(states_.size()) - refused};
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Outcomes = std::vector<AppendOutcome>;
  enum class State : std::uint8_t { kInFlight, kDurable, kRefused, kUnknown };
  struct Batch {
    std::vector<std::int64_t> rows;  ///< The row of each event.
    std::future<Outcomes> outcomes;
  };
  struct Failure {
    std::int64_t row = 0;
    AppendOutcome outcome;
  };

  Result<> Work();
  Result<> Send();
  bool MustSend(std::int64_t row, const Event& event);
  bool TakeOldest(const std::function<bool()>& give_up);
  void Note(std::int64_t row, AppendOutcome outcome);
  Result<> TryAgain();
  [[nodiscard]] bool Stopping() const { return stop_.stop_requested(); }
  [[nodiscard]] tl::unexpected<Error> Stopped() const {
    return Fail(ErrorCode::kShuttingDown, "seeding {}: stopped", source_.name());
  }

  EventSource& source_;
  EventWriter& writer_;
  const std::function<void(const SeedProgress&)>& progress_;
  const std::stop_token& stop_;

  std::deque<Batch> in_flight_;
  bool at_end_ = false;
  std::int64_t durable_;      ///< Every row before it is.
  std::deque<State> states_;  ///< Of the rows from `durable_` on, as far as they were sent.
  /// Keys of rows that are sent again: what comes after them of the same key has to follow.
  std::unordered_set<std::string> again_;
  std::optional<Failure> failure_;  ///< The first one that will not pass, or else the first.
  Retry retry_{"seeding " + source_.name(),
               {.first = milliseconds(20),
                .longest = milliseconds(5'000),
                .quiet = milliseconds(1'000),
                .ends_at_once = true}};
  std::int64_t twice_ = 0;
  std::int64_t perhaps_twice_ = 0;
};

Result<> FileSeeder::Work() {
  while (!at_end_ || !in_flight_.empty()) {
    if (Stopping()) return Stopped();
    if (!at_end_ && in_flight_.size() < kBatchesInFlight) {
      HERDFLOW_CHECK(Send());
      continue;
    }
    if (!in_flight_.empty() && !TakeOldest([this] { return Stopping(); })) return Stopped();
    if (failure_) HERDFLOW_CHECK(TryAgain());
  }
  return {};
}

Result<> FileSeeder::Send() {
  std::int64_t row = source_.position();
  HERDFLOW_ASSIGN(auto events, source_.Next({}));
  if (events.empty()) {
    at_end_ = true;
    return {};
  }
  Batch batch;
  batch.rows.reserve(events.size());
  std::erase_if(events, [&](const Event& event) {
    const bool must_send = MustSend(row, event);
    if (must_send) batch.rows.push_back(row);
    ++row;
    return !must_send;
  });
  if (events.empty()) return {};
  auto promise = std::make_shared<std::promise<Outcomes>>();
  batch.outcomes = promise->get_future();
  in_flight_.push_back(std::move(batch));
  writer_.Append(source_.topic(), std::move(events),
                 [promise](Outcomes outcomes) { promise->set_value(std::move(outcomes)); });
  return {};
}

/// Whether the row has to be sent, now or again; it is in flight then.
bool FileSeeder::MustSend(std::int64_t row, const Event& event) {
  const auto index = static_cast<std::size_t>(row - durable_);
  if (index >= states_.size()) {
    again_.clear();
    states_.push_back(State::kInFlight);
    return true;
  }
  State& state = states_[index];
  if (state == State::kDurable) {
    if (!again_.contains(event.key)) return false;
    ++twice_;
  } else {
    if (state == State::kUnknown) ++perhaps_twice_;
    again_.insert(event.key);
  }
  state = State::kInFlight;
  return true;
}

/// False: it gave up before the outcomes were there.
bool FileSeeder::TakeOldest(const std::function<bool()>& give_up) {
  Batch& oldest = in_flight_.front();
  while (oldest.outcomes.wait_for(kLook) != std::future_status::ready) {
    if (give_up()) return false;
  }
  auto outcomes = oldest.outcomes.get();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    Note(oldest.rows[i], std::move(outcomes[i]));
  }
  in_flight_.pop_front();
  const std::int64_t before = durable_;
  for (; !states_.empty() && states_.front() == State::kDurable; states_.pop_front()) ++durable_;
  if (durable_ != before) retry_.Succeeded();
  if (progress_) progress_({source_.name(), durable_, source_.rows()});
  return true;
}

void FileSeeder::Note(std::int64_t row, AppendOutcome outcome) {
  State& state = states_[static_cast<std::size_t>(row - durable_)];
  switch (outcome.kind) {
    case AppendOutcome::Kind::kDurable:
      state = State::kDurable;
      return;
    case AppendOutcome::Kind::kRefused:
      state = State::kRefused;
      break;
    case AppendOutcome::Kind::kUnknown:
      state = State::kUnknown;
      break;
  }
  if (!failure_ || (IsPassing(failure_->outcome) && !IsPassing(outcome))) {
    failure_ = Failure{row, std::move(outcome)};
  }
}

/// Back to the first row that is not durable, after a pause.
Result<> FileSeeder::TryAgain() {
  while (!in_flight_.empty()) {
    if (!TakeOldest([this] { return Stopping(); })) return Stopped();
  }
  if (!IsPassing(failure_->outcome)) {
    return Fail(failure_->outcome.error->Because(
        fmt::format("seeding {}, row {}", source_.name(), failure_->row + 1)));
  }
  const auto paused = retry_.Pause(
      failure_->outcome.error.value_or(Error(ErrorCode::kUnavailable, "the log gave no answer"))
          .Because(fmt::format("row {}", failure_->row + 1)),
      stop_);
  if (!paused) return Fail(paused.error().Because("seeding " + source_.name()));
  failure_.reset();
  again_.clear();
  at_end_ = false;
  return source_.Skip(durable_);
}

}  // namespace

int RankOf(Topic topic) {
  switch (topic) {
    case Topic::kFarms:
      return 0;
    case Topic::kCows:
    case Topic::kSensors:
      return 1;
    case Topic::kMeasurements:
      return 2;
  }
  return 2;
}

Result<SeedResult> Seed(const std::vector<std::unique_ptr<EventSource>>& sources,
                        EventWriter& writer,
                        const std::function<void(const SeedProgress&)>& progress,
                        const std::stop_token& stop, SeedStop& stopped) {
  std::vector<EventSource*> ordered;
  for (const auto& source : sources) ordered.push_back(source.get());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) {
    return RankOf(a->topic()) < RankOf(b->topic());
  });
  SeedResult result;
  for (auto* source : ordered) {
    FileSeeder seeder(*source, writer, progress, stop);
    auto done = seeder.Run();
    if (!done) {
      stopped = seeder.Stop();
      return Fail(std::move(done).error());
    }
    result.files.push_back(seeder.Done());
  }
  return result;
}

}  // namespace herdflow::intake
