#include "herdflow/intake/bulk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <set>
#include <utility>

#include "farm_gate.hpp"
#include "herdflow/herd/farm.hpp"
#include "item_reader.hpp"
#include "offset_ranges.hpp"

namespace herdflow::intake {
namespace {

using pipeline::AppendOutcome;
using End = BulkResult::End;

/// Enough that the log's commits are full; few enough that many bodies at once fit its queue.
constexpr std::size_t kEventsABatch = 1'000;
constexpr std::size_t kBytesABatch = std::size_t{256} << 10;
constexpr int kBatchesInFlight = 4;
/// Of each list that the result has.
constexpr std::size_t kMostListed = 1'000;
/// Before neighbours that came out of order are one.
constexpr std::size_t kMostRanges = 10 * kMostListed;

void Add(ItemRejections& list, std::int64_t index, herd::Rejection rejection) {
  if (list.first.size() < kMostListed) {
    list.first.push_back({index, std::move(rejection)});
  } else {
    ++list.left_out;
  }
}

/// Items that go to the log together.
struct Batch {
  pipeline::EventBatch events;
  std::vector<std::int64_t> indexes;  ///< Of the events, in the body.
  std::vector<std::string> farms;     ///< Of the events.
  std::size_t bytes = 0;              ///< Of the events.

  /// Those that a book is to be asked about.
  [[nodiscard]] std::vector<std::string> OtherFarms() const;
  /// Keep the events of which this is true.
  void Keep(const std::function<bool(std::size_t)>& is_kept);
};

std::vector<std::string> Batch::OtherFarms() const {
  std::set<std::string_view> others;
  std::string_view last = herd::kDefaultFarm;
  for (const std::string& farm : farms) {
    if (farm == last) continue;
    last = farm;
    if (farm != herd::kDefaultFarm) others.insert(farm);
  }
  return {others.begin(), others.end()};
}

void Batch::Keep(const std::function<bool(std::size_t)>& is_kept) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!is_kept(i)) continue;
    if (kept != i) {
      events[kept] = std::move(events[i]);
      indexes[kept] = indexes[i];
    }
    ++kept;
  }
  events.resize(kept);
  indexes.resize(kept);
}

class LogBulk final : public Bulk, public std::enable_shared_from_this<LogBulk> {
 public:
  LogBulk(const BulkParts& parts, const BulkOptions& options, std::function<void(BulkResult)> done)
      : writer_(parts.writer),
        gate_(std::make_shared<FarmGate>(parts.farms)),
        options_(options),
        items_(options.form),
        done_(std::move(done)) {}

  /// Nothing is told before it is known whether the farm of the path takes anything.
  void AskForFarm();

  void Take(std::string_view bytes, std::function<void()> more) override;
  void Finish() override;
  void Cut() override { Close(End::kCut, std::nullopt); }
  void Leave() override;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void TakeItem(std::string_view item);
  bool IsRefusedUnread(std::string_view item);
  void Send();
  void Pass(Batch batch, const Result<FarmStates>& farms);
  void Refuse(std::int64_t index, std::string_view farm, FarmState state);
  [[nodiscard]] bool IsOver() const { return end_.has_value(); }
  /// Nothing more is sent either.
  [[nodiscard]] bool HasFailed() const;
  void GiveUp(End end, Error error);
  void EndOne(Lock lock);
  void Note(const std::vector<std::int64_t>& indexes, const std::vector<AppendOutcome>& outcomes);
  void NoteOne(std::int64_t index, const AppendOutcome& outcome);
  void Close(End end, std::optional<Error> error);
  void TellIfDone(Lock lock);
  void Tell(Lock lock);

  pipeline::EventWriter& writer_;
  const std::shared_ptr<FarmGate> gate_;
  const BulkOptions options_;
  ItemReader items_;
  const ItemReader::Each each_ = [this](std::string_view item) { TakeItem(item); };
  Intake intake_;
  Instant received_;  ///< What is being read.
  Batch batch_;

  std::mutex mutex_;  ///< Guards what follows.
  BulkResult result_;
  int in_flight_ = 0;       ///< Batches that wait for a book or the log.
  std::optional<End> end_;  ///< Once there is one nothing more is taken.
  std::function<void()> more_;
  std::function<void(BulkResult)> done_;
};

void LogBulk::AskForFarm() {
  if (options_.farm.empty()) return;
  ++in_flight_;
  gate_->Ask({options_.farm}, [self = shared_from_this()](const Result<FarmStates>& farms) {
    Lock lock(self->mutex_);
    if (!farms) {
      self->GiveUp(End::kRefused, farms.error());
    } else if (const FarmState state = farms->begin()->second; state != FarmState::kOpen) {
      self->end_ = End::kNoFarm;
      self->result_.farm = state;
    }
    self->EndOne(std::move(lock));
  });
}

void LogBulk::Take(std::string_view bytes, std::function<void()> more) {
  received_ = Now();
  if (auto fault = items_.Take(bytes, each_)) {
    return Close(End::kBroken, Error(ErrorCode::kInvalidInput, *std::move(fault)));
  }
  {
    const Lock lock(mutex_);
    if (IsOver()) return;
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

/// What is no object is refused for one reason. Once no more reasons are listed it is only counted:
/// of the smallest items there are millions in a small gzip.
bool LogBulk::IsRefusedUnread(std::string_view item) {
  constexpr char kFirstOfByteOrderMark = '\xEF';
  if (item.starts_with('{') || item.starts_with(kFirstOfByteOrderMark)) return false;
  const Lock lock(mutex_);
  if (IsOver()) return true;
  if (result_.refusals.first.size() < kMostListed) return false;
  ++result_.items;
  ++result_.refused;
  ++result_.refusals.left_out;
  return true;
}

void LogBulk::TakeItem(std::string_view item) {
  if (IsRefusedUnread(item)) return;
  auto made = intake_.Take(options_.topic, item, {options_.request, options_.farm}, received_);
  Lock lock(mutex_);
  if (IsOver()) return;
  const std::int64_t index = result_.items++;
  if (auto* refused = std::get_if<Refused>(&made)) {
    ++result_.refused;
    for (auto& reason : refused->reasons) Add(result_.refusals, index, std::move(reason));
    return;
  }
  auto& taken = std::get<Taken>(made);
  for (auto& warning : taken.warnings) Add(result_.warnings, index, std::move(warning));
  lock.unlock();
  batch_.bytes += taken.event.key.size() + taken.event.value.size();
  batch_.events.push_back(std::move(taken.event));
  batch_.indexes.push_back(index);
  batch_.farms.push_back(std::move(taken.farm));
  if (batch_.events.size() >= kEventsABatch || batch_.bytes >= kBytesABatch) Send();
}

void LogBulk::Send() {
  if (batch_.events.empty()) return;
  {
    const Lock lock(mutex_);
    if (IsOver()) return;
    ++in_flight_;
  }
  const auto batch = std::make_shared<Batch>(std::exchange(batch_, {}));
  gate_->Ask(batch->OtherFarms(),
             [self = shared_from_this(), batch](const Result<FarmStates>& farms) {
               self->Pass(std::move(*batch), farms);
             });
}

/// To the log, what is of farms that may send.
void LogBulk::Pass(Batch batch, const Result<FarmStates>& farms) {
  Lock lock(mutex_);
  if (!farms) GiveUp(End::kRefused, farms.error());
  if (HasFailed()) return EndOne(std::move(lock));
  if (!farms->empty()) {
    batch.Keep([&](std::size_t i) {
      const auto farm = farms->find(batch.farms[i]);
      if (farm == farms->end() || farm->second == FarmState::kOpen) return true;
      Refuse(batch.indexes[i], farm->first, farm->second);
      return false;
    });
  }
  if (batch.events.empty()) return EndOne(std::move(lock));
  lock.unlock();
  writer_.Append(
      options_.topic, std::move(batch.events),
      [self = shared_from_this(), indexes = std::move(batch.indexes)](
          const std::vector<AppendOutcome>& outcomes) { self->Note(indexes, outcomes); });
}

void LogBulk::Refuse(std::int64_t index, std::string_view farm, FarmState state) {
  ++result_.refused;
  Add(result_.refusals, index,
      state == FarmState::kClosed
          ? herd::Rejection{herd::RejectionCode::kClosedFarm, "farm",
                            fmt::format("farm is {}, which is closed", farm)}
          : herd::UnknownFarm(farm));
}

void LogBulk::Note(const std::vector<std::int64_t>& indexes,
                   const std::vector<AppendOutcome>& outcomes) {
  Lock lock(mutex_);
  for (std::size_t i = 0; done_ && i < outcomes.size(); ++i) NoteOne(indexes[i], outcomes[i]);
  EndOne(std::move(lock));
}

void LogBulk::EndOne(Lock lock) {
  --in_flight_;
  if (IsOver()) return TellIfDone(std::move(lock));
  const auto more = std::exchange(more_, nullptr);
  lock.unlock();
  if (more) more();
}

void LogBulk::NoteOne(std::int64_t index, const AppendOutcome& outcome) {
  if (outcome.kind == AppendOutcome::Kind::kDurable) {
    ++result_.accepted;
    if (!AddOffset(result_.positions[outcome.partition], outcome.offset, kMostRanges)) {
      ++result_.ranges_left_out;
    }
    return;
  }
  Error error = outcome.error.value_or(Error(ErrorCode::kUnavailable, "the log gave no reason"));
  if (outcome.kind == AppendOutcome::Kind::kRefused && error.code() == ErrorCode::kInvalidInput) {
    ++result_.refused;
    Add(result_.refusals, index,
        {herd::RejectionCode::kTooLong, "", "the topic takes no event of this size"});
    return;
  }
  const bool is_unknown = outcome.kind == AppendOutcome::Kind::kUnknown;
  GiveUp(is_unknown ? End::kUnknown : End::kRefused, std::move(error));
}

bool LogBulk::HasFailed() const {
  return end_ == End::kRefused || end_ == End::kUnknown || end_ == End::kNoFarm;
}

/// The first failure counts, but that something may have happened is always told.
void LogBulk::GiveUp(End end, Error error) {
  if (HasFailed() && (end_ != End::kRefused || end != End::kUnknown)) return;
  end_ = end;
  result_.error = std::move(error);
}

void LogBulk::Close(End end, std::optional<Error> error) {
  Send();
  Lock lock(mutex_);
  if (!IsOver()) {
    end_ = end;
    result_.error = std::move(error);
  }
  TellIfDone(std::move(lock));
}

void LogBulk::Leave() {
  Lock lock(mutex_);
  if (!done_) return;
  if (in_flight_ > 0) {
    GiveUp(End::kUnknown,
           Error(ErrorCode::kTimeout, "some items have waited too long for the log or their farm"));
  } else {
    GiveUp(End::kRefused, Error(ErrorCode::kUnavailable, "what came was not read in time"));
  }
  Tell(std::move(lock));
}

void LogBulk::TellIfDone(Lock lock) {
  if (in_flight_ == 0 && done_) Tell(std::move(lock));
}

void LogBulk::Tell(Lock lock) {
  const auto done = std::exchange(done_, nullptr);
  more_ = nullptr;
  BulkResult result = std::exchange(result_, {});
  result.end = *end_;
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

std::shared_ptr<Bulk> Bulk::Make(const BulkParts& parts, const BulkOptions& options,
                                 std::function<void(BulkResult)> done) {
  auto bulk = std::make_shared<LogBulk>(parts, options, std::move(done));
  bulk->AskForFarm();
  return bulk;
}

}  // namespace herdflow::intake
