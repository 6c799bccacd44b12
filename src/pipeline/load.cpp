#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include "bronze_rows.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "log_match.hpp"

namespace herdflow::pipeline {
namespace {

/// Messages a transaction of the loader.
constexpr std::size_t kMaxMessages = 20'000;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::chrono::milliseconds kNoWait{0};

/// Two that claim a partition from one another would go on like that for ever: the longer it lasts,
/// the more time one of them leaves the other.
std::chrono::milliseconds PauseAfterFence(int fenced) {
  constexpr int kLongest = 10;
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::chrono::milliseconds(
      std::uniform_int_distribution<int>(0, (1 << std::min(fenced, kLongest)) - 1)(random));
}

/// Whether the store refuses what comes from one partition: waiting does not mend it, and the
/// others may well be loaded.
bool IsRefusal(const Error& error) {
  return !IsPassing(error) && error.code() != ErrorCode::kShuttingDown;
}

/// Until a partition is tried again that failed n times in a row.
std::chrono::seconds PauseAfterFailure(const Error& error, int failed) {
  constexpr std::chrono::seconds kUntilAdopted{5};
  constexpr std::chrono::seconds kUntilThere{10};
  constexpr std::chrono::seconds kUntilMended{60};
  constexpr int kDoublings = 6;
  if (error.code() == ErrorCode::kConflict) return kUntilAdopted;
  return std::min(std::chrono::seconds(1 << std::min(failed, kDoublings)),
                  IsPassing(error) ? kUntilThere : kUntilMended);
}

/// Up to where what is left out now was left out before as well.
std::int64_t SureUpTo(const std::vector<OffsetRange>& doubted, const OffsetRange& left_out) {
  const auto after =
      std::partition_point(doubted.begin(), doubted.end(),
                           [&](const OffsetRange& range) { return range.begin <= left_out.begin; });
  if (after == doubted.begin()) return left_out.begin;
  return std::clamp((after - 1)->end, left_out.begin, left_out.end);
}

}  // namespace

Result<std::int64_t> Loader::Step(std::chrono::milliseconds wait) {
  auto claimed = ClaimDue();
  HERDFLOW_ASSIGN(const Polled polled,
                  context_.reader.Poll({kMaxMessages, kMaxBytes, claimed ? wait : kNoWait}));
  std::int64_t loaded = 0;
  if (const auto* assigned = std::get_if<Assigned>(&polled)) {
    for (const auto& partition : assigned->partitions) unclaimed_.push_back({partition, {}, {}});
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
    if (unclaimed_[i].not_before <= now) {
      unclaimed_.erase(unclaimed_.begin() + static_cast<std::ptrdiff_t>(i));
      continue;
    }
    if (!IsPassing(*unclaimed_[i].trouble.error)) {  // Halted, which took no time.
      ++i;
      continue;
    }
    // Whom nobody answers about took time: the log is polled before the next is asked, and all that
    // wait are asked before this one is due again.
    const auto asked = unclaimed_.begin() + static_cast<std::ptrdiff_t>(i);
    std::rotate(asked, asked + 1, unclaimed_.end());
    return {};
  }
  return {};
}

Result<> Loader::Claim(Unclaimed& unclaimed) {
  const Assigned::Partition& assigned = unclaimed.assigned;
  // The claim after the range: whoever loads meanwhile is fenced, and the log only grows.
  auto range = context_.reader.Range(assigned.partition);
  if (!range) {
    Halt(unclaimed, std::move(range).error());
    return {};
  }
  auto claim = context_.store.Claim(assigned, range->begin, context_.owner);
  if (!claim && !IsRefusal(claim.error())) return Fail(std::move(claim).error());
  if (!claim) {
    Halt(unclaimed, std::move(claim).error());
    return {};
  }
  if (claim->next_offset > range->end) {  // The other owner may have been ahead of what we saw.
    HERDFLOW_ASSIGN(range, context_.reader.Range(assigned.partition));
  }
  if (auto conflict = ConflictOfRange(assigned.partition, claim->next_offset, *range)) {
    Halt(unclaimed, *std::move(conflict));
    return {};
  }
  // From the last loaded message on, which tells whether this is still the same log.
  const bool check = claim->last_hash && claim->last_offset >= range->begin;
  HERDFLOW_CHECK(
      context_.reader.Start(assigned.partition, check ? claim->last_offset : claim->next_offset));
  if (!check) EndTrouble(assigned.partition, unclaimed.trouble);
  claims_.push_back({assigned, *std::move(claim), check, {}, false, unclaimed.trouble});
  return {};
}

void Loader::Halt(Unclaimed& unclaimed, Error error) {
  Trouble& trouble = unclaimed.trouble;
  if (!trouble.error || trouble.error->message() != error.message()) {
    if (IsPassing(error)) {
      Log(LogLevel::kWarning, "{}; the other partitions go on", error.message());
    } else {
      Log(LogLevel::kError, "{}; this partition is halted, the others go on", error.message());
    }
  }
  unclaimed.not_before = Clock::now() + PauseAfterFailure(error, trouble.failed++);
  trouble.error = std::move(error);
}

void Loader::EndTrouble(TopicPartition partition, Trouble& trouble) {
  if (!trouble.error || trouble.until_stored) return;
  Log(LogLevel::kInfo, "load {}/{}: it goes on", Name(partition.topic), partition.partition);
  trouble = {};
}

Result<> Loader::HaltDamaged(const Damaged& damaged) {
  const auto held = FindHeld(damaged.partition);
  if (held == claims_.end()) return {};
  HERDFLOW_CHECK(GiveUp(held, kNoWait));
  unclaimed_.back().trouble.until_stored = true;
  Halt(unclaimed_.back(), damaged.error);
  return {};
}

std::vector<Loader::Halted> Loader::halted() const {
  std::vector<Halted> all;
  const auto note = [&](TopicPartition partition, const Trouble& trouble) {
    if (trouble.error) all.push_back({partition, *trouble.error});
  };
  for (const Unclaimed& each : unclaimed_) note(each.assigned.partition, each.trouble);
  for (const Held& each : claims_) note(each.assigned.partition, each.trouble);
  return all;
}

void Loader::Drop(TopicPartition partition) {
  std::erase_if(claims_, [&](const Held& held) { return held.claim.partition == partition; });
  std::erase_if(unclaimed_,
                [&](const Unclaimed& other) { return other.assigned.partition == partition; });
}

Result<> Loader::GiveUp(std::vector<Held>::iterator held, Clock::duration pause) {
  const Assigned::Partition assigned = held->assigned;
  unclaimed_.push_back({assigned, Clock::now() + pause, std::move(held->trouble)});
  claims_.erase(held);
  return context_.reader.Pause(assigned.partition);
}

std::vector<Loader::Held>::iterator Loader::FindHeld(TopicPartition partition) {
  return std::find_if(claims_.begin(), claims_.end(),
                      [&](const Held& held) { return held.claim.partition == partition; });
}

/// Rolled back, or nobody knows: the claim made anew reads in the store where it stands.
Result<> Loader::GiveUpFailed(std::vector<Held>::iterator held, Error error) {
  HERDFLOW_CHECK(GiveUp(held, kNoWait));
  if (!IsRefusal(error)) return Fail(std::move(error));
  unclaimed_.back().trouble.until_stored = true;
  Halt(unclaimed_.back(), std::move(error));
  return {};
}

Result<std::int64_t> Loader::Store(const MessageBatch& batch) {
  const auto held = FindHeld(batch.from);
  if (held == claims_.end()) return 0;
  if (held->to_check) {
    if (auto conflict = ConflictOfLastMessage(batch.from, held->claim.last_offset,
                                              *held->claim.last_hash, batch.messages)) {
      HERDFLOW_CHECK(GiveUp(held, kNoWait));
      Halt(unclaimed_.back(), *std::move(conflict));
      return 0;
    }
    held->to_check = false;
    EndTrouble(batch.from, held->trouble);
  }
  Chunk chunk = ChunkOf(*held, batch);
  if (chunk.end > held->claim.next_offset) {
    auto stored = StoreChunk(*held, chunk);
    if (!stored) {
      HERDFLOW_CHECK(GiveUpFailed(held, std::move(stored).error()));
      return 0;
    }
    if (!*stored) {
      Log(LogLevel::kWarning, "load {}/{}: another owner has claimed the partition",
          Name(batch.from.topic), batch.from.partition);
      HERDFLOW_CHECK(GiveUp(held, PauseAfterFence(held->trouble.fenced++)));
      return 0;
    }
    held->trouble.until_stored = false;
    EndTrouble(batch.from, held->trouble);
    held->trouble = {};
    context_.reader.ReportLoaded(batch.from, held->claim.next_offset);
  }
  const auto loaded = static_cast<std::int64_t>(chunk.messages.size());
  const bool ask_again = !chunk.doubted.empty();
  held->doubted = std::move(chunk.doubted);
  if (ask_again) {
    HERDFLOW_CHECK(context_.reader.Start(batch.from, held->claim.next_offset));
  }
  return loaded;
}

std::vector<TopicPartition> Loader::checking() const {
  std::vector<TopicPartition> all;
  for (const Held& held : claims_) {
    if (held.to_check) all.push_back(held.claim.partition);
  }
  return all;
}

/// A reader cannot tell a message that it skipped from one that is not there. So it is asked twice:
/// the chunk ends before the first offset that was left out for the first time.
Loader::Chunk Loader::ChunkOf(const Held& held, const MessageBatch& batch) {
  const std::span<const Message> all(batch.messages);
  const auto first = std::find_if(all.begin(), all.end(), [&](const Message& message) {
    return message.offset >= held.claim.next_offset;
  });
  std::int64_t next = held.claim.next_offset;
  Chunk chunk;
  const auto leave_out_to = [&](std::int64_t end) {
    if (end <= next) return;
    const std::int64_t sure = chunk.doubted.empty() ? SureUpTo(held.doubted, {next, end}) : next;
    if (sure > next) chunk.left_out.push_back({next, sure});
    if (sure < end) chunk.doubted.push_back({sure, end});
  };
  std::size_t count = 0;
  for (auto message = first; message != all.end(); ++message) {
    leave_out_to(message->offset);
    next = message->offset + 1;
    if (chunk.doubted.empty()) ++count;
  }
  leave_out_to(batch.end);
  chunk.messages = std::span(first, count);
  chunk.end = chunk.doubted.empty() ? std::max(next, batch.end) : chunk.doubted.front().begin;
  return chunk;
}

Result<LeftOut> Loader::CountLeftOut(Held& held, const Chunk& chunk) {
  constexpr std::size_t kLooks = 8;  // One is as good as all but where the clock did not move.
  const TopicPartition partition = held.claim.partition;
  std::int64_t count = 0;
  auto message = chunk.messages.begin();
  Instant before = held.claim.last_hash ? FromMicros(held.claim.last_version) : Instant();
  for (std::size_t i = 0; i < chunk.left_out.size(); ++i) {
    OffsetRange range = chunk.left_out[i];
    count += range.end - range.begin;
    if (held.hides || i >= kLooks) continue;
    // What was left out before stands behind the last message as well.
    if (range.begin == held.claim.next_offset) range.begin = held.claim.last_offset + 1;
    for (; message != chunk.messages.end() && message->offset < range.begin; ++message) {
      before = message->broker_time;
    }
    HERDFLOW_ASSIGN(held.hides, context_.reader.Hides(partition, range, before));
  }
  if (held.hides) return LeftOut{.hidden = count};
  if (count != 0) {
    Log(LogLevel::kError, "load {}/{}: {} offsets are missing between {} and {}",
        Name(partition.topic), partition.partition, count, held.claim.next_offset, chunk.end);
  }
  return LeftOut{.holes = count};
}

Result<bool> Loader::StoreChunk(Held& held, const Chunk& chunk) {
  const PartitionClaim& claim = held.claim;
  PartitionClaim after = claim;
  after.next_offset = chunk.end;
  HERDFLOW_ASSIGN(const LeftOut left_out, CountLeftOut(held, chunk));
  std::vector<std::int64_t> versions;
  versions.reserve(chunk.messages.size());
  for (const Message& message : chunk.messages) {
    after.last_version = std::max(after.last_version + 1, ToMicros(message.broker_time));
    versions.push_back(after.last_version);
  }
  if (!chunk.messages.empty()) {
    const Message& last = chunk.messages.back();
    after.last_offset = last.offset;
    after.last_hash = HashOf(last.key, last.value);
  }
  BronzeRows rows(parser_, chunk.messages, std::move(versions));
  HERDFLOW_ASSIGN(const auto tx, context_.store.BeginLoad());
  HERDFLOW_ASSIGN(const bool mine, tx->Advance(claim, after, left_out));
  if (!mine) return false;
  HERDFLOW_CHECK(rows.Insert(*tx, claim));
  HERDFLOW_CHECK(tx->Commit());
  held.claim = after;
  return true;
}

}  // namespace herdflow::pipeline
