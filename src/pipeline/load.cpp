#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "log_match.hpp"

namespace herdflow::pipeline {
namespace {

/// Messages a transaction of the loader.
constexpr std::size_t kMaxMessages = 20'000;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::chrono::milliseconds kRetryPause{500};
constexpr std::chrono::milliseconds kNoWait{0};
/// Between two looks whether a halted partition was adopted.
constexpr std::chrono::seconds kHaltedPause{5};

/// Fills what every bronze row has.
void FillMessage(const Message& message, std::int64_t version, BronzeMessage& row) {
  row.offset = message.offset;
  row.version = version;
  row.received_at = message.broker_time;
  row.key = message.key;
  row.payload = message.value;
  row.headers = EncodeHeaders(message.headers);
}

/// Two that claim a partition from one another would go on like that for ever: the longer it lasts,
/// the more time one of them leaves the other.
std::chrono::milliseconds PauseAfterFence(int fenced) {
  constexpr int kLongest = 10;
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::chrono::milliseconds(
      std::uniform_int_distribution<int>(0, (1 << std::min(fenced, kLongest)) - 1)(random));
}

class BronzeWriter {
 public:
  BronzeWriter(LoadTx& tx, herd::MessageParser& parser) : tx_(tx), parser_(parser) {}

  Result<> Write(const PartitionClaim& claim, const Message& message, std::int64_t version) {
    switch (claim.partition.topic) {
      case Topic::kCows: {
        BronzeCow row;
        FillMessage(message, version, row);
        row.fields = FieldsOf(parser_.Cow(message.value));
        return tx_.Insert(claim, row);
      }
      case Topic::kSensors: {
        BronzeSensor row;
        FillMessage(message, version, row);
        row.fields = FieldsOf(parser_.Sensor(message.value));
        return tx_.Insert(claim, row);
      }
      case Topic::kMeasurements: {
        BronzeMeasurement row;
        FillMessage(message, version, row);
        row.fields = FieldsOf(parser_.Measurement(message.value));
        row.sensor_id_is_good = !herd::JudgeId(row.fields.sensor_id, "sensor_id");
        row.cow_id_is_good = !herd::JudgeId(row.fields.cow_id, "cow_id");
        row.is_canonical = row.sensor_id_is_good && row.cow_id_is_good &&
                           IsCanonical(row.fields, row.key, row.payload, scratch_);
        return tx_.Insert(claim, row);
      }
    }
    return {};
  }

 private:
  /// A message that cannot be parsed has no fields; its payload is kept and judged later.
  template <class Fields>
  static Fields FieldsOf(const herd::Parsed<Fields>& parsed) {
    const Fields* fields = std::get_if<Fields>(&parsed);
    return fields != nullptr ? *fields : Fields{};
  }

  LoadTx& tx_;
  herd::MessageParser& parser_;
  std::string scratch_;
};

}  // namespace

Result<std::int64_t> Loader::Step(std::chrono::milliseconds wait) {
  auto claimed = ClaimDue();
  HERDFLOW_ASSIGN(const Polled polled,
                  context_.reader.Poll({kMaxMessages, kMaxBytes, claimed ? wait : kNoWait}));
  std::int64_t loaded = 0;
  if (const auto* assigned = std::get_if<Assigned>(&polled)) {
    for (const auto& partition : assigned->partitions) unclaimed_.push_back({partition, {}, {}, 0});
    if (claimed) claimed = ClaimDue();
  } else if (const auto* revoked = std::get_if<Revoked>(&polled)) {
    for (const TopicPartition& partition : revoked->partitions) Drop(partition);
  } else if (const auto* damaged = std::get_if<Damaged>(&polled)) {
    HERDFLOW_CHECK(HaltDamaged(*damaged));
  } else if (const auto* batch = std::get_if<MessageBatch>(&polled)) {
    HERDFLOW_ASSIGN(loaded, Store(*batch));
  }
  if (!claimed) return Fail(std::move(claimed).error());
  return loaded;
}

Result<> Loader::ClaimDue() {
  const auto now = Clock::now();
  for (std::size_t i = 0; i < unclaimed_.size();) {
    if (unclaimed_[i].not_before > now) {
      ++i;
      continue;
    }
    HERDFLOW_CHECK(Claim(unclaimed_[i]));
    if (unclaimed_[i].not_before > now) {  // Halted.
      ++i;
    } else {
      unclaimed_.erase(unclaimed_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return {};
}

Result<> Loader::Claim(Unclaimed& unclaimed) {
  const Assigned::Partition& assigned = unclaimed.assigned;
  // The claim after the range: whoever loads meanwhile is fenced, and the log only grows.
  HERDFLOW_ASSIGN(OffsetRange range, context_.reader.Range(assigned.partition));
  auto claim = context_.store.Claim(assigned, range.begin, context_.owner);
  if (!claim && claim.error().code() == ErrorCode::kConflict) {
    Halt(unclaimed, std::move(claim).error());
    return {};
  }
  if (!claim) return Fail(std::move(claim).error());
  if (claim->next_offset > range.end) {  // The other owner may have been ahead of what we saw.
    HERDFLOW_ASSIGN(range, context_.reader.Range(assigned.partition));
  }
  if (auto conflict = ConflictOfRange(assigned.partition, claim->next_offset, range)) {
    Halt(unclaimed, *std::move(conflict));
    return {};
  }
  // From the last loaded message on, which tells whether this is still the same log.
  const bool check = claim->last_hash && claim->next_offset > range.begin;
  HERDFLOW_CHECK(context_.reader.Start(assigned.partition, claim->next_offset - (check ? 1 : 0)));
  claims_.push_back({assigned, *std::move(claim), check, std::nullopt, unclaimed.fenced,
                     std::move(unclaimed.halted_by)});
  return {};
}

void Loader::Halt(Unclaimed& unclaimed, Error error) {
  if (!unclaimed.halted_by) {
    Log(LogLevel::kError, "{}; this partition is halted, the others go on", error.message());
  }
  unclaimed.halted_by = std::move(error);
  unclaimed.not_before = Clock::now() + kHaltedPause;
}

Result<> Loader::HaltDamaged(const Damaged& damaged) {
  const auto held = FindHeld(damaged.partition);
  if (held == claims_.end()) return {};
  HERDFLOW_CHECK(GiveUp(held, kNoWait));
  Halt(unclaimed_.back(), damaged.error);
  return {};
}

std::vector<Loader::Halted> Loader::halted() const {
  std::vector<Halted> all;
  for (const Unclaimed& unclaimed : unclaimed_) {
    if (unclaimed.halted_by) {
      all.push_back({unclaimed.assigned.partition, *unclaimed.halted_by});
    }
  }
  return all;
}

void Loader::Drop(TopicPartition partition) {
  std::erase_if(claims_, [&](const Held& held) { return held.claim.partition == partition; });
  std::erase_if(unclaimed_,
                [&](const Unclaimed& other) { return other.assigned.partition == partition; });
}

Result<> Loader::GiveUp(std::vector<Held>::iterator held, Clock::duration pause) {
  const Assigned::Partition assigned = held->assigned;
  unclaimed_.push_back({assigned, Clock::now() + pause, std::move(held->halted_by), held->fenced});
  claims_.erase(held);
  return context_.reader.Pause(assigned.partition);
}

std::vector<Loader::Held>::iterator Loader::FindHeld(TopicPartition partition) {
  return std::find_if(claims_.begin(), claims_.end(),
                      [&](const Held& held) { return held.claim.partition == partition; });
}

Result<std::int64_t> Loader::Store(const MessageBatch& batch) {
  const auto held = FindHeld(batch.from);
  if (held == claims_.end()) return 0;
  if (held->to_check) {
    if (auto conflict = ConflictOfLastMessage(batch.from, held->claim.next_offset,
                                              *held->claim.last_hash, batch.messages)) {
      HERDFLOW_CHECK(GiveUp(held, kNoWait));
      Halt(unclaimed_.back(), *std::move(conflict));
      return 0;
    }
    held->to_check = false;
  }
  const std::span<const Message> all(batch.messages);
  const auto first = std::find_if(all.begin(), all.end(), [&](const Message& message) {
    return message.offset >= held->claim.next_offset;
  });
  std::int64_t expected = held->claim.next_offset;
  auto last = first;
  for (; last != all.end(); ++last) {
    if (last->offset != expected && held->asked_again != expected) break;
    expected = last->offset + 1;
  }
  if (first != last) {
    auto stored = StoreChunk(held->claim, {first, last});
    if (!stored || !*stored) {
      // Rolled back, or nobody knows: the claim made anew reads in the store where it stands.
      Clock::duration pause = kNoWait;
      if (stored) {
        Log(LogLevel::kWarning, "load {}/{}: another owner has claimed the partition",
            Name(batch.from.topic), batch.from.partition);
        pause = PauseAfterFence(held->fenced++);
      }
      HERDFLOW_CHECK(GiveUp(held, pause));
      if (!stored) return Fail(std::move(stored).error());
      return 0;
    }
    held->fenced = 0;
    held->halted_by.reset();
    context_.reader.ReportLoaded(batch.from, held->claim.next_offset);
  }
  if (last != all.end()) {
    // A reader cannot tell a message that it skipped from one that is not there: ask once more.
    held->asked_again = expected;
    HERDFLOW_CHECK(context_.reader.Start(batch.from, expected));
  }
  return last - first;
}

bool Loader::IsChecking() const {
  return std::any_of(claims_.begin(), claims_.end(),
                     [](const Held& held) { return held.to_check; });
}

Result<bool> Loader::StoreChunk(PartitionClaim& claim, std::span<const Message> messages) {
  PartitionClaim after = claim;
  after.next_offset = messages.back().offset + 1;
  const std::int64_t holes =
      after.next_offset - claim.next_offset - static_cast<std::int64_t>(messages.size());
  if (holes != 0) {
    Log(LogLevel::kError, "load {}/{}: {} offsets are missing between {} and {}",
        Name(claim.partition.topic), claim.partition.partition, holes, claim.next_offset,
        after.next_offset);
  }
  std::vector<std::int64_t> versions;
  versions.reserve(messages.size());
  for (const Message& message : messages) {
    after.last_version = std::max(after.last_version + 1, ToMicros(message.broker_time));
    versions.push_back(after.last_version);
  }
  const MessageHash last_hash = HashOf(messages.back().key, messages.back().value);
  HERDFLOW_ASSIGN(const auto tx, context_.store.BeginLoad());
  HERDFLOW_ASSIGN(const bool mine,
                  tx->Advance(claim, after.next_offset, after.last_version, holes, last_hash));
  if (!mine) return false;
  BronzeWriter writer(*tx, parser_);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    HERDFLOW_CHECK(writer.Write(claim, messages[i], versions[i]));
  }
  HERDFLOW_CHECK(tx->Commit());
  after.last_hash = last_hash;
  claim = after;
  return true;
}

namespace {

using TopicEnds = std::vector<TopicDescription>;

/// Whether everything is loaded but what is halted.
bool IsLoaded(const TopicEnds& ends, const std::vector<PartitionProgress>& stands,
              const std::vector<TopicPartition>& halted) {
  const auto is_loaded = [&](const TopicDescription& topic,
                             const TopicDescription::Partition& partition) {
    return partition.end == partition.begin ||
           std::find(halted.begin(), halted.end(),
                     TopicPartition{topic.topic, partition.partition}) != halted.end() ||
           std::any_of(stands.begin(), stands.end(), [&](const PartitionProgress& at) {
             return at.current && at.log_id == topic.stream_id &&
                    at.partition == partition.partition && at.next_offset >= partition.end;
           });
  };
  return std::all_of(ends.begin(), ends.end(), [&](const TopicDescription& topic) {
    return std::all_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](const auto& partition) { return is_loaded(topic, partition); });
  });
}

/// Tells a person who waits for another process's loader what they wait for.
class Watch {
 public:
  void Look(const std::vector<PartitionProgress>& stands) {
    std::int64_t sum = 0;
    for (const PartitionProgress& at : stands) sum += at.next_offset;
    const auto now = std::chrono::steady_clock::now();
    if (sum != sum_) {
      sum_ = sum;
      since_ = now;
    } else if (now - since_ > kSilence) {
      Log(LogLevel::kWarning,
          "load: nothing was loaded for {} s; another herdflow process holds the topics, and it "
          "has "
          "{} messages; waiting for it (Ctrl-C ends the wait)",
          kSilence.count(), sum);
      since_ = now;
    }
  }

 private:
  static constexpr std::chrono::seconds kSilence{5};
  std::int64_t sum_ = -1;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace

Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, HerdQueries& queries,
                               const StopRequested& stop, const StepProgress& progress) {
  HERDFLOW_ASSIGN(const auto conflicts, FindLogConflicts(topics, queries));
  HERDFLOW_ASSIGN(const TopicEnds ends, topics.List());
  std::vector<TopicPartition> halted;
  std::optional<Error> conflict;
  const auto note = [&](TopicPartition partition, const Error& error) {
    if (!conflict) conflict = error;
    if (std::find(halted.begin(), halted.end(), partition) == halted.end()) {
      halted.push_back(partition);
    }
  };
  for (const LogConflict& each : conflicts) note(each.partition.partition, each.error);
  std::int64_t loaded = 0;
  Watch watch;
  while (!stop()) {
    const auto count = loader.Step(std::chrono::milliseconds(50));
    if (!count) {
      if (!IsPassing(count.error())) return Fail(count.error());
      Log(LogLevel::kWarning, "{}; trying again", count.error().message());
      std::this_thread::sleep_for(kRetryPause);
      continue;
    }
    loaded += *count;
    if (*count != 0) progress("load", loaded);
    for (const Loader::Halted& each : loader.halted()) note(each.partition, each.error);
    HERDFLOW_ASSIGN(const std::vector<PartitionProgress> stands, queries.ReadProgress());
    if (IsLoaded(ends, stands, halted) && !loader.IsChecking()) break;
    watch.Look(stands);
  }
  if (conflict) return Fail(*std::move(conflict));
  return loaded;
}

}  // namespace herdflow::pipeline
