#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "client.hpp"
#include "herdflow/core/logging.hpp"
#include "pending_batch.hpp"
#include "topic_configs.hpp"

namespace herdflow::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::AppendOutcome;
using pipeline::Event;
using pipeline::Topic;
using std::chrono::milliseconds;

constexpr milliseconds kIdle{100};
constexpr milliseconds kBetweenQuestions{10};
/// Of messages that go to a broker together; fewer where a topic takes less.
constexpr std::size_t kLargestBatch = 1'000'000;
/// One question about a topic; the thread that asks tells no outcomes meanwhile.
constexpr milliseconds kLook{500};

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
    bool took_less = false;  ///< It refused a batch that should have fitted. The poll thread's.
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
  Pending TakeWaiting(TopicState& state);
  void HandOver(PendingBatch* finished);
  void NoteFinished(PendingBatch* finished);

  void Run();
  void TellFinished();
  [[nodiscard]] bool MustLookAt(const TopicState& state, bool due);
  void LookAt(Topic topic);
  void LearnBatch(Topic topic);
  bool Shrink();
  void RefuseWaiting(Topic topic, const Error& error, bool all);
  void Renew();

  const KafkaLogOptions options_;
  /// Shared to use the producer and what is known of topics, alone to change them.
  std::shared_mutex mutex_;
  Producer producer_;
  std::array<TopicState, pipeline::kAllTopics.size()> topics_;
  std::atomic<std::size_t> waiting_events_ = 0;
  std::size_t waiting_bytes_ = 0;

  std::mutex finished_mutex_;
  std::vector<PendingBatch*> finished_;
  std::atomic<std::size_t> pending_batches_ = 0;
  std::atomic<bool> closing_ = false;
  bool fatal_ = false;                  ///< The poll thread's, as the next two.
  std::size_t batch_ = kLargestBatch;   ///< Of the producer.
  std::size_t wanted_ = kLargestBatch;  ///< What every topic takes.
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
      {"batch.size", std::to_string(wanted_)},
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
      batch->Refuse(i, ExplainRefusal(options_, error, batch->topic));
      continue;
    }
    // What comes after it would overtake it.
    if (CodeOf(error) == ErrorCode::kNotFound) {
      state.outdated = true;
      batch->RefuseFrom(i, Error(ErrorCode::kUnavailable,
                                 fmt::format("{}: topic {} is being changed; send again",
                                             kAppending, KafkaName(options_, batch->topic))));
    } else {
      batch->RefuseFrom(i, ExplainRefusal(options_, error, batch->topic));
    }
    break;
  }
  if (--batch->undecided == 0) HandOver(batch);
}

rd_kafka_resp_err_t KafkaEventWriter::ProduceOne(PendingBatch& batch, std::size_t index,
                                                 std::int32_t partitions) {
  const Event& event = batch.events[index];
  // The partition is given, since the number of partitions is known here. An empty key needs an
  // address, else it would be none.
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

/// REQUIRES: the lock, alone.
void KafkaEventWriter::Wait(Pending pending, TopicState& state) {
  const std::size_t events = pending->events.size();
  for (const Event& event : pending->events) pending->bytes += SizeInBatch(event);
  if (waiting_events_ > 0 && (waiting_events_ + events > options_.max_queued_events ||
                              waiting_bytes_ + pending->bytes > options_.max_queued_bytes)) {
    pending->RefuseFrom(0, ExplainRefusal(options_, RD_KAFKA_RESP_ERR__QUEUE_FULL, pending->topic));
    --pending->undecided;
    HandOver(pending.release());
    return;
  }
  waiting_events_ += events;
  waiting_bytes_ += pending->bytes;
  state.waiting.push_back(std::move(pending));
  rd_kafka_queue_yield(producer_.events.get());
}

/// The one that has waited for longest. REQUIRES: the lock, alone.
Pending KafkaEventWriter::TakeWaiting(TopicState& state) {
  Pending pending = std::move(state.waiting.front());
  state.waiting.pop_front();
  waiting_events_ -= pending->events.size();
  waiting_bytes_ -= pending->bytes;
  return pending;
}

/// To the thread that calls completions, which is the one that polls. REQUIRES: the lock, shared at
/// least.
void KafkaEventWriter::HandOver(PendingBatch* finished) {
  NoteFinished(finished);
  rd_kafka_queue_yield(producer_.events.get());
}

void KafkaEventWriter::NoteFinished(PendingBatch* finished) {
  const std::lock_guard lock(finished_mutex_);
  finished_.push_back(finished);
}

void KafkaEventWriter::OnDelivery(const rd_kafka_message_t& message) {
  auto** place = static_cast<PendingBatch**>(message._private);
  PendingBatch* batch = *place;
  const auto index = static_cast<std::size_t>(place - batch->owners.data());
  AppendOutcome& outcome = batch->outcomes[index];
  outcome = OutcomeOf(options_, message, batch->topic);
  if (outcome.error && outcome.error->code() == ErrorCode::kNotFound) {
    StateOf(batch->topic).outdated = true;
  }
  // Refused because of what it went together with: it fits alone, or in the next batch.
  if (IsTooLarge(message.err) && SizeInBatch(batch->events[index]) < batch_) {
    StateOf(batch->topic).took_less = StateOf(batch->topic).outdated = true;
    outcome.error = Error(ErrorCode::kUnavailable,
                          fmt::format("{}: topic {} takes less at once than it did; send again",
                                      kAppending, KafkaName(options_, batch->topic)));
  }
  // Not told here: the driver counts the event as queued until this returns. This thread polls, and
  // tells what is finished as soon as it has nothing more of the driver's to take.
  if (--batch->undecided == 0) NoteFinished(batch);
}

void KafkaEventWriter::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__FATAL) fatal_ = true;
  if (IsRefusal(error, reason)) {
    LogRefusal(error, kAppending, reason);
  } else {
    Log(LogLevel::kDebug, "{}: {}", kAppending, reason);
  }
}

/// Every completion is called here, by the thread that polls, which holds no lock.
void KafkaEventWriter::TellFinished() {
  std::vector<PendingBatch*> finished;
  {
    const std::lock_guard lock(finished_mutex_);
    finished.swap(finished_);
  }
  for (PendingBatch* batch : finished) {
    const Pending owned(batch);
    owned->done(std::move(owned->outcomes));
    --pending_batches_;
  }
}

void KafkaEventWriter::Run() {
  auto next_look = Clock::now() + options_.metadata_interval;
  while (!closing_ || pending_batches_ > 0) {
    const auto wait = waiting_events_ > 0 ? kBetweenQuestions : kIdle;
    rd_kafka_poll(producer_.client.get(), static_cast<int>(wait.count()));
    TellFinished();
    if (fatal_) Renew();
    if (wanted_ < batch_ && !Shrink()) continue;
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
  if (known && (state.partitions == 0 || state.took_less)) {
    LearnBatch(topic);
    if (wanted_ < batch_) return;  // What waits goes to a producer that makes smaller ones.
  }
  const std::unique_lock lock(mutex_);
  if (known) {
    state.partitions = known->partitions();
    while (!state.waiting.empty()) Produce(TakeWaiting(state), state);
    return;
  }
  const Error& error = known.error();
  const bool is_answer = error.code() != ErrorCode::kUnavailable;
  if (is_answer) state.partitions = 0;
  // What only the operator can mend is no fault of the event's.
  const bool forbidden = error.code() == ErrorCode::kInvalidInput;
  RefuseWaiting(topic,
                Error(forbidden ? ErrorCode::kUnavailable : error.code(),
                      error.Because(kAppending).message()),
                is_answer);
}

/// What the topic takes at once. Where nobody tells, each event goes alone as soon as a batch was
/// refused.
void KafkaEventWriter::LearnBatch(Topic topic) {
  TopicState& state = StateOf(topic);
  std::size_t limit = state.took_less ? 1 : kLargestBatch;
  state.took_less = false;
  if (const auto configs =
          AskTopicConfigs(producer_.client.get(), KafkaName(options_, topic), kLook)) {
    const auto found = configs->find("max.message.bytes");
    if (found != configs->end()) {
      const std::string& text = found->second;
      std::from_chars(text.data(), text.data() + text.size(), limit);
    }
  } else {
    Log(LogLevel::kDebug, "{}: {}", kAppending, configs.error().message());
  }
  wanted_ = std::clamp<std::size_t>(limit, 1, wanted_);
}

/// A producer of smaller batches, as soon as the old one has nothing left: no key's order changes.
/// Until then everything waits. false: not yet.
bool KafkaEventWriter::Shrink() {
  Producer old;
  const std::unique_lock lock(mutex_);
  for (TopicState& state : topics_) state.partitions = 0;
  if (rd_kafka_outq_len(producer_.client.get()) > 0) return false;
  auto made = MakeProducer();
  if (!made) return false;  // The settings were good before: memory or threads are short.
  old = std::exchange(producer_, std::move(*made));
  batch_ = wanted_;
  return true;
}

/// All that wait for the topic, or those whose time is over. REQUIRES: the lock, alone.
void KafkaEventWriter::RefuseWaiting(Topic topic, const Error& error, bool all) {
  TopicState& state = StateOf(topic);
  const auto now = Clock::now();
  while (!state.waiting.empty() && (all || state.waiting.front()->deadline <= now)) {
    Pending pending = TakeWaiting(state);
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
  Log(LogLevel::kWarning, "{}: the Kafka client had to be made anew", kAppending);
  rd_kafka_purge(old.client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  while (rd_kafka_outq_len(old.client.get()) > 0) {
    rd_kafka_poll(old.client.get(), static_cast<int>(kIdle.count()));
  }
  fatal_ = false;  // The old one's, told once more.
  TellFinished();
}

}  // namespace

Result<std::unique_ptr<pipeline::EventWriter>> MakeKafkaEventWriter(
    const KafkaLogOptions& options) {
  auto writer = std::make_unique<KafkaEventWriter>(options);
  HERDFLOW_CHECK(writer->Open());
  return writer;
}

}  // namespace herdflow::log_kafka
