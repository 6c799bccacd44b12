#include <algorithm>
#include <charconv>
#include <mutex>
#include <numeric>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "client.hpp"
#include "offsets.hpp"
#include "topic_configs.hpp"

namespace herdflow::log_kafka {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::Topic;
using pipeline::TopicDescription;
using std::chrono::milliseconds;

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Free<rd_kafka_NewTopic_destroy>>;
using NewPartitions =
    std::unique_ptr<rd_kafka_NewPartitions_t, Free<rd_kafka_NewPartitions_destroy>>;
using DeleteTopic = std::unique_ptr<rd_kafka_DeleteTopic_t, Free<rd_kafka_DeleteTopic_destroy>>;

constexpr const char* kRetention = "retention.ms";
constexpr const char* kTimestampType = "message.timestamp.type";
constexpr const char* kCleanupPolicy = "cleanup.policy";
constexpr const char* kForEver = "-1";
/// With this many copies, an acknowledged event is on two of them.
constexpr std::int16_t kReplicasForTwoInSync = 3;
constexpr milliseconds kLook{20};
constexpr milliseconds kShortestQuestion{200};
/// A login or a certificate that was refused for so long will be refused again.
constexpr milliseconds kUntilRefused{1'000};
/// One answer of Read holds at most so much, so that memory stays bounded.
constexpr std::size_t kMaxReadBytes = std::size_t{64} << 20;

std::string RetentionText(std::optional<milliseconds> retention) {
  return retention ? std::to_string(retention->count()) : kForEver;
}

std::optional<milliseconds> ParseRetention(const std::string& text) {
  milliseconds::rep value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value < 0 ? std::nullopt : std::optional(milliseconds(value));
}

std::vector<std::int32_t> NumbersUpTo(std::int32_t count) {
  std::vector<std::int32_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// The brokers' answer about the one topic that was asked for.
Result<> ErrorOf(const rd_kafka_topic_result_t** topics, std::string_view doing) {
  const auto error = rd_kafka_topic_result_error(topics[0]);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* reason = rd_kafka_topic_result_error_string(topics[0]);
  return Fail(ToError(error, doing, reason == nullptr ? "" : reason));
}

class KafkaTopicAdmin : public pipeline::TopicAdmin, private Listener {
 public:
  explicit KafkaTopicAdmin(const KafkaLogOptions& options) : options_(options) {}

  Result<> Open();
  Result<std::vector<TopicDescription>> List() override;
  Result<TopicDescription> Look(Topic topic) override;
  Result<std::vector<TopicDescription>> Describe() override;
  Result<> Create(Topic topic, const pipeline::TopicSettings& settings) override;
  Result<> Alter(Topic topic, const pipeline::TopicChange& change) override;
  Result<> Delete(Topic topic) override;
  Result<pipeline::MessageBatch> Read(pipeline::TopicPartition partition, std::int64_t offset,
                                      std::size_t count) override;

 private:
  /// Sends a request, waits for its answer, and gives it if it is no error.
  template <class Send>
  Result<Event> Request(rd_kafka_admin_op_t what, std::string_view doing, Send send) {
    return AdminRequest(client_.get(), what, options_.request_timeout, doing, send);
  }
  Result<TopicMetadata> Ask(Topic topic);
  template <class Enough>
  Result<> WaitUntil(Topic topic, std::string_view doing, Enough enough);
  [[nodiscard]] bool IsServed(Topic topic, const TopicMetadata& metadata);
  Result<TopicDescription> DescribeOne(Topic topic, const TopicMetadata& metadata);
  void AddRanges(TopicDescription& topic, Clock::time_point deadline);
  Result<TopicConfigs> AskConfigs(Topic topic);
  Result<> SetConfigs(Topic topic, const TopicConfigs& changed);
  Result<> AddPartitions(Topic topic, std::int32_t partitions);
  Result<pipeline::MessageBatch> ReadRange(pipeline::TopicPartition partition,
                                           pipeline::OffsetRange range, std::size_t count);

  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override;

  const KafkaLogOptions options_;
  std::mutex refused_mutex_;
  std::optional<Error> refused_;  ///< Why the last broker that was tried did not let us in.
  Client client_;
  std::mutex reading_;
  Client consumer_;  ///< Made when it is first needed.
};

int Millis(milliseconds time) { return static_cast<int>(time.count()); }

Result<> KafkaTopicAdmin::Open() {
  HERDFLOW_ASSIGN(client_, MakeClient(options_, RD_KAFKA_PRODUCER, {}, *this));
  return {};
}

Result<TopicMetadata> KafkaTopicAdmin::Ask(Topic topic) {
  const TopicHandle handle(
      rd_kafka_topic_new(client_.get(), KafkaName(options_, topic).c_str(), nullptr));
  // Cut once only: a question that is asked anew waits for its answer anew.
  milliseconds left = options_.request_timeout;
  for (milliseconds slice = std::min(left, kUntilRefused);; slice = left) {
    const auto begun = Clock::now();
    auto answer = TopicMetadata::Ask(client_.get(), handle.get(), slice);
    rd_kafka_poll(client_.get(), 0);  // OnError hears what happened meanwhile,
    const bool unavailable = !answer && answer.error().code() == ErrorCode::kUnavailable;
    if (unavailable && Clock::now() < begun + slice) {
      rd_kafka_poll(client_.get(), Millis(kShortestQuestion));  // perhaps a moment later.
    }
    const std::lock_guard lock(refused_mutex_);
    if (!unavailable) refused_.reset();
    const bool for_good = refused_ && refused_->code() == ErrorCode::kInvalidInput;
    const bool was_answered = Clock::now() < begun + slice;
    left -= slice;
    if (!for_good && !was_answered && left.count() > 0) continue;
    if (refused_) return Fail(*refused_);
    return answer;
  }
}

void KafkaTopicAdmin::OnError(rd_kafka_resp_err_t error, std::string_view reason) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // What came before it says why.
  const std::lock_guard lock(refused_mutex_);
  refused_.reset();
  if (IsRefusal(error, reason)) refused_ = ToError(error, "connecting to Kafka", reason);
}

/// Brokers carry changes out after they have answered.
template <class Enough>
Result<> KafkaTopicAdmin::WaitUntil(Topic topic, std::string_view doing, Enough enough) {
  const auto deadline = Clock::now() + options_.request_timeout;
  while (!enough(Ask(topic))) {
    if (Clock::now() >= deadline) {
      return Fail(ErrorCode::kUnavailable,
                  "{}: asked for, but not done after {} ms; look again later", doing,
                  options_.request_timeout.count());
    }
    std::this_thread::sleep_for(kLook);
  }
  return {};
}

/// Each partition's leader answers. One that was only just told that it leads refuses what comes
/// first and takes what comes right after, which `OutcomeOf` then cannot tell from a success.
bool KafkaTopicAdmin::IsServed(Topic topic, const TopicMetadata& metadata) {
  if (!metadata.has_leaders()) return false;
  const auto ranges = AskRanges(client_.get(), KafkaName(options_, topic),
                                NumbersUpTo(metadata.partitions()), kShortestQuestion);
  return std::all_of(ranges.begin(), ranges.end(), [](const auto& range) { return bool(range); });
}

Result<std::vector<TopicDescription>> KafkaTopicAdmin::List() {
  const auto deadline = Clock::now() + options_.request_timeout;
  HERDFLOW_ASSIGN(auto topics, Describe());
  for (TopicDescription& topic : topics) AddRanges(topic, deadline);
  return topics;
}

/// What the brokers told until then. Those that did not are away.
void KafkaTopicAdmin::AddRanges(TopicDescription& topic, Clock::time_point deadline) {
  const auto numbers = NumbersUpTo(static_cast<std::int32_t>(topic.partitions.size()));
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  const auto ranges = AskRanges(client_.get(), KafkaName(options_, topic.topic), numbers,
                                std::max(left, kShortestQuestion));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (ranges[i]) {
      topic.partitions[i] = {*ranges[i], numbers[i]};
    } else {
      topic.partitions[i].away = ranges[i].error();
    }
  }
}

Result<std::vector<TopicDescription>> KafkaTopicAdmin::Describe() {
  std::vector<TopicDescription> topics;
  for (const Topic topic : pipeline::kAllTopics) {
    const auto metadata = Ask(topic);
    if (!metadata && metadata.error().code() == ErrorCode::kNotFound) continue;
    if (!metadata) return Fail(metadata.error());
    HERDFLOW_ASSIGN(auto description, DescribeOne(topic, *metadata));
    topics.push_back(std::move(description));
  }
  return topics;
}

Result<TopicDescription> KafkaTopicAdmin::Look(Topic topic) {
  const auto deadline = Clock::now() + options_.request_timeout;
  HERDFLOW_ASSIGN(const auto metadata, Ask(topic));
  HERDFLOW_ASSIGN(auto description, DescribeOne(topic, metadata));
  AddRanges(description, deadline);
  return description;
}

Result<TopicDescription> KafkaTopicAdmin::DescribeOne(Topic topic, const TopicMetadata& metadata) {
  TopicDescription description;
  description.topic = topic;
  HERDFLOW_ASSIGN(description.stream_id,
                  StreamId(client_.get(), options_, topic, options_.request_timeout));
  description.replication = metadata.replication();
  HERDFLOW_ASSIGN(TopicConfigs configs, AskConfigs(topic));
  description.retention = ParseRetention(configs[kRetention]);
  description.timestamp_type = configs[kTimestampType];
  description.cleanup_policy = configs[kCleanupPolicy];
  for (std::int32_t i = 0; i < metadata.partitions(); ++i) {
    description.partitions.push_back({{}, i});
  }
  return description;
}

Result<TopicConfigs> KafkaTopicAdmin::AskConfigs(Topic topic) {
  return AskTopicConfigs(client_.get(), KafkaName(options_, topic), options_.request_timeout);
}

Result<> KafkaTopicAdmin::Create(Topic topic, const pipeline::TopicSettings& settings) {
  const std::string name = KafkaName(options_, topic);
  const std::string doing = fmt::format("making topic {}", name);
  char reason[512] = "";
  const NewTopic made(rd_kafka_NewTopic_new(name.c_str(), settings.partitions, settings.replication,
                                            reason, sizeof(reason)));
  if (!made || settings.partitions < 1) {
    return Fail(ErrorCode::kInvalidInput, "{}: {} partitions, replication {}: {}", doing,
                settings.partitions, settings.replication,
                made ? "there must be a partition at least" : reason);
  }
  rd_kafka_NewTopic_set_config(made.get(), kTimestampType, pipeline::kLogAppendTime.data());
  rd_kafka_NewTopic_set_config(made.get(), kCleanupPolicy, pipeline::kDeletePolicy.data());
  rd_kafka_NewTopic_set_config(made.get(), kRetention, RetentionText(settings.retention).c_str());
  if (settings.replication >= kReplicasForTwoInSync) {
    rd_kafka_NewTopic_set_config(made.get(), "min.insync.replicas", "2");
  }
  rd_kafka_NewTopic_t* list[] = {made.get()};
  HERDFLOW_ASSIGN(const Event answer,
                  Request(RD_KAFKA_ADMIN_OP_CREATETOPICS, doing, [&](auto* options, auto* queue) {
                    rd_kafka_CreateTopics(client_.get(), list, 1, options, queue);
                  }));
  std::size_t count = 0;
  auto done = ErrorOf(
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count),
      doing);
  const bool was_there = !done && done.error().code() == ErrorCode::kConflict;
  if (!done && !was_there) return done;
  return WaitUntil(topic, doing, [&](const Result<TopicMetadata>& now) {
    return now && (was_there || IsServed(topic, *now));
  });
}

Result<> KafkaTopicAdmin::Alter(Topic topic, const pipeline::TopicChange& change) {
  HERDFLOW_ASSIGN(const auto metadata, Ask(topic));
  if (change.partitions && *change.partitions < metadata.partitions()) {
    return Fail(ErrorCode::kInvalidInput,
                "changing topic {}: it has {} partitions, which can only become more",
                KafkaName(options_, topic), metadata.partitions());
  }
  if (change.retention || change.repair_policies) {
    TopicConfigs changed;
    if (change.retention) changed[kRetention] = RetentionText(*change.retention);
    if (change.repair_policies) {
      changed[kTimestampType] = pipeline::kLogAppendTime;
      changed[kCleanupPolicy] = pipeline::kDeletePolicy;
    }
    HERDFLOW_CHECK(SetConfigs(topic, changed));
  }
  if (!change.partitions || *change.partitions == metadata.partitions()) return {};
  return AddPartitions(topic, *change.partitions);
}

/// Those alone: what others are set to stays.
Result<> KafkaTopicAdmin::SetConfigs(Topic topic, const TopicConfigs& changed) {
  const std::string name = KafkaName(options_, topic);
  const std::string doing = fmt::format("changing the settings of topic {}", name);
  const ConfigResource change(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  for (const auto& [key, value] : changed) {
    const ErrorHandle error(rd_kafka_ConfigResource_add_incremental_config(
        change.get(), key.c_str(), RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET, value.c_str()));
    if (error) return Fail(ToError(rd_kafka_error_code(error.get()), doing));
  }
  rd_kafka_ConfigResource_t* list[] = {change.get()};
  HERDFLOW_ASSIGN(
      const Event answer,
      Request(RD_KAFKA_ADMIN_OP_INCREMENTALALTERCONFIGS, doing, [&](auto* options, auto* queue) {
        rd_kafka_IncrementalAlterConfigs(client_.get(), list, 1, options, queue);
      }));
  std::size_t count = 0;
  const auto** resources = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(answer.get()), &count);
  HERDFLOW_CHECK(ErrorOfConfig(*resources[0], doing));
  return WaitUntil(topic, doing, [&](const Result<TopicMetadata>&) {
    const auto now = AskConfigs(topic);
    return now && std::all_of(changed.begin(), changed.end(), [&](const auto& config) {
             const auto found = now->find(config.first);
             return found != now->end() && found->second == config.second;
           });
  });
}

Result<> KafkaTopicAdmin::AddPartitions(Topic topic, std::int32_t partitions) {
  const std::string name = KafkaName(options_, topic);
  const std::string doing = fmt::format("adding partitions to topic {}", name);
  char reason[512] = "";
  const NewPartitions more(rd_kafka_NewPartitions_new(
      name.c_str(), static_cast<std::size_t>(partitions), reason, sizeof(reason)));
  if (!more) return Fail(ErrorCode::kInvalidInput, "{}: {}", doing, reason);
  rd_kafka_NewPartitions_t* list[] = {more.get()};
  HERDFLOW_ASSIGN(
      const Event answer,
      Request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, doing, [&](auto* options, auto* queue) {
        rd_kafka_CreatePartitions(client_.get(), list, 1, options, queue);
      }));
  std::size_t count = 0;
  HERDFLOW_CHECK(ErrorOf(rd_kafka_CreatePartitions_result_topics(
                             rd_kafka_event_CreatePartitions_result(answer.get()), &count),
                         doing));
  return WaitUntil(topic, doing, [&](const Result<TopicMetadata>& now) {
    return now && now->partitions() >= partitions && IsServed(topic, *now);
  });
}

Result<> KafkaTopicAdmin::Delete(Topic topic) {
  const std::string name = KafkaName(options_, topic);
  const std::string doing = fmt::format("deleting topic {}", name);
  const DeleteTopic gone(rd_kafka_DeleteTopic_new(name.c_str()));
  rd_kafka_DeleteTopic_t* list[] = {gone.get()};
  HERDFLOW_ASSIGN(const Event answer,
                  Request(RD_KAFKA_ADMIN_OP_DELETETOPICS, doing, [&](auto* options, auto* queue) {
                    rd_kafka_DeleteTopics(client_.get(), list, 1, options, queue);
                  }));
  std::size_t count = 0;
  HERDFLOW_CHECK(ErrorOf(
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count),
      doing));
  return WaitUntil(topic, doing, [](const Result<TopicMetadata>& now) {
    return !now && now.error().code() == ErrorCode::kNotFound;
  });
}

Result<pipeline::MessageBatch> KafkaTopicAdmin::Read(pipeline::TopicPartition partition,
                                                     std::int64_t offset, std::size_t count) {
  HERDFLOW_ASSIGN(const auto metadata, Ask(partition.topic));
  const std::string name = KafkaName(options_, partition.topic);
  if (partition.partition < 0 || partition.partition >= metadata.partitions()) {
    return Fail(ErrorCode::kNotFound, "reading the log: topic {} has no partition {}", name,
                partition.partition);
  }
  HERDFLOW_ASSIGN(auto range,
                  AskRange(client_.get(), name, partition.partition, options_.request_timeout));
  range.begin = std::max(range.begin, offset);
  const std::lock_guard lock(reading_);
  return ReadRange(partition, range, count);
}

/// REQUIRES: the lock.
Result<pipeline::MessageBatch> KafkaTopicAdmin::ReadRange(pipeline::TopicPartition partition,
                                                          pipeline::OffsetRange range,
                                                          std::size_t count) {
  HERDFLOW_ASSIGN(auto stream_id,
                  StreamId(client_.get(), options_, partition.topic, options_.request_timeout));
  KeptMessages kept(partition, std::move(stream_id));
  if (count == 0 || range.begin >= range.end) return kept.Take();
  if (!consumer_) {
    HERDFLOW_ASSIGN(consumer_, MakeClient(options_, RD_KAFKA_CONSUMER,
                                          {{"enable.partition.eof", "true"},
                                           {"auto.offset.reset", "error"},
                                           {"fetch.wait.max.ms", "100"}},
                                          *this));
  }
  const std::string doing = "reading the log";
  const TopicHandle topic(
      rd_kafka_topic_new(consumer_.get(), KafkaName(options_, partition.topic).c_str(), nullptr));
  if (rd_kafka_consume_start(topic.get(), partition.partition, range.begin) != 0) {
    return Fail(ToError(rd_kafka_last_error(), doing));
  }
  std::size_t bytes = 0;
  auto error = RD_KAFKA_RESP_ERR_NO_ERROR;
  while (kept.count() < count && bytes < kMaxReadBytes && error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    MessageHandle message(
        rd_kafka_consume(topic.get(), partition.partition, Millis(options_.request_timeout)));
    error = message ? message->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    bytes += message->key_len + message->len;
    kept.Add(std::move(message));
  }
  rd_kafka_consume_stop(topic.get(), partition.partition);
  if (kept.count() == 0 && error != RD_KAFKA_RESP_ERR_NO_ERROR &&
      error != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    return Fail(ToError(error, doing));
  }
  return kept.Take();
}

}  // namespace

Result<std::unique_ptr<pipeline::TopicAdmin>> MakeKafkaTopicAdmin(const KafkaLogOptions& options) {
  auto admin = std::make_unique<KafkaTopicAdmin>(options);
  HERDFLOW_CHECK(admin->Open());
  return admin;
}

}  // namespace herdflow::log_kafka
