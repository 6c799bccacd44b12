#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "append_queue.hpp"
#include "checkpointer.hpp"
#include "event_rows.hpp"
#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/sqlite/write_turn.hpp"
#include "log_file.hpp"

namespace herdflow::log_sqlite {
namespace {

using pipeline::AppendOutcome;
using pipeline::Event;
using pipeline::Topic;

/// One transaction is short, so that other processes get their turn soon: some 30 ms of work.
constexpr std::size_t kMaxEventsACommit = 12'000;
constexpr std::size_t kMaxBytesACommit = std::size_t{4} << 20;
/// Many clients that each wait for their answer send again right after it. Without this moment the
/// first of them would have a sync of its own, and all others would wait for it.
constexpr std::chrono::microseconds kGather{100};
/// So long without work, the writer is idle.
constexpr std::chrono::milliseconds kIdle{100};
/// Between two looks whether the disk takes something again.
constexpr std::chrono::milliseconds kTryAgain{500};

std::size_t SizeOf(const Event& event) {
  std::size_t size = event.key.size() + event.value.size();
  for (const auto& header : event.headers) size += header.name.size() + header.value.size();
  return size;
}

/// Events of one batch that go into one transaction.
struct Slice {
  PendingBatch* batch;
  std::size_t begin, end;
};

/// Where a partition stands within the transaction at hand.
struct PartitionState {
  std::int64_t id = 0;
  std::int64_t next_offset = 0;
  bool changed = false;
};

class SqliteEventWriter : public pipeline::EventWriter {
 public:
  struct Parts {
    sqlite::Database database, for_checkpoints;
    sqlite::Statement partitions, advance;
    EventRows rows;
    sqlite::WriteTurn turn;
  };

  SqliteEventWriter(const SqliteLogOptions& options, Parts parts)
      : options_(options),
        patience_(options.busy_timeout),
        queue_(options),
        database_(std::move(parts.database)),
        partitions_(std::move(parts.partitions)),
        advance_(std::move(parts.advance)),
        rows_(std::move(parts.rows)),
        turn_(std::move(parts.turn)),
        checkpointer_(std::move(parts.for_checkpoints)),
        thread_([this] { Run(); }) {}

  ~SqliteEventWriter() override {
    queue_.Close();
    thread_.join();
  }

  void Append(Topic topic, pipeline::EventBatch batch, pipeline::Completion done) override {
    PendingBatch pending{.topic = topic, .events = std::move(batch), .done = std::move(done)};
    for (const auto& event : pending.events) pending.bytes += SizeOf(event);
    queue_.Put(std::move(pending));
  }

  Result<> Ready() override {
    const std::lock_guard lock(trouble_mutex_);
    return trouble_ ? Result<>(Fail(*trouble_)) : Result<>();
  }

 private:
  using TopicState = std::optional<std::vector<PartitionState>>;

  void Run();
  [[nodiscard]] std::size_t UndecidedEvents() const;
  void TellRefused();
  std::size_t TellDecided();
  void CutSlices();
  void Decide();
  void Note(const Result<>& committed);
  void TryAgain();
  Result<> Commit();
  Result<bool> Insert(const Slice& slice, Instant now);
  Result<> LoadPartitions(Topic topic);
  Result<> StorePartitions();

  const SqliteLogOptions options_;
  std::chrono::milliseconds patience_;
  AppendQueue queue_;
  sqlite::Database database_;
  sqlite::Statement partitions_, advance_;
  EventRows rows_;
  sqlite::WriteTurn turn_;
  Checkpointer checkpointer_;
  std::deque<PendingBatch> taken_;
  std::vector<Slice> slices_;  ///< Of what was taken: the next transaction.
  std::array<TopicState, pipeline::kAllTopics.size()> topics_;
  std::mutex trouble_mutex_;
  std::optional<Error> trouble_;  ///< Of the newest commit.
  std::chrono::steady_clock::time_point tried_{};
  std::thread thread_;  // Last: it uses everything above.
};

void SqliteEventWriter::Run() {
  for (;;) {
    const std::size_t held = UndecidedEvents();
    const bool more = queue_.Take(kMaxEventsACommit - std::min(held, kMaxEventsACommit),
                                  held == 0 ? kIdle : std::chrono::milliseconds(0), taken_);
    TellRefused();
    if (taken_.empty()) {
      if (!more) return;
      queue_.FreeSpent();
      TryAgain();
      checkpointer_.WhenIdle(database_);
      continue;
    }
    CutSlices();
    Decide();
    const std::size_t told = TellDecided();
    checkpointer_.AfterCommit(database_);
    if (told > 1 && taken_.empty()) queue_.Gather(told, kGather);
  }
}

std::size_t SqliteEventWriter::UndecidedEvents() const {
  std::size_t events = 0;
  for (const auto& batch : taken_) events += batch.events.size() - batch.decided;
  return events;
}

std::size_t SqliteEventWriter::TellDecided() {
  std::size_t told = 0, events = 0, bytes = 0;
  for (const auto& batch : taken_) {
    if (batch.decided < batch.events.size()) break;
    events += batch.events.size();
    bytes += batch.bytes;
    ++told;
  }
  // Before anybody is told: who sends again at once is to find room.
  queue_.Release(events, bytes);
  std::vector<pipeline::EventBatch> spent;
  for (std::size_t i = 0; i < told; ++i) {
    auto& batch = taken_.front();
    batch.done(std::move(batch.outcomes));
    spent.push_back(std::move(batch.events));
    taken_.pop_front();
  }
  queue_.Spend(std::move(spent));
  return told;
}

void SqliteEventWriter::TellRefused() {
  for (auto& batch : queue_.TakeRefused()) batch.done(std::move(batch.outcomes));
}

void SqliteEventWriter::CutSlices() {
  slices_.clear();
  std::size_t events = 0, bytes = 0;
  for (auto& batch : taken_) {
    batch.outcomes.resize(batch.events.size());
    Slice slice{&batch, batch.decided, batch.decided};
    while (slice.end < batch.events.size() && events < kMaxEventsACommit &&
           bytes < kMaxBytesACommit) {
      bytes += SizeOf(batch.events[slice.end++]);
      ++events;
    }
    slices_.push_back(slice);
    if (slice.end < batch.events.size()) break;
  }
}

/// Every event of the slices has its outcome afterwards.
void SqliteEventWriter::Decide() {
  auto committed = Commit();
  if (!committed && committed.error().code() == ErrorCode::kCorruptData) {
    committed = Fail(DamagedEnd(committed.error()));
  }
  Note(committed);
  // Who shuts down does not wait again and again for a lock that somebody keeps.
  if (!committed && queue_.closed()) patience_ = std::chrono::milliseconds(0);
  for (const auto& [batch, begin, end] : slices_) {
    batch->decided = end;
    if (committed) continue;
    const bool unknown = committed.error().code() == ErrorCode::kTimeout;
    for (std::size_t i = begin; i < end; ++i) {
      auto& outcome = batch->outcomes[i];
      if (outcome.kind == AppendOutcome::Kind::kRefused && outcome.error) continue;
      outcome = AppendOutcome();
      outcome.kind = unknown ? AppendOutcome::Kind::kUnknown : AppendOutcome::Kind::kRefused;
      outcome.error = committed.error().Because("appending to the log");
    }
  }
}

void SqliteEventWriter::Note(const Result<>& committed) {
  tried_ = std::chrono::steady_clock::now();
  const std::lock_guard lock(trouble_mutex_);
  if (committed) {
    trouble_.reset();
  } else {
    trouble_ = committed.error().Because("appending to the log");
  }
}

/// Who is told that this is not ready may send nothing more, so that only a commit of our own shows
/// that the log takes something again.
void SqliteEventWriter::TryAgain() {
  if (Ready() || std::chrono::steady_clock::now() - tried_ < kTryAgain) return;
  Note([this]() -> Result<> {
    HERDFLOW_ASSIGN(auto transaction, turn_.Begin(database_, kIdle, [] {}));
    HERDFLOW_CHECK(database_.Execute("UPDATE partitions SET next_offset = next_offset"));
    return transaction.Commit();
  }());
}

Result<> SqliteEventWriter::Commit() {
  HERDFLOW_ASSIGN(auto transaction, turn_.Begin(database_, patience_, [this] { TellRefused(); }));
  // Another process may have appended, or made a topic, since the last time.
  topics_.fill(std::nullopt);
  rows_.Begin();
  const Instant now = options_.clock();
  bool any = false;
  for (const auto& slice : slices_) {
    HERDFLOW_ASSIGN(const bool inserted, Insert(slice, now));
    any = any || inserted;
  }
  if (!any) return {};
  HERDFLOW_CHECK(rows_.Finish());
  HERDFLOW_CHECK(StorePartitions());
  return transaction.Commit();
}

/// Whether anything was inserted. Outcomes are those of the commit to come.
Result<bool> SqliteEventWriter::Insert(const Slice& slice, Instant now) {
  auto& state = topics_[static_cast<std::size_t>(slice.batch->topic)];
  if (!state) HERDFLOW_CHECK(LoadPartitions(slice.batch->topic));
  bool any = false;
  for (std::size_t i = slice.begin; i < slice.end; ++i) {
    const Event& event = slice.batch->events[i];
    auto& outcome = slice.batch->outcomes[i];
    if (state->empty()) {
      outcome.error =
          Error(ErrorCode::kNotFound, fmt::format("appending to the log: there is no topic {}",
                                                  pipeline::Name(slice.batch->topic)));
      continue;
    }
    if (const std::size_t size = SizeOf(event); size > options_.max_event_bytes) {
      outcome.error = Error(ErrorCode::kInvalidInput,
                            fmt::format("appending to the log: an event of {} bytes is larger "
                                        "than the limit of {}",
                                        size, options_.max_event_bytes));
      continue;
    }
    const auto number = pipeline::PartitionOf(event.key, static_cast<std::int32_t>(state->size()));
    auto& partition = (*state)[static_cast<std::size_t>(number)];
    HERDFLOW_CHECK(rows_.Add(Position(partition.id, partition.next_offset), now, event));
    outcome.kind = AppendOutcome::Kind::kDurable;
    outcome.partition = number;
    outcome.offset = partition.next_offset++;
    outcome.broker_time = now;
    partition.changed = any = true;
  }
  return any;
}

Result<> SqliteEventWriter::LoadPartitions(Topic topic) {
  auto& state = topics_[static_cast<std::size_t>(topic)].emplace();
  partitions_.Bind(1, pipeline::Name(topic));
  for (;;) {
    HERDFLOW_ASSIGN(const bool row, partitions_.Step());
    if (!row) return {};
    state.push_back({.id = partitions_.Int(0), .next_offset = partitions_.Int(1)});
  }
}

Result<> SqliteEventWriter::StorePartitions() {
  for (const auto& topic : topics_) {
    if (!topic) continue;
    for (const auto& partition : *topic) {
      if (!partition.changed) continue;
      HERDFLOW_CHECK(advance_.Bind(1, partition.next_offset).Bind(2, partition.id).Run());
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<pipeline::EventWriter>> MakeSqliteEventWriter(
    const SqliteLogOptions& options) {
  HERDFLOW_ASSIGN(auto database, OpenLog(options, /*checkpoints=*/false));
  HERDFLOW_ASSIGN(auto for_checkpoints, OpenLog(options));
  HERDFLOW_ASSIGN(auto partitions,
                  database.Prepare("SELECT p.id, p.next_offset FROM topics t "
                                   "JOIN partitions p ON p.topic_id = t.id WHERE t.name = ? "
                                   "ORDER BY p.partition"));
  HERDFLOW_ASSIGN(auto rows, EventRows::Prepare(database));
  HERDFLOW_ASSIGN(auto advance,
                  database.Prepare("UPDATE partitions SET next_offset = ? WHERE id = ?"));
  HERDFLOW_ASSIGN(auto turn, sqlite::WriteTurn::Open(LogPath(options)));
  database.SetBusyTimeout(std::chrono::milliseconds(0));  // The turn waits in its place.
  return std::make_unique<SqliteEventWriter>(
      options, SqliteEventWriter::Parts{std::move(database), std::move(for_checkpoints),
                                        std::move(partitions), std::move(advance), std::move(rows),
                                        std::move(turn)});
}

}  // namespace herdflow::log_sqlite
