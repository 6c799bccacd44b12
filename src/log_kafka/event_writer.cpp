#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "client.hpp"
#include "herdflow/core/logging.hpp"

namespace herdflow::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::AppendOutcome;
using pipeline::Event;
using pipeline::Topic;
using std::chrono::milliseconds;

constexpr std::string_view kDoing = "appending to the log";
constexpr milliseconds kIdle{100};
constexpr milliseconds kBetweenQuestions{10};
/// One question about a topic; the thread that asks tells no outcomes meanwhile.
constexpr milliseconds kLook{500};

/// One call of Append. The events stay where they are until the last of them has its outcome: the
/// driver keeps no copy of a value.
struct PendingBatch {
  PendingBatch(Topic to, pipeline::EventBatch batch, pipeline::Completion completion,
               Clock::time_point until)
      : topic(to),
        events(std::move(batch)),
        done(std::move(completion)),
        deadline(until),
        outcomes(events.size()),
        owners(events.size(), this),
        undecided(events.size() + 1) {}

  void Refuse(std::size_t index, Error error) {
    outcomes[index].kind = AppendOutcome::Kind::kRefused;
    outcomes[index].error = std::move(error);
    --undecided;
  }
  void RefuseFrom(std::size_t index, const Error& error) {
    for (; index < events.size(); ++index) Refuse(index, error);
  }

  const Topic topic;
  const pipeline::EventBatch events;
  const pipeline::Completion done;
  const Clock::time_point deadline;
  std::vector<AppendOutcome> outcomes;
  /// An event's tag at the driver is the address of its place here: it tells batch and index.
  std::vector<PendingBatch*> owners;
  /// Events without an outcome, and one for the thread that hands them to the driver.
  std::atomic<std::size_t> undecided;
};
using Pending = std::unique_ptr<PendingBatch>;

/// The driver's producer, with handles of the topics.
struct Producer {
  Client client;
  std::array<TopicHandle, pipeline::kAllTopics.size()> topics;
  Queue events;  ///< What the poll waits for.
};

class KafkaEventWriter : public pipeline::EventWriter, private Listener {
 public:
  explicit KafkaEventWriter(const KafkaLogOptions& options) : options_(options) {}
  ~KafkaEventWriter() override;

  Result<> Open();
  void Append(Topic topic, pipeline::EventBatch batch, pipeline::Completion done) override;

 private:
  struct TopicState {
    /// 0: nobody knows. Everything then waits in its order until the brokers have told.
    std::int32_t partitions = 0;
    std::atomic<bool> outdated = false;
    std::deque<Pending> waiting;
  };

  void OnDelivery(const rd_kafka_message_t& message) override;
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;

  Result<Producer> MakeProducer();
  TopicState& StateOf(Topic topic) { return topics_[static_cast<std::size_t>(topic)]; }
  rd_kafka_topic_t* HandleOf(Topic topic) {
    return producer_.topics[static_cast<std::size_t>(topic)].get();
  }
  void Produce(Pending pending, TopicState& state);
  rd_kafka_resp_err_t ProduceOne(PendingBatch& batch, std::size_t index, std::int32_t partitions);
  void Wait(Pending pending, TopicState& state);
  void HandOver(PendingBatch* finished);

  void Run();
  void TellFinished();
  void Finish(PendingBatch* batch);
  [[nodiscard]] bool MustLookAt(const TopicState& state, bool due);
  void LookAt(Topic topic);
  void RefuseWaiting(Topic topic, const Error& error, bool all);
  void Renew();
  [[nodiscard]] Error ErrorOf(const rd_kafka_message_t& message, Topic topic) const;
  [[nodiscard]] Error Explain(rd_kafka_resp_err_t error, Topic topic) const;

  const KafkaLogOptions options_;
  /// Shared to use the producer and what is known of topics, alone to change them.
  std::shared_mutex mutex_;
  Producer producer_;
  std::array<TopicState, pipeline::kAllTopics.size()> topics_;
  std::atomic<std::size_t> waiting_events_ = 0;

  std::mutex finished_mutex_;
  std::vector<PendingBatch*> finished_;
  std::atomic<std::size_t> pending_batches_ = 0;
  std::atomic<bool> closing_ = false;
  bool fatal_ = false;  ///< The poll thread's.
  std::thread thread_;
};

KafkaEventWriter::~KafkaEventWriter() {
  if (!thread_.joinable()) return;
  {
    const std::shared_lock lock(mutex_);
    closing_ = true;
    rd_kafka_queue_yield(producer_.events.get());
  }
  thread_.join();
}

Result<> KafkaEventWriter::Open() {
  HERDFLOW_ASSIGN(producer_, MakeProducer());
  thread_ = std::thread([this] { Run(); });
  return {};
}

Result<Producer> KafkaEventWriter::MakeProducer() {
  constexpr std::size_t kKilobyte = 1024;
  const Settings ours{
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"partitioner", "murmur2"},
      {"linger.ms", "0"},
      {"batch.size", "1000000"},
      {"compression.type", "lz4"},
      {"message.timeout.ms", std::to_string(options_.message_timeout.count())},
      {"queue.buffering.max.messages", std::to_string(options_.max_queued_events)},
      {"queue.buffering.max.kbytes",
       std::to_string(std::max<std::size_t>(options_.max_queued_bytes / kKilobyte, 1))},
  };
  Producer producer;
  HERDFLOW_ASSIGN(producer.client, MakeClient(options_, RD_KAFKA_PRODUCER, ours, *this));
  for (const Topic topic : pipeline::kAllTopics) {
    producer.topics[static_cast<std::size_t>(topic)].reset(
        rd_kafka_topic_new(producer.client.get(), KafkaName(options_, topic).c_str(), nullptr));
  }
  producer.events.reset(rd_kafka_queue_get_main(producer.client.get()));
  return producer;
}

void KafkaEventWriter::Append(Topic topic, pipeline::EventBatch batch, pipeline::Completion done) {
  ++pending_batches_;
  auto pending = std::make_unique<PendingBatch>(topic, std::move(batch), std::move(done),
                                                Clock::now() + options_.message_timeout);
  TopicState& state = StateOf(topic);
  {
    const std::shared_lock lock(mutex_);
    if (state.partitions > 0) return Produce(std::move(pending), state);
  }
  const std::unique_lock lock(mutex_);
  if (state.partitions > 0) return Produce(std::move(pending), state);
  Wait(std::move(pending), state);
}

/// Hands the events to the driver. REQUIRES: the lock, shared at least.
void KafkaEventWriter::Produce(Pending pending, TopicState& state) {
  PendingBatch* batch = pending.release();  // The last outcome frees it.
  for (std::size_t i = 0; i < batch->events.size(); ++i) {
    const auto error = ProduceOne(*batch, i, state.partitions);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (CodeOf(error) == ErrorCode::kInvalidInput) {
      batch->Refuse(i, Explain(error, batch->topic));
      continue;
    }
    // What comes after it would overtake it.
    if (CodeOf(error) == ErrorCode::kNotFound) {
      state.outdated = true;
      batch->RefuseFrom(i, Error(ErrorCode::kUnavailable,
                                 fmt::format("{}: topic {} is being changed; send again", kDoing,
                                             KafkaName(options_, batch->topic))));
    } else {
      batch->RefuseFrom(i, Explain(error, batch->topic));
    }
    break;
  }
  if (--batch->undecided == 0) HandOver(batch);
}

rd_kafka_resp_err_t KafkaEventWriter::ProduceOne(PendingBatch& batch, std::size_t index,
                                                 std::int32_t partitions) {
  const Event& event = batch.events[index];
  // The partition is given: with headers and no partition, some versions of the driver free the
  // headers twice where it is refused. An empty key needs an address, else it would be none.
  const std::int32_t partition = pipeline::PartitionOf(event.key, partitions);
  rd_kafka_headers_t* headers = nullptr;
  if (!event.headers.empty()) {
    headers = rd_kafka_headers_new(event.headers.size());
    for (const auto& header : event.headers) {
      rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                          header.value.data(), static_cast<ssize_t>(header.value.size()));
    }
  }
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = HandleOf(batch.topic);
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  parts[2].u.mem = {const_cast<char*>(event.key.data()), event.key.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {const_cast<char*>(event.value.data()), event.value.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  parts[4].u.ptr = &batch.owners[index];
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = headers;
  const ErrorHandle error(rd_kafka_produceva(producer_.client.get(), parts.data(),
                                             headers == nullptr ? parts.size() - 1 : parts.size()));
  if (!error) return RD_KAFKA_RESP_ERR_NO_ERROR;
  if (headers != nullptr) rd_kafka_headers_destroy(headers);
  return rd_kafka_error_code(error.get());
}

/// REQUIRES: the lock.
void KafkaEventWriter::Wait(Pending pending, TopicState& state) {
  const std::size_t events = pending->events.size();
  if (waiting_events_ + events > options_.max_queued_events && waiting_events_ > 0) {
    pending->RefuseFrom(0, Explain(RD_KAFKA_RESP_ERR__QUEUE_FULL, pending->topic));
    --pending->undecided;
    HandOver(pending.release());
    return;
  }
  waiting_events_ += events;
  state.waiting.push_back(std::move(pending));
  rd_kafka_queue_yield(producer_.events.get());
}

/// To the thread that calls completions. REQUIRES: the lock, shared at least.
void KafkaEventWriter::HandOver(PendingBatch* finished) {
  {
    const std::lock_guard lock(finished_mutex_);
    finished_.push_back(finished);
  }
  rd_kafka_queue_yield(producer_.events.get());
}

void KafkaEventWriter::OnDelivery(const rd_kafka_message_t& message) {
  auto** place = static_cast<PendingBatch**>(message._private);
  PendingBatch* batch = *place;
  const auto index = static_cast<std::size_t>(place - batch->owners.data());
  AppendOutcome& outcome = batch->outcomes[index];
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset >= 0) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    outcome.kind = AppendOutcome::Kind::kDurable;
    outcome.partition = message.partition;
    outcome.offset = message.offset;
    outcome.broker_time = Instant(milliseconds(rd_kafka_message_timestamp(&message, &type)));
  } else {
    const bool not_there = rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
    outcome.kind = not_there ? AppendOutcome::Kind::kRefused : AppendOutcome::Kind::kUnknown;
    outcome.error = ErrorOf(message, batch->topic);
    if (outcome.error->code() == ErrorCode::kNotFound) StateOf(batch->topic).outdated = true;
  }
  if (--batch->undecided == 0) Finish(batch);
}

void KafkaEventWriter::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) fatal_ = true;
  Log(LogLevel::kDebug, "{}: {}", kDoing, reason);
}

/// Every completion is called here, by the thread that polls, which holds no lock.
void KafkaEventWriter::Finish(PendingBatch* batch) {
  const Pending owned(batch);
  owned->done(std::move(owned->outcomes));
  --pending_batches_;
}

void KafkaEventWriter::TellFinished() {
  std::vector<PendingBatch*> finished;
  {
    const std::lock_guard lock(finished_mutex_);
    finished.swap(finished_);
  }
  for (PendingBatch* batch : finished) Finish(batch);
}

void KafkaEventWriter::Run() {
  auto next_look = Clock::now() + options_.metadata_interval;
  while (!closing_ || pending_batches_ > 0) {
    const auto wait = waiting_events_ > 0 ? kBetweenQuestions : kIdle;
    rd_kafka_poll(producer_.client.get(), static_cast<int>(wait.count()));
    TellFinished();
    if (fatal_) Renew();
    const bool due = Clock::now() >= next_look;
    if (due) next_look = Clock::now() + options_.metadata_interval;
    for (const Topic topic : pipeline::kAllTopics) {
      if (MustLookAt(StateOf(topic), due)) LookAt(topic);
    }
  }
}

bool KafkaEventWriter::MustLookAt(const TopicState& state, bool due) {
  const std::shared_lock lock(mutex_);
  return !state.waiting.empty() || (state.partitions > 0 && (due || state.outdated));
}

void KafkaEventWriter::LookAt(Topic topic) {
  TopicState& state = StateOf(topic);
  state.outdated = false;
  const auto known = TopicMetadata::Ask(producer_.client.get(), HandleOf(topic), kLook);
  const std::unique_lock lock(mutex_);
  if (known) {
    state.partitions = known->partitions();
    for (; !state.waiting.empty(); state.waiting.pop_front()) {
      waiting_events_ -= state.waiting.front()->events.size();
      Produce(std::move(state.waiting.front()), state);
    }
    return;
  }
  const Error& error = known.error();
  const bool is_answer = error.code() != ErrorCode::kUnavailable;
  if (is_answer) state.partitions = 0;
  // What only the operator can mend is no fault of the event's.
  const bool forbidden = error.code() == ErrorCode::kInvalidInput;
  RefuseWaiting(
      topic,
      Error(forbidden ? ErrorCode::kUnavailable : error.code(), error.Because(kDoing).message()),
      is_answer);
}

/// All that wait for the topic, or those whose time is over. REQUIRES: the lock, alone.
void KafkaEventWriter::RefuseWaiting(Topic topic, const Error& error, bool all) {
  TopicState& state = StateOf(topic);
  const auto now = Clock::now();
  while (!state.waiting.empty() && (all || state.waiting.front()->deadline <= now)) {
    Pending pending = std::move(state.waiting.front());
    state.waiting.pop_front();
    waiting_events_ -= pending->events.size();
    pending->RefuseFrom(0, error);
    --pending->undecided;
    HandOver(pending.release());
  }
}

/// After a fatal error, which the driver cannot mend: a new producer takes what comes from now on.
void KafkaEventWriter::Renew() {
  fatal_ = false;
  auto made = MakeProducer();
  if (!made) return;  // The settings were good before: memory or threads are short. Later, then.
  Producer old = std::move(*made);
  {
    const std::unique_lock lock(mutex_);
    std::swap(producer_, old);
  }
  Log(LogLevel::kWarning, "{}: the Kafka client had to be made anew", kDoing);
  rd_kafka_purge(old.client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(old.client.get()) > 0) {
    rd_kafka_poll(old.client.get(), static_cast<int>(kIdle.count()));
  }
  fatal_ = false;  // The old one's, told once more.
}

Error KafkaEventWriter::ErrorOf(const rd_kafka_message_t& message, Topic topic) const {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error(ErrorCode::kTimeout,
                 fmt::format("{}: the event is in topic {}, but no broker said where", kDoing,
                             KafkaName(options_, topic)));
  }
  if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
    return Error(ErrorCode::kTimeout,
                 fmt::format("{}: no acknowledgement for topic {} within {} ms ({}); the event may "
                             "be there, sending it again is harmless",
                             kDoing, KafkaName(options_, topic), options_.message_timeout.count(),
                             rd_kafka_err2str(message.err)));
  }
  return Explain(message.err, topic);
}

Error KafkaEventWriter::Explain(rd_kafka_resp_err_t error, Topic topic) const {
  const std::string doing = fmt::format("{}, topic {}", kDoing, KafkaName(options_, topic));
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{}: {} events or {} bytes wait for the brokers already; try again "
                             "later",
                             doing, options_.max_queued_events, options_.max_queued_bytes));
  }
  if (error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{}: not sent within {} ms; try again later, and look whether the "
                             "brokers {} run",
                             doing, options_.message_timeout.count(), options_.brokers));
  }
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("{}: the event is larger than the client's limit of {} bytes, or than "
                             "max.message.bytes of the topic",
                             doing, options_.max_message_bytes));
  }
  const Error told = ToError(error, IsForbidden(error) ? doing + ": no right to write" : doing);
  // Whose events they are cannot mend it: they come again when the operator has.
  return IsForbidden(error) ? Error(ErrorCode::kUnavailable, told.message()) : told;
}

}  // namespace

Result<std::unique_ptr<pipeline::EventWriter>> MakeKafkaEventWriter(
    const KafkaLogOptions& options) {
  auto writer = std::make_unique<KafkaEventWriter>(options);
  HERDFLOW_CHECK(writer->Open());
  return writer;
}

}  // namespace herdflow::log_kafka
