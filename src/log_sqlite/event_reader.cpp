#include <algorithm>
#include <thread>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/sqlite/file_lock.hpp"
#include "log_file.hpp"
#include "read_ahead.hpp"

namespace herdflow::log_sqlite {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::Topic;
using pipeline::TopicPartition;

/// Between two looks for new messages, and for the end of the group's other reader.
constexpr std::chrono::milliseconds kLook{10};
/// Once nothing has come for so long, looks may be further apart: they are what an idle process
/// costs.
constexpr std::chrono::seconds kIdleAfter{5};
constexpr std::chrono::milliseconds kIdleLook{100};
constexpr std::chrono::milliseconds kLookForMembership{25};
/// Cows and sensors go first, but for one turn in so many.
constexpr int kTurnsInFront = 4;

struct PartitionState {
  TopicPartition partition;
  std::string stream_id;
  std::int64_t id = 0;
  std::int64_t end = 0;
  std::int64_t position = 0;
  bool assigned = false;
  bool started = false;
  bool seen = true;  ///< When the partitions were looked at last.

  [[nodiscard]] bool HasNews() const { return started && position < end; }
};

class SqliteEventReader : public pipeline::EventReader {
 public:
  struct Parts {
    sqlite::Database database;
    sqlite::Statement data_version, partitions;
    MessageQuery messages;
    sqlite::FileLock membership;
    std::unique_ptr<ReadAhead> ahead;
  };

  SqliteEventReader(std::vector<Topic> topics, bool past_damage, Parts parts)
      : topics_(std::move(topics)), past_damage_(past_damage), parts_(std::move(parts)) {}

  Result<pipeline::Polled> Poll(const pipeline::PollLimits& limits) override;
  Result<> Start(TopicPartition partition, std::int64_t offset) override;
  Result<> Pause(TopicPartition partition) override;
  Result<pipeline::OffsetRange> Range(TopicPartition partition) override;
  /// There are no transactions that others write.
  Result<bool> Hides(TopicPartition, pipeline::OffsetRange, Instant) override { return false; }
  /// Nobody looks for it here: `status` shows what the store says itself.
  void ReportLoaded(TopicPartition, std::int64_t) override {}

 private:
  bool Join(Clock::time_point deadline);
  Result<> Refresh();
  Result<> LookAtPartitions();
  pipeline::Assigned TakeAssigned();
  pipeline::Revoked TakeRevoked();
  Result<PartitionState*> FindAssigned(TopicPartition partition, std::string_view doing);
  PartitionState* Find(TopicPartition partition);
  PartitionState* Choose();
  Result<pipeline::MessageBatch> Read(PartitionState& state, const pipeline::PollLimits& limits);
  Result<Messages> ReadPastDamage(TopicPartition partition, Piece piece, const Error& error);
  Result<pipeline::Polled> Tell(TopicPartition partition, const Error& damage);

  const std::vector<Topic> topics_;
  const bool past_damage_;
  Parts parts_;
  bool member_ = false;
  std::int64_t seen_version_ = -1;  ///< Of the file, when the partitions were looked at.
  std::vector<PartitionState> partitions_;
  std::size_t last_chosen_ = 0;
  Clock::time_point news_at_ = Clock::now();  ///< When there was anything to read last.
  int turns_in_front_ = 0;
};

Result<pipeline::Polled> SqliteEventReader::Poll(const pipeline::PollLimits& limits) {
  const auto deadline = Clock::now() + limits.wait;
  if (!Join(deadline)) return pipeline::Idle{};
  for (;;) {
    HERDFLOW_CHECK(Refresh());
    if (auto revoked = TakeRevoked(); !revoked.partitions.empty()) return revoked;
    if (auto assigned = TakeAssigned(); !assigned.partitions.empty()) return assigned;
    if (auto* state = Choose()) {
      news_at_ = Clock::now();
      auto batch = Read(*state, limits);
      if (batch) return *std::move(batch);
      if (batch.error().code() != ErrorCode::kCorruptData) return Fail(std::move(batch).error());
      return Tell(state->partition, batch.error());
    }
    const auto left = deadline - Clock::now();
    if (left <= Clock::duration::zero()) return pipeline::Idle{};
    const bool is_idle = Clock::now() - news_at_ >= kIdleAfter;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, is_idle ? kIdleLook : kLook));
  }
}

bool SqliteEventReader::Join(Clock::time_point deadline) {
  while (!member_) {
    member_ = parts_.membership.TryLock();
    if (member_) break;
    const auto left = deadline - Clock::now();
    if (left <= Clock::duration::zero()) return false;
    std::this_thread::sleep_for(std::min<Clock::duration>(left, kLookForMembership));
  }
  return true;
}

Result<> SqliteEventReader::Start(TopicPartition partition, std::int64_t offset) {
  if (offset < 0) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the log: {} partition {} cannot be started at offset {}: offsets count "
                "from 0",
                pipeline::Name(partition.topic), partition.partition, offset);
  }
  HERDFLOW_ASSIGN(PartitionState * state, FindAssigned(partition, "started"));
  state->position = offset;
  state->started = true;
  return {};
}

Result<> SqliteEventReader::Pause(TopicPartition partition) {
  HERDFLOW_ASSIGN(PartitionState * state, FindAssigned(partition, "paused"));
  state->started = false;
  return {};
}

Result<pipeline::OffsetRange> SqliteEventReader::Range(TopicPartition partition) {
  HERDFLOW_CHECK(Refresh());
  HERDFLOW_ASSIGN(const PartitionState* state, FindAssigned(partition, "looked at"));
  return pipeline::OffsetRange{0, state->end};
}

Result<PartitionState*> SqliteEventReader::FindAssigned(TopicPartition partition,
                                                        std::string_view doing) {
  auto* state = Find(partition);
  if (state != nullptr && state->assigned) return state;
  return Fail(ErrorCode::kInvalidInput,
              "reading the log: {} partition {} cannot be {}: it is not assigned to this reader",
              pipeline::Name(partition.topic), partition.partition, doing);
}

/// Another process's commit changes the file's version: a look at shared memory, no query.
Result<> SqliteEventReader::Refresh() {
  HERDFLOW_ASSIGN(const bool row, parts_.data_version.Step());
  const std::int64_t version = row ? parts_.data_version.Int(0) : -1;
  parts_.data_version.Reset();
  if (version == seen_version_) return {};
  HERDFLOW_CHECK(LookAtPartitions());
  seen_version_ = version;
  return {};
}

Result<> SqliteEventReader::LookAtPartitions() {
  for (auto& state : partitions_) state.seen = false;
  auto& query = parts_.partitions;
  for (;;) {
    HERDFLOW_ASSIGN(const bool row, query.Step());
    if (!row) return {};
    const auto topic = pipeline::TopicNamed(query.Text(0));
    if (!topic || std::find(topics_.begin(), topics_.end(), *topic) == topics_.end()) continue;
    const TopicPartition partition{*topic, static_cast<std::int32_t>(query.Int(1))};
    // A topic made anew may have the ids of the old one.
    auto state = std::find_if(partitions_.begin(), partitions_.end(), [&](const auto& known) {
      return known.partition == partition && known.stream_id == query.Text(2);
    });
    if (state == partitions_.end()) {
      state = partitions_.insert(state, PartitionState{.partition = partition,
                                                       .stream_id = std::string(query.Text(2)),
                                                       .id = query.Int(3)});
    }
    state->seen = true;
    state->end = query.Int(4);
  }
}

/// A topic that was deleted is nobody's any more.
pipeline::Revoked SqliteEventReader::TakeRevoked() {
  pipeline::Revoked revoked;
  for (const auto& state : partitions_) {
    if (!state.seen && state.assigned) revoked.partitions.push_back(state.partition);
  }
  std::erase_if(partitions_, [](const auto& state) { return !state.seen; });
  return revoked;
}

pipeline::Assigned SqliteEventReader::TakeAssigned() {
  pipeline::Assigned assigned;
  for (auto& state : partitions_) {
    if (std::exchange(state.assigned, true)) continue;
    assigned.partitions.push_back({state.partition, state.stream_id});
  }
  return assigned;
}

PartitionState* SqliteEventReader::Find(TopicPartition partition) {
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const auto& state) { return state.partition == partition; });
  return found == partitions_.end() ? nullptr : &*found;
}

/// The next partition with news, in turns. Farms, cows and sensors before measurements: a reading
/// whose cow and sensor are known is judged once, another one twice.
PartitionState* SqliteEventReader::Choose() {
  PartitionState* front = nullptr;
  PartitionState* other = nullptr;
  for (std::size_t i = 1; i <= partitions_.size(); ++i) {
    auto& state = partitions_[(last_chosen_ + i) % partitions_.size()];
    if (!state.HasNews()) continue;
    auto*& choice = state.partition.topic == Topic::kMeasurements ? other : front;
    if (choice == nullptr) choice = &state;
  }
  const bool take_front = front != nullptr && (other == nullptr || turns_in_front_ < kTurnsInFront);
  turns_in_front_ = take_front ? turns_in_front_ + 1 : 0;
  auto* chosen = take_front ? front : other;
  if (chosen != nullptr) last_chosen_ = static_cast<std::size_t>(chosen - partitions_.data());
  return chosen;
}

Result<pipeline::MessageBatch> SqliteEventReader::Read(PartitionState& state,
                                                       const pipeline::PollLimits& limits) {
  const Piece piece{.partition_id = state.id,
                    .offset = state.position,
                    .end = state.end,
                    .max_messages = limits.max_messages,
                    .max_bytes = limits.max_bytes};
  auto ahead = parts_.ahead->Take(state.stream_id, piece);
  auto read = ahead ? *std::move(ahead) : parts_.messages.Read(piece);
  if (!read && past_damage_ && read.error().code() == ErrorCode::kCorruptData) {
    read = ReadPastDamage(state.partition, piece, read.error());
  }
  if (!read) return Fail(std::move(read).error());
  state.position = read->messages.empty() ? piece.end : read->messages.back().offset + 1;
  if (static_cast<std::size_t>(state.end - state.position) >= limits.max_messages / 2) {
    Piece next = piece;
    next.offset = state.position;
    parts_.ahead->Begin(state.stream_id, next);
  }
  return pipeline::MessageBatch{.from = state.partition,
                                .stream_id = state.stream_id,
                                .messages = std::move(read->messages),
                                .bytes = std::move(read->bytes),
                                .end = state.position};
}

/// From the first message behind the damage on; none where it goes on to the end.
Result<Messages> SqliteEventReader::ReadPastDamage(TopicPartition partition, Piece piece,
                                                   const Error& error) {
  const std::int64_t first = piece.offset;
  while (++piece.offset < piece.end) {
    auto read = parts_.messages.Read(piece);
    if (!read && read.error().code() == ErrorCode::kCorruptData) continue;
    if (read) {
      Log(LogLevel::kWarning, "log.db: {}/{}: left out on purpose, from offset {} to {}: {}",
          pipeline::Name(partition.topic), partition.partition, first, piece.offset - 1,
          error.message());
    }
    return read;
  }
  Log(LogLevel::kWarning,
      "log.db: {}/{}: left out on purpose, from offset {} to the end, {}: {}; if posts fail from "
      "now on, {}",
      pipeline::Name(partition.topic), partition.partition, first, piece.end - 1, error.message(),
      kGoOnWithANewLog);
  return Messages();
}

Result<pipeline::Polled> SqliteEventReader::Tell(TopicPartition partition, const Error& damage) {
  // Not where the topic was deleted between two looks.
  HERDFLOW_CHECK(LookAtPartitions());
  if (auto revoked = TakeRevoked(); !revoked.partitions.empty()) return revoked;
  auto* state = Find(partition);
  if (state == nullptr) return pipeline::Idle{};
  state->started = false;
  const Piece piece{.partition_id = state->id, .offset = state->position, .end = state->end};
  return pipeline::Damaged{partition, parts_.messages.WayOut(partition, piece, damage)};
}

bool IsGroupName(std::string_view group) {
  return !group.empty() && group.size() <= 64 &&
         std::all_of(group.begin(), group.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

}  // namespace

Result<std::unique_ptr<pipeline::EventReader>> MakeSqliteEventReader(
    const SqliteLogOptions& options, const std::string& group, std::vector<Topic> topics) {
  if (!IsGroupName(group)) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the log: \"{}\" is no name of a consumer group: 1 to 64 letters, digits, "
                "dots, underscores and hyphens",
                group);
  }
  HERDFLOW_ASSIGN(auto database, OpenLog(options));
  // Of a damaged page, most messages are whole: each has a checksum of its own.
  if (options.past_damage) database.ReadDamagedPages();
  HERDFLOW_ASSIGN(auto data_version, database.Prepare("PRAGMA data_version"));
  HERDFLOW_ASSIGN(auto partitions,
                  database.Prepare("SELECT t.name, p.partition, t.stream_id, p.id, p.next_offset "
                                   "FROM partitions p JOIN topics t ON t.id = p.topic_id "
                                   "ORDER BY p.id"));
  HERDFLOW_ASSIGN(auto messages, MessageQuery::Prepare(database));
  HERDFLOW_ASSIGN(auto for_ahead, OpenLog(options));
  if (options.past_damage) for_ahead.ReadDamagedPages();
  HERDFLOW_ASSIGN(auto ahead, ReadAhead::Make(std::move(for_ahead)));
  HERDFLOW_ASSIGN(auto membership, sqlite::FileLock::Open(LogPath(options) + "-group-" + group));
  return std::make_unique<SqliteEventReader>(
      std::move(topics), options.past_damage,
      SqliteEventReader::Parts{std::move(database), std::move(data_version), std::move(partitions),
                               std::move(messages), std::move(membership), std::move(ahead)});
}

}  // namespace herdflow::log_sqlite
