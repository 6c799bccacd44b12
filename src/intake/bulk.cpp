#include "herdflow/intake/bulk.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "item_reader.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using pipeline::OffsetRange;
using End = BulkResult::End;

/// Enough that the log's commits are full; few enough that many bodies at once fit its queue.
constexpr std::size_t kEventsABatch = 1'000;
constexpr std::size_t kBytesABatch = std::size_t{256} << 10;
constexpr int kBatchesInFlight = 4;
/// Of each list that the result has.
constexpr std::size_t kMostListed = 1'000;

void Add(ItemRejections& list, std::int64_t index, herd::Rejection rejection) {
  if (list.first.size() < kMostListed) {
    list.first.push_back({index, std::move(rejection)});
  } else {
    ++list.left_out;
  }
}

/// False: there are too many ranges already. (They come nearly in order: many become one.)
bool Add(std::vector<OffsetRange>& ranges, std::int64_t offset) {
  constexpr std::size_t kMostKept = 10 * kMostListed;
  if (!ranges.empty() && ranges.back().end == offset) {
    ++ranges.back().end;
    return true;
  }
  if (ranges.size() == kMostKept) return false;
  ranges.push_back({offset, offset + 1});
  return true;
}

/// Ascending, neighbours as one.
void Tidy(std::vector<OffsetRange>& ranges) {
  std::sort(ranges.begin(), ranges.end());
  std::size_t last = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin == ranges[last].end) {
      ranges[last].end = ranges[i].end;
    } else {
      ranges[++last] = ranges[i];
    }
  }
  if (!ranges.empty()) ranges.resize(last + 1);
}

class LogBulk final : public Bulk, public std::enable_shared_from_this<LogBulk> {
 public:
  LogBulk(pipeline::EventWriter& writer, const BulkOptions& options,
          std::function<void(BulkResult)> done)
      : writer_(writer), options_(options), items_(options.form), done_(std::move(done)) {}

  void Take(std::string_view bytes, std::function<void()> more) override;
  void Finish() override;
  void Cut() override { Close(End::kCut, std::nullopt); }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void TakeItem(std::string_view item);
  void Send();
  void Note(const std::vector<std::int64_t>& indexes, std::vector<AppendOutcome> outcomes);
  void NoteOne(std::int64_t index, AppendOutcome outcome);
  void Close(End end, std::optional<Error> error);
  void TellIfDone(Lock lock);

  pipeline::EventWriter& writer_;
  const BulkOptions options_;
  ItemReader items_;
  const ItemReader::Each each_ = [this](std::string_view item) { TakeItem(item); };
  Intake intake_;
  Instant received_;  ///< What is being read.
  pipeline::EventBatch events_;
  std::vector<std::int64_t> indexes_;  ///< Of the events, in the body.
  std::size_t bytes_ = 0;              ///< Of the events.

  std::mutex mutex_;  ///< Guards what follows.
  BulkResult result_;
  int in_flight_ = 0;
  bool is_over_ = false;  ///< Nothing more is taken or sent.
  std::function<void()> more_;
  std::function<void(BulkResult)> done_;
};

void LogBulk::Take(std::string_view bytes, std::function<void()> more) {
  received_ = Now();
  if (auto fault = items_.Take(bytes, each_)) {
    return Close(End::kBroken, Error(ErrorCode::kInvalidInput, *std::move(fault)));
  }
  {
    const Lock lock(mutex_);
    if (is_over_) return;
    if (in_flight_ >= kBatchesInFlight) {
      more_ = std::move(more);
      return;
    }
  }
  more();
}

void LogBulk::Finish() {
  received_ = Now();
  auto fault = items_.End(each_);
  if (!fault) return Close(End::kWhole, std::nullopt);
  Close(End::kBroken, Error(ErrorCode::kInvalidInput, *std::move(fault)));
}

void LogBulk::TakeItem(std::string_view item) {
  auto made = intake_.Take(options_.topic, item, options_.request, received_);
  Lock lock(mutex_);
  if (is_over_) return;
  const std::int64_t index = result_.items++;
  if (auto* refused = std::get_if<Refused>(&made)) {
    ++result_.refused;
    for (auto& reason : refused->reasons) Add(result_.refusals, index, std::move(reason));
    return;
  }
  auto& taken = std::get<Taken>(made);
  for (auto& warning : taken.warnings) Add(result_.warnings, index, std::move(warning));
  lock.unlock();
  bytes_ += taken.event.key.size() + taken.event.value.size();
  events_.push_back(std::move(taken.event));
  indexes_.push_back(index);
  if (events_.size() >= kEventsABatch || bytes_ >= kBytesABatch) Send();
}

void LogBulk::Send() {
  if (events_.empty()) return;
  {
    const Lock lock(mutex_);
    if (is_over_) return;
    ++in_flight_;
  }
  bytes_ = 0;
  writer_.Append(
      options_.topic, std::exchange(events_, {}),
      [self = shared_from_this(), indexes = std::exchange(indexes_, {})](
          std::vector<AppendOutcome> outcomes) { self->Note(indexes, std::move(outcomes)); });
}

void LogBulk::Note(const std::vector<std::int64_t>& indexes, std::vector<AppendOutcome> outcomes) {
  Lock lock(mutex_);
  for (std::size_t i = 0; i < outcomes.size(); ++i) NoteOne(indexes[i], std::move(outcomes[i]));
  --in_flight_;
  if (is_over_) return TellIfDone(std::move(lock));
  const auto more = std::exchange(more_, nullptr);
  lock.unlock();
  if (more) more();
}

void LogBulk::NoteOne(std::int64_t index, AppendOutcome outcome) {
  if (outcome.kind == AppendOutcome::Kind::kDurable) {
    ++result_.accepted;
    if (!Add(result_.positions[outcome.partition], outcome.offset)) ++result_.ranges_left_out;
    return;
  }
  Error error = outcome.error.value_or(Error(ErrorCode::kUnavailable, "the log gave no reason"));
  if (outcome.kind == AppendOutcome::Kind::kRefused && error.code() == ErrorCode::kInvalidInput) {
    ++result_.refused;
    Add(result_.refusals, index,
        {herd::RejectionCode::kTooLong, "", "the topic takes no event of this size"});
    return;
  }
  is_over_ = true;
  const bool is_unknown = outcome.kind == AppendOutcome::Kind::kUnknown;
  if (result_.end == End::kUnknown || (result_.end == End::kRefused && !is_unknown)) return;
  result_.end = is_unknown ? End::kUnknown : End::kRefused;
  result_.error = std::move(error);
}

void LogBulk::Close(End end, std::optional<Error> error) {
  Send();
  Lock lock(mutex_);
  if (!is_over_) {
    is_over_ = true;
    result_.end = end;
    result_.error = std::move(error);
  }
  TellIfDone(std::move(lock));
}

void LogBulk::TellIfDone(Lock lock) {
  if (in_flight_ > 0 || !done_) return;
  const auto done = std::exchange(done_, nullptr);
  more_ = nullptr;
  BulkResult result = std::move(result_);
  lock.unlock();
  std::size_t listed = 0;
  for (auto& [partition, ranges] : result.positions) {
    Tidy(ranges);
    const std::size_t left = kMostListed - std::min(listed, kMostListed);
    if (ranges.size() > left) {
      result.ranges_left_out += static_cast<std::int64_t>(ranges.size() - left);
      ranges.resize(left);
    }
    listed += ranges.size();
  }
  // The log's refusals came later than those that the items themselves gave.
  std::stable_sort(result.refusals.first.begin(), result.refusals.first.end(),
                   [](const auto& a, const auto& b) { return a.index < b.index; });
  done(std::move(result));
}

}  // namespace

std::shared_ptr<Bulk> Bulk::Make(pipeline::EventWriter& writer, const BulkOptions& options,
                                 std::function<void(BulkResult)> done) {
  return std::make_shared<LogBulk>(writer, options, std::move(done));
}

}  // namespace herdflow::intake
