#include <algorithm>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/pipeline/bronze_codec.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

/// Messages a transaction of the loader.
constexpr std::size_t kMaxMessages = 20'000;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr std::chrono::milliseconds kRetryPause{500};

/// Fills what every bronze row has.
void FillMessage(const Message& message, std::int64_t version, BronzeMessage& row) {
  row.offset = message.offset;
  row.version = version;
  row.received_at = message.broker_time;
  row.key = message.key;
  row.payload = message.value;
  row.headers = EncodeHeaders(message.headers);
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

/// The first message of the batch must be the one that was loaded last.
Result<> CheckLastMessage(const PartitionClaim& claim, const MessageBatch& batch) {
  const Message& first = batch.messages.front();
  if (first.offset == claim.next_offset - 1 && HashOf(first.key, first.value) == claim.last_hash) {
    return {};
  }
  return Fail(ErrorCode::kConflict,
              "loading {}/{}: the log's message at offset {} is not the one that was loaded last; "
              "the log was restored from another copy: bring back the log.db that belongs to this "
              "store.db, or move store.db away to load this log",
              Name(claim.partition.topic), claim.partition.partition, claim.next_offset - 1);
}

}  // namespace

Result<std::int64_t> Loader::Step(std::chrono::milliseconds wait) {
  HERDFLOW_CHECK(ClaimAgain());
  HERDFLOW_ASSIGN(const Polled polled, context_.reader.Poll({kMaxMessages, kMaxBytes, wait}));
  if (const auto* assigned = std::get_if<Assigned>(&polled)) {
    for (const auto& partition : assigned->partitions) unclaimed_.push_back(partition);
    HERDFLOW_CHECK(ClaimAgain());
  } else if (const auto* revoked = std::get_if<Revoked>(&polled)) {
    for (const TopicPartition& partition : revoked->partitions) Drop(partition);
  } else if (const auto* batch = std::get_if<MessageBatch>(&polled)) {
    return Store(*batch);
  }
  return 0;
}

Result<> Loader::ClaimAgain() {
  while (!unclaimed_.empty()) {
    const Assigned::Partition& partition = unclaimed_.back();
    HERDFLOW_ASSIGN(PartitionClaim claim, context_.store.Claim(partition, context_.owner));
    // From the last loaded message on, which tells whether this is still the same log.
    const bool check = claim.last_hash && claim.next_offset > partition.begin;
    HERDFLOW_CHECK(context_.reader.Start(partition.partition, claim.next_offset - (check ? 1 : 0)));
    claims_.push_back({partition, claim, check});
    unclaimed_.pop_back();
  }
  return {};
}

void Loader::Drop(TopicPartition partition) {
  std::erase_if(claims_, [&](const Held& held) { return held.claim.partition == partition; });
  std::erase_if(unclaimed_, [&](const auto& other) { return other.partition == partition; });
}

Result<std::int64_t> Loader::Store(const MessageBatch& batch) {
  const auto held = std::find_if(claims_.begin(), claims_.end(), [&](const Held& candidate) {
    return candidate.claim.partition == batch.from;
  });
  if (held == claims_.end()) return 0;
  if (held->to_check) {
    if (auto same = CheckLastMessage(held->claim, batch); !same) {
      unclaimed_.push_back(held->assigned);
      claims_.erase(held);
      return Fail(std::move(same).error());
    }
    held->to_check = false;
  }
  const auto loaded = std::count_if(
      batch.messages.begin(), batch.messages.end(),
      [from = held->claim.next_offset](const Message& message) { return message.offset >= from; });
  auto stored = StoreChunk(held->claim, batch);
  if (!stored || !*stored) {
    // Rolled back, or nobody knows: the claim made anew reads in the store where it stands.
    if (stored) {
      Log(LogLevel::kWarning, "load {}/{}: another owner has claimed the partition",
          Name(batch.from.topic), batch.from.partition);
    }
    Assigned::Partition partition = held->assigned;
    partition.end = std::max(partition.end, batch.messages.back().offset + 1);
    claims_.erase(held);
    unclaimed_.push_back(partition);
    if (!stored) return Fail(std::move(stored).error());
    return 0;
  }
  return loaded;
}

bool Loader::IsChecking() const {
  return std::any_of(claims_.begin(), claims_.end(),
                     [](const Held& held) { return held.to_check; });
}

Result<bool> Loader::StoreChunk(PartitionClaim& claim, const MessageBatch& batch) {
  const auto first =
      std::find_if(batch.messages.begin(), batch.messages.end(),
                   [&](const Message& message) { return message.offset >= claim.next_offset; });
  if (first == batch.messages.end()) return true;

  PartitionClaim after = claim;
  const auto count = batch.messages.end() - first;
  after.next_offset = batch.messages.back().offset + 1;
  const std::int64_t holes = after.next_offset - claim.next_offset - count;
  if (holes != 0) {
    Log(LogLevel::kError, "load {}/{}: {} offsets are missing between {} and {}",
        Name(batch.from.topic), batch.from.partition, holes, claim.next_offset, after.next_offset);
  }
  std::vector<std::int64_t> versions;
  versions.reserve(static_cast<std::size_t>(count));
  for (auto message = first; message != batch.messages.end(); ++message) {
    after.last_version = std::max(after.last_version + 1, ToMicros(message->broker_time));
    versions.push_back(after.last_version);
  }
  const MessageHash last_hash = HashOf(batch.messages.back().key, batch.messages.back().value);
  HERDFLOW_ASSIGN(const auto tx, context_.store.BeginLoad());
  HERDFLOW_ASSIGN(const bool mine,
                  tx->Advance(claim, after.next_offset, after.last_version, holes, last_hash));
  if (!mine) return false;
  BronzeWriter writer(*tx, parser_);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    HERDFLOW_CHECK(writer.Write(claim, first[static_cast<std::ptrdiff_t>(i)], versions[i]));
  }
  HERDFLOW_CHECK(tx->Commit());
  after.last_hash = last_hash;
  claim = after;
  return true;
}

namespace {

using TopicEnds = std::vector<TopicDescription>;

/// The store must not stand beyond the log, nor on another log of the same topics: where it does,
/// the log was lost or exchanged, and "nothing left to load" would be a lie.
Result<> CheckSameLog(const TopicEnds& ends, const std::vector<PartitionProgress>& stands) {
  for (const PartitionProgress& at : stands) {
    const auto topic = std::find_if(ends.begin(), ends.end(), [&](const TopicDescription& other) {
      return other.stream_id == at.stream_id;
    });
    const bool holds =
        topic != ends.end() &&
        std::any_of(topic->partitions.begin(), topic->partitions.end(), [&](const auto& other) {
          return other.partition == at.partition && other.end >= at.next_offset;
        });
    if (!holds) {
      return Fail(ErrorCode::kConflict,
                  "loading {}/{}: the store has loaded {} messages of the log {}, which this log "
                  "does not hold; bring back the log.db that belongs to this store.db, or move "
                  "store.db away to load this log",
                  at.topic, at.partition, at.next_offset - at.first_offset, at.stream_id);
    }
  }
  return {};
}

bool IsLoaded(const TopicEnds& ends, const std::vector<PartitionProgress>& stands) {
  const auto is_loaded = [&](const TopicDescription& topic,
                             const TopicDescription::Partition& partition) {
    return partition.end == partition.begin ||
           std::any_of(stands.begin(), stands.end(), [&](const PartitionProgress& at) {
             return at.stream_id == topic.stream_id && at.partition == partition.partition &&
                    at.next_offset >= partition.end;
           });
  };
  return std::all_of(ends.begin(), ends.end(), [&](const TopicDescription& topic) {
    return std::all_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](const auto& partition) { return is_loaded(topic, partition); });
  });
}

bool IsPassing(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout;
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
  // In this order, so that a log which goes on meanwhile is never behind.
  HERDFLOW_ASSIGN(const auto before, queries.ReadProgress());
  HERDFLOW_ASSIGN(const TopicEnds ends, topics.List());
  HERDFLOW_CHECK(CheckSameLog(ends, before));
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
    HERDFLOW_ASSIGN(const std::vector<PartitionProgress> stands, queries.ReadProgress());
    if (IsLoaded(ends, stands) && !loader.IsChecking()) break;
    watch.Look(stands);
  }
  return loaded;
}

}  // namespace herdflow::pipeline
