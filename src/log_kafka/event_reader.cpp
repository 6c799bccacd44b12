#include <algorithm>
#include <utility>

#include "client.hpp"
#include "herdflow/core/logging.hpp"
#include "offsets.hpp"
#include "partition_queue.hpp"
#include "returning_reader.hpp"

namespace herdflow::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::Topic;
using pipeline::TopicPartition;
using std::chrono::milliseconds;

/// What the driver holds at most of each partition, before a last fetch.
constexpr std::size_t kFetchedAhead = std::size_t{2} << 20;
/// The longest sleep between two looks, should a wake-up be lost.
constexpr milliseconds kLook{100};
/// How long the loader's thread, which has other partitions to look after, waits for an answer.
constexpr milliseconds kLongestQuestion{1'000};
constexpr std::chrono::seconds kBetweenCommits{1};
constexpr std::chrono::seconds kLeaveTimeout{5};

class KafkaEventReader : public pipeline::EventReader, private Listener {
 public:
  KafkaEventReader(const KafkaLogOptions& options, std::vector<Topic> topics)
      : options_(options), topics_(std::move(topics)) {}
  ~KafkaEventReader() override;

  /// As a member of the group.
  Result<> Join(const std::string& group);
  /// Of no group: the reader of these partitions.
  Result<> Take(const std::string& group, const std::vector<TopicPartition>& partitions);
  Result<pipeline::Polled> Poll(const pipeline::PollLimits& limits) override;
  Result<> Start(TopicPartition partition, std::int64_t offset) override;
  Result<> Pause(TopicPartition partition) override;
  Result<pipeline::OffsetRange> Range(TopicPartition partition) override;
  Result<bool> Hides(TopicPartition partition, pipeline::OffsetRange left_out,
                     Instant before) override;
  void ReportLoaded(TopicPartition partition, std::int64_t next_offset) override;

 private:
  void OnRebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t& partitions) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;

  Result<> Open(const std::string& group);
  void Serve();
  void TakeGroupError(const rd_kafka_message_t& message);
  void Give(const rd_kafka_topic_partition_list_t& partitions);
  void Leave();
  Result<std::optional<pipeline::Polled>> NextChange();
  Result<std::optional<pipeline::Polled>> NextAssigned();
  void ApplyStarts();
  PartitionState* Find(TopicPartition partition);
  Result<PartitionState*> FindAssigned(TopicPartition partition, std::string_view doing);
  std::optional<pipeline::MessageBatch> Read(PartitionState& state,
                                             const pipeline::PollLimits& limits);
  [[nodiscard]] milliseconds Patience() const {
    return std::min(options_.request_timeout, kLongestQuestion);
  }
  MessageHandle Next(PartitionState& state);
  void TakeReadError(PartitionState& state, const rd_kafka_message_t& message);
  void TellLoaded(bool now);

  const KafkaLogOptions options_;
  const std::vector<Topic> topics_;
  bool is_member_ = false;
  Bell bell_;
  Client client_;
  Queue changes_;  ///< Of the group.
  std::vector<PartitionState> partitions_;
  std::vector<TopicPartition> surrendered_;  ///< To be given to the owner anew.
  std::optional<Error> error_;
  bool starts_changed_ = false;
  bool group_takes_back_ = false;  ///< The owner is to be told.
  bool leave_next_ = false;        ///< The owner was told, and has had its time.
  bool closing_ = false;
  bool away_ = false;  ///< No broker was there, and nothing has come since.
  Turns turns_;
  Clock::time_point told_loaded_;
};

Result<> KafkaEventReader::Open(const std::string& group) {
  const Settings ours{
      {"group.id", group},
      // How soon another member goes on with the partitions of one that was killed.
      {"session.timeout.ms", "10000"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"isolation.level", "read_committed"},
      {"partition.assignment.strategy", "roundrobin"},
      {"fetch.wait.max.ms", "50"},
      {"fetch.error.backoff.ms", "100"},
      {"fetch.queue.backoff.ms", "10"},  // A partition whose queue was full: whether there is room.
      {"fetch.message.max.bytes", "1048576"},
      {"queued.min.messages", "1000000"},
      {"queued.max.messages.kbytes", std::to_string(kFetchedAhead / 1024)},
  };
  HERDFLOW_ASSIGN(client_, MakeClient(options_, RD_KAFKA_CONSUMER, ours, *this));
  rd_kafka_poll_set_consumer(client_.get());
  changes_.reset(rd_kafka_queue_get_consumer(client_.get()));
  bell_.Attach(changes_.get());
  return {};
}

Result<> KafkaEventReader::Join(const std::string& group) {
  HERDFLOW_CHECK(Open(group));
  is_member_ = true;
  const Partitions names(rd_kafka_topic_partition_list_new(static_cast<int>(topics_.size())));
  for (const Topic topic : topics_) {
    rd_kafka_topic_partition_list_add(names.get(), KafkaName(options_, topic).c_str(),
                                      RD_KAFKA_PARTITION_UA);
  }
  const auto error = rd_kafka_subscribe(client_.get(), names.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Fail(ToError(error, "joining the group " + group));
}

Result<> KafkaEventReader::Take(const std::string& group,
                                const std::vector<TopicPartition>& partitions) {
  HERDFLOW_CHECK(Open(group));
  const Partitions taken(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const TopicPartition partition : partitions) {
    rd_kafka_topic_partition_list_add(taken.get(), KafkaName(options_, partition.topic).c_str(),
                                      partition.partition);
  }
  Give(*taken);
  return {};
}

KafkaEventReader::~KafkaEventReader() {
  if (!client_) return;
  closing_ = true;
  Serve();
  if (!partitions_.empty()) Leave();
  const ErrorHandle error(rd_kafka_consumer_close_queue(client_.get(), changes_.get()));
  const auto deadline = Clock::now() + kLeaveTimeout;
  while (!error && rd_kafka_consumer_closed(client_.get()) == 0 && Clock::now() < deadline) {
    MessageHandle(rd_kafka_consumer_poll(client_.get(), static_cast<int>(kLook.count())));
  }
  const bool closed = rd_kafka_consumer_closed(client_.get()) != 0;
  Bell::Detach(changes_.get());
  changes_.reset();
  // The driver waits up to a session's time-out for a coordinator that is away. We do not.
  EndClient(client_.release(), closed ? kLongestEnd : std::chrono::seconds(0));
}

Result<pipeline::Polled> KafkaEventReader::Poll(const pipeline::PollLimits& limits) {
  const auto deadline = Clock::now() + limits.wait;
  if (leave_next_) Leave();
  for (;;) {
    Serve();
    HERDFLOW_ASSIGN(auto change, NextChange());
    if (change) return *std::move(change);
    ApplyStarts();
    while (auto* state = turns_.Choose(partitions_)) {
      if (auto batch = Read(*state, limits)) return *std::move(batch);
      if (!surrendered_.empty()) break;
    }
    TellLoaded(false);
    if (error_) return Fail(*std::exchange(error_, std::nullopt));
    const auto left = deadline - Clock::now();
    if (left <= Clock::duration::zero()) return pipeline::Idle{};
    bell_.Wait(std::min<Clock::duration>(left, kLook));
  }
}

/// What the group and the driver have to say: rebalances come as a callback out of here.
void KafkaEventReader::Serve() {
  while (!group_takes_back_) {
    const MessageHandle message(rd_kafka_consumer_poll(client_.get(), 0));
    if (!message) return;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) TakeGroupError(*message);
  }
}

void KafkaEventReader::TakeGroupError(const rd_kafka_message_t& message) {
  const std::string_view reason = rd_kafka_message_errstr(&message);
  if (IsForbidden(message.err)) {
    error_ = ToError(message.err, "reading the log", reason);
  } else if (CodeOf(message.err) == ErrorCode::kNotFound) {
    Log(LogLevel::kDebug, "reading the log: {}", reason);  // It is read as soon as it is made.
  } else {
    LogDriverLine(/*level=*/4, rd_kafka_err2name(message.err), reason);
  }
}

void KafkaEventReader::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) away_ = true;
  // One broker's: the others' partitions are read.
  if (IsRefusal(error, reason) && !IsForbidden(error)) LogRefusal(error, "reading the log", reason);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || IsForbidden(error) ||
      error == RD_KAFKA_RESP_ERR__FATAL) {
    error_ = ToError(error, fmt::format("reading the log from {}", options_.brokers), reason);
  }
}

void KafkaEventReader::OnRebalance(rd_kafka_resp_err_t what,
                                   rd_kafka_topic_partition_list_t& partitions) {
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    away_ = false;
    return Give(partitions);
  }
  // Some of them were never seen by the owner, who then has nothing to finish.
  const bool in_use = std::any_of(partitions_.begin(), partitions_.end(),
                                  [](const PartitionState& state) { return state.known; });
  if (closing_ || !in_use) return Leave();
  group_takes_back_ = true;
}

void KafkaEventReader::Give(const rd_kafka_topic_partition_list_t& partitions) {
  for (int i = 0; i < partitions.cnt; ++i) {
    const rd_kafka_topic_partition_t& given = partitions.elems[i];
    const auto topic = TopicOf(options_, given.topic);
    if (!topic) continue;
    PartitionState state;
    state.partition = {*topic, given.partition};
    state.kafka_name = given.topic;
    state.queue.reset(rd_kafka_queue_get_partition(client_.get(), given.topic, given.partition));
    rd_kafka_queue_forward(state.queue.get(), nullptr);  // Not into the one for all.
    bell_.Attach(state.queue.get());
    partitions_.push_back(std::move(state));
  }
  std::sort(partitions_.begin(), partitions_.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  const Partitions none(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(client_.get(), none.get());  // None of them is started.
}

/// Gives everything back to the group.
void KafkaEventReader::Leave() {
  leave_next_ = group_takes_back_ = starts_changed_ = false;
  TellLoaded(true);
  for (const auto& state : partitions_) Bell::Detach(state.queue.get());
  partitions_.clear();
  surrendered_.clear();
  rd_kafka_assign(client_.get(), nullptr);
}

Result<std::optional<pipeline::Polled>> KafkaEventReader::NextChange() {
  pipeline::Revoked revoked;
  if (group_takes_back_) {
    for (const auto& state : partitions_) {
      if (state.known) revoked.partitions.push_back(state.partition);
    }
    group_takes_back_ = false;
    leave_next_ = true;
    return revoked;
  }
  if (!surrendered_.empty()) {
    revoked.partitions = std::exchange(surrendered_, {});
    return revoked;
  }
  return NextAssigned();
}

Result<std::optional<pipeline::Polled>> KafkaEventReader::NextAssigned() {
  pipeline::Assigned assigned;
  for (auto& state : partitions_) {
    if (state.known) continue;
    HERDFLOW_ASSIGN(state.stream_id,
                    StreamId(client_.get(), options_, state.partition.topic, Patience()));
    assigned.partitions.push_back({state.partition, state.stream_id});
  }
  if (assigned.partitions.empty()) return std::optional<pipeline::Polled>();
  for (auto& state : partitions_) state.known = true;
  return assigned;
}

Result<> KafkaEventReader::Start(TopicPartition partition, std::int64_t offset) {
  if (offset < 0) {
    return Fail(ErrorCode::kInvalidInput,
                "reading the log: {} partition {} cannot be started at offset {}: offsets count "
                "from 0",
                pipeline::Name(partition.topic), partition.partition, offset);
  }
  HERDFLOW_ASSIGN(PartitionState * state, FindAssigned(partition, "started"));
  state->next.reset();
  state->position = offset;
  state->ended = 0;
  state->started = true;
  starts_changed_ = true;
  return {};
}

Result<> KafkaEventReader::Pause(TopicPartition partition) {
  HERDFLOW_ASSIGN(PartitionState * state, FindAssigned(partition, "paused"));
  if (std::exchange(state->started, false)) starts_changed_ = true;
  state->next.reset();
  return {};
}

/// One new assignment at the driver for all starts since the last poll. It begins at the positions
/// of the owner, and whatever was fetched before it is outdated: no seek can lose that race.
void KafkaEventReader::ApplyStarts() {
  if (!std::exchange(starts_changed_, false)) return;
  const Partitions started(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (auto& state : partitions_) {
    state.next.reset();
    if (!state.started) continue;
    rd_kafka_topic_partition_list_add(started.get(), state.kafka_name.c_str(),
                                      state.partition.partition)
        ->offset = state.position;
  }
  const auto error = rd_kafka_assign(client_.get(), started.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) error_ = ToError(error, "reading the log");
}

Result<pipeline::OffsetRange> KafkaEventReader::Range(TopicPartition partition) {
  HERDFLOW_ASSIGN(const PartitionState* state, FindAssigned(partition, "looked at"));
  return AskRange(client_.get(), state->kafka_name, partition.partition, Patience());
}

/// The driver passes over markers and aborted messages without a word. The broker finds what stands
/// in a partition by its time, and nothing in a hole.
Result<bool> KafkaEventReader::Hides(TopicPartition partition, pipeline::OffsetRange left_out,
                                     Instant before) {
  HERDFLOW_ASSIGN(const PartitionState* state, FindAssigned(partition, "looked at"));
  HERDFLOW_ASSIGN(
      const std::int64_t offset,
      AskOffsetAfter(client_.get(), state->kafka_name, partition.partition, before, Patience()));
  return left_out.begin <= offset && offset < left_out.end;
}

PartitionState* KafkaEventReader::Find(TopicPartition partition) {
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const auto& state) { return state.partition == partition; });
  return found == partitions_.end() ? nullptr : &*found;
}

Result<PartitionState*> KafkaEventReader::FindAssigned(TopicPartition partition,
                                                       std::string_view doing) {
  auto* state = Find(partition);
  if (state != nullptr && state->known) return state;
  return Fail(ErrorCode::kInvalidInput,
              "reading the log: {} partition {} cannot be {}: it is not assigned to this reader",
              pipeline::Name(partition.topic), partition.partition, doing);
}

/// Message by message: the driver's batch calls leave out offsets around a change of position.
std::optional<pipeline::MessageBatch> KafkaEventReader::Read(PartitionState& state,
                                                             const pipeline::PollLimits& limits) {
  KeptMessages kept(state.partition, state.stream_id);
  const std::int64_t from = state.position;
  std::size_t bytes = 0;
  while (kept.count() < std::max<std::size_t>(limits.max_messages, 1)) {
    MessageHandle message = Next(state);
    if (!message) break;
    const std::size_t size = message->key_len + message->len;
    if (kept.count() > 0 && bytes + size > limits.max_bytes) {
      state.next = std::move(message);
      break;
    }
    bytes += size;
    state.position = message->offset + 1;
    kept.Add(std::move(message));
  }
  state.position = std::max(state.position, state.ended);
  if (state.position == from) return std::nullopt;
  away_ = false;
  return kept.Take(state.position);
}

MessageHandle KafkaEventReader::Next(PartitionState& state) {
  if (state.next) return std::move(state.next);
  while (state.started) {
    MessageHandle message(rd_kafka_consume_queue(state.queue.get(), 0));
    if (!message) return message;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      state.ended = message->offset;
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      TakeReadError(state, *message);
    } else if (message->offset >= state.position) {
      return message;
    }
  }
  return {};
}

void KafkaEventReader::TakeReadError(PartitionState& state, const rd_kafka_message_t& message) {
  const std::string_view reason = rd_kafka_message_errstr(&message);
  if (message.err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
      message.err != RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
    return TakeGroupError(message);
  }
  // The log has lost what was to be read. The owner compares it with the store, and decides.
  Log(LogLevel::kWarning, "reading the log: {} partition {} has no offset {} any more: {}",
      state.kafka_name, state.partition.partition, state.position, reason);
  state.started = state.known = false;
  starts_changed_ = true;
  surrendered_.push_back(state.partition);
}

void KafkaEventReader::ReportLoaded(TopicPartition partition, std::int64_t next_offset) {
  if (auto* state = Find(partition)) state->loaded = next_offset;
}

/// Not while the brokers are away: the driver would keep it, and wait for its end. Only a member
/// may.
void KafkaEventReader::TellLoaded(bool now) {
  if (!is_member_ || away_ || (!now && Clock::now() - told_loaded_ < kBetweenCommits)) return;
  told_loaded_ = Clock::now();
  const Partitions loaded(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (auto& state : partitions_) {
    if (state.loaded < 0) continue;
    rd_kafka_topic_partition_list_add(loaded.get(), state.kafka_name.c_str(),
                                      state.partition.partition)
        ->offset = std::exchange(state.loaded, -1);
  }
  if (loaded->cnt > 0) rd_kafka_commit(client_.get(), loaded.get(), /*async=*/1);
}

}  // namespace

Result<std::unique_ptr<pipeline::EventReader>> MakeKafkaEventReader(
    const KafkaLogOptions& options, const std::string& group, std::vector<Topic> topics,
    const std::vector<TopicPartition>& left_behind) {
  if (group.empty()) {
    return Fail(ErrorCode::kInvalidInput, "reading the log: the consumer group has no name");
  }
  auto member = std::make_unique<KafkaEventReader>(options, topics);
  HERDFLOW_CHECK(member->Join(group));
  if (left_behind.empty()) return member;
  auto early = std::make_unique<KafkaEventReader>(options, std::move(topics));
  HERDFLOW_CHECK(early->Take(group, left_behind));
  return std::make_unique<ReturningReader>(std::move(member), std::move(early), left_behind);
}

}  // namespace herdflow::log_kafka
