#include "client.hpp"

#include <algorithm>
#include <array>
#include <future>
#include <map>
#include <mutex>
#include <span>
#include <thread>

#include "herdflow/core/logging.hpp"

namespace herdflow::log_kafka {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

static_assert(RD_KAFKA_VERSION >= 0x020f01ff, "scripts/bootstrap brings librdkafka 2.15.1");

constexpr std::chrono::seconds kLogPause{10};
constexpr int kSyslogWarning = 4;

/// A setting that a promise rests on.
struct Guarded {
  std::string_view name;
  std::string_view allowed;  ///< Values with a blank after each; none: it may not be set.
  std::string_view reason;
};
constexpr Guarded kGuarded[] = {
    {"bootstrap.servers", "", "the brokers have a setting of their own"},
    {"metadata.broker.list", "", "the brokers have a setting of their own"},
    {"group.id", "", "herdflow names its groups itself"},
    {"transactional.id", "", "herdflow writes without transactions"},
    {"enable.idempotence", "true ", "else events would be doubled and change places"},
    {"acks", "all -1 ", "else an acknowledged event could be lost"},
    {"request.required.acks", "all -1 ", "else an acknowledged event could be lost"},
    {"partitioner", "murmur2 ", "else the events of one key would be in two partitions"},
    {"delivery.report.only.error", "false ", "else nobody would hear of success"},
    {"allow.auto.create.topics", "false ", "else a topic would be made with wrong settings"},
    {"enable.auto.commit", "false ", "offsets are kept in the store"},
    {"enable.auto.offset.store", "false ", "offsets are kept in the store"},
    {"auto.offset.reset", "error ", "else messages would be left out silently"},
    {"partition.assignment.strategy", "range roundrobin range,roundrobin roundrobin,range ",
     "herdflow hands partitions over all at once"},
    {"enable.partition.eof", "true ", "else nobody would know of what ends a transaction"},
    {"isolation.level", "read_committed ", "else what was aborted would be loaded"},
    {"message.timeout.ms", "", "how long an event may wait has a setting of its own"},
    {"delivery.timeout.ms", "", "how long an event may wait has a setting of its own"},
};

bool IsSecret(std::string_view name) {
  constexpr std::array kWords{"password", "secret", "key", "token", "jaas"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return name.find(word) != std::string_view::npos; });
}

Result<> CheckPromises(std::string_view name, std::string_view value) {
  for (const Guarded& guarded : kGuarded) {
    if (guarded.name != name) continue;
    const std::string allowed(guarded.allowed);
    if (!value.empty() && value.find(' ') == std::string_view::npos &&
        (" " + allowed).find(" " + std::string(value) + " ") != std::string::npos) {
      return {};
    }
    return Fail(
        ErrorCode::kInvalidInput,
        "setting the Kafka client: {} {}: {}; leave it out of the client's options", name,
        allowed.empty() ? "cannot be set there" : "must be " + allowed.substr(0, allowed.find(' ')),
        guarded.reason);
  }
  return {};
}

/// How the brokers are reached, and who we are to them. Without either nothing is said of it here,
/// so that the user's own settings may.
Settings SecurityOf(const KafkaLogOptions& options) {
  Settings settings;
  if (options.tls || options.login) {
    settings.emplace_back("security.protocol", fmt::format("{}{}", options.login ? "sasl_" : "",
                                                           options.tls ? "ssl" : "plaintext"));
  }
  if (options.tls) {
    settings.emplace_back("enable.ssl.certificate.verification", "true");
    settings.emplace_back("ssl.endpoint.identification.algorithm", "https");
    const std::pair<const char*, const std::string*> files[] = {
        {"ssl.ca.location", &options.tls->ca_file},
        {"ssl.certificate.location", &options.tls->certificate_file},
        {"ssl.key.location", &options.tls->key_file},
        {"ssl.key.password", &options.tls->key_password}};
    for (const auto& [name, value] : files) {
      if (!value->empty()) settings.emplace_back(name, *value);
    }
  }
  if (options.login) {
    settings.emplace_back("sasl.mechanisms", options.login->mechanism);
    settings.emplace_back("sasl.username", options.login->user);
    settings.emplace_back("sasl.password", options.login->password);
  }
  return settings;
}

Result<> Set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) ==
      RD_KAFKA_CONF_OK) {
    return {};
  }
  return Fail(ErrorCode::kInvalidInput, "setting the Kafka client: {}: {}", name,
              IsSecret(name) ? "its value is not valid" : reason.data());
}

class LineLimiter {
 public:
  /// How many lines of this kind were left out; nothing: this one is too.
  std::optional<int> Pass(std::string_view kind) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    const auto [told, first] = told_.try_emplace(std::string(kind), Told{now, 0});
    if (!first && now - told->second.at < kLogPause) {
      ++told->second.left_out;
      return std::nullopt;
    }
    told->second.at = now;
    return std::exchange(told->second.left_out, 0);
  }

 private:
  struct Told {
    Clock::time_point at;
    int left_out = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Told, std::less<>> told_;
};

Listener& ListenerOf(void* opaque) { return *static_cast<Listener*>(opaque); }

void SetCallbacks(rd_kafka_conf_t* conf, rd_kafka_type_t type, Listener& listener) {
  rd_kafka_conf_set_opaque(conf, &listener);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int level, const char* facility,
                                    const char* line) { LogDriverLine(level, facility, line); });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* reason, void* opaque) {
    ListenerOf(opaque).OnError(static_cast<rd_kafka_resp_err_t>(error), reason);
  });
  if (type == RD_KAFKA_PRODUCER) {
    rd_kafka_conf_set_dr_msg_cb(conf,
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                  ListenerOf(opaque).OnDelivery(*message);
                                });
    return;
  }
  rd_kafka_conf_set_rebalance_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list,
               void* opaque) { ListenerOf(opaque).OnRebalance(what, *list); });
  rd_kafka_conf_set_offset_commit_cb(
      conf, [](rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*, void*) {
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
        Log(LogLevel::kDebug, "telling Kafka what is loaded: {}", rd_kafka_err2str(error));
      });
}

}  // namespace

void EndClient(rd_kafka_t* client, std::chrono::seconds longest) {
  std::promise<void> promise;
  const std::future<void> ended = promise.get_future();
  std::thread([client, promise = std::move(promise)]() mutable {
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    promise.set_value_at_thread_exit();
  }).detach();
  if (ended.wait_for(longest) == std::future_status::ready || longest == longest.zero()) return;
  Log(LogLevel::kWarning, "Kafka client: it did not end within {} s; nobody waits for it",
      longest.count());
}

void LogRefusal(rd_kafka_resp_err_t error, std::string_view doing, std::string_view reason) {
  const Error refusal = ToError(error, doing, reason);
  // One that hangs up is mostly ending; what is wrong with its port is told at the start.
  constexpr int kSyslogDebug = 7;
  LogDriverLine(refusal.code() == ErrorCode::kInvalidInput ? kSyslogWarning : kSyslogDebug,
                "refused", refusal.message());
}

void LogDriverLine(int level, std::string_view facility, std::string_view line) {
  // Each client is told which settings are for the other kind; brokers of before 2017 that they
  // cannot be asked to make no topics; and every producer that a broker which has just started has
  // no number for it yet.
  const bool is_usual = facility == "CONFWARN" || facility == "AUTOCREATE" ||
                        (facility == "GETPID" && line.ends_with("retrying"));
  // Told in plainer words by whoever uses the client (IsRefusal).
  const bool is_refusal = facility == "FAIL" && TellsRefusal(line);
  if (level > kSyslogWarning || is_usual || is_refusal) {
    Log(LogLevel::kDebug, "Kafka client: {}: {}", facility, line);
    return;
  }
  // For as long as the process lives: threads of the driver may outlive their owner's patience.
  static LineLimiter& limiter = *new LineLimiter;
  if (const auto left_out = limiter.Pass(facility)) {
    Log(LogLevel::kWarning, "Kafka client: {}: {}{}", facility, line,
        *left_out == 0 ? "" : fmt::format(" ({} such lines left out)", *left_out));
  }
}

Result<Client> MakeClient(const KafkaLogOptions& options, rd_kafka_type_t type,
                          const Settings& ours, Listener& listener) {
  if (options.brokers.empty()) {
    return Fail(ErrorCode::kInvalidInput,
                "setting the Kafka client: no broker is named; give host:port");
  }
  Conf conf(rd_kafka_conf_new());
  const Settings common{
      {"bootstrap.servers", options.brokers},
      {"client.id", "herdflow"},
      {"allow.auto.create.topics", "false"},
      {"socket.nagle.disable", "true"},
      {"reconnect.backoff.max.ms", "1000"},  // A broker that is back is found soon.
      {"topic.metadata.refresh.interval.ms", std::to_string(options.metadata_interval.count())},
      {"message.max.bytes", std::to_string(options.max_message_bytes)},
  };
  const Settings security = SecurityOf(options);
  for (const auto& settings : {&common, &security, &ours}) {
    for (const auto& [name, value] : *settings) HERDFLOW_CHECK(Set(conf.get(), name, value));
  }
  for (const auto& [name, value] : options.client_options) {
    HERDFLOW_CHECK(CheckPromises(name, value));
    HERDFLOW_CHECK(Set(conf.get(), name, value));
  }
  SetCallbacks(conf.get(), type, listener);
  std::array<char, 512> reason{};
  Client client(rd_kafka_new(type, conf.get(), reason.data(), reason.size()));
  if (!client) {
    const Error refused =
        ToError(RD_KAFKA_RESP_ERR__INVALID_ARG, "setting the Kafka client", reason.data());
    if (!options.tls) return Fail(refused);
    return Fail(refused.code(),
                "{}; look at [kafka] ca_file, certificate_file, key_file and key_password_file, of "
                "which all are PEM and the last three belong together",
                refused.message());
  }
  (void)conf.release();  // The client's now.
  return client;
}

std::string KafkaName(const KafkaLogOptions& options, pipeline::Topic topic) {
  return options.topic_prefix + std::string(pipeline::Name(topic));
}

std::optional<pipeline::Topic> TopicOf(const KafkaLogOptions& options,
                                       std::string_view kafka_name) {
  if (!kafka_name.starts_with(options.topic_prefix)) return std::nullopt;
  return pipeline::TopicNamed(kafka_name.substr(options.topic_prefix.size()));
}

Result<std::string> StreamId(rd_kafka_t* client, const KafkaLogOptions& options,
                             pipeline::Topic topic, milliseconds timeout) {
  char* cluster = rd_kafka_clusterid(client, static_cast<int>(timeout.count()));
  if (cluster == nullptr) {
    return Fail(ErrorCode::kUnavailable,
                "asking the brokers {} for their cluster: no answer; try again later, and look "
                "whether they run",
                options.brokers);
  }
  auto id = fmt::format("kafka/{}/{}", cluster, KafkaName(options, topic));
  rd_kafka_mem_free(client, cluster);
  return id;
}

Result<TopicMetadata> TopicMetadata::Ask(rd_kafka_t* client, rd_kafka_topic_t* topic,
                                         milliseconds timeout) {
  const std::string doing = fmt::format("asking Kafka for topic {}", rd_kafka_topic_name(topic));
  const rd_kafka_metadata_t* answer = nullptr;
  const auto error =
      rd_kafka_metadata(client, 0, topic, &answer, static_cast<int>(timeout.count()));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ToError(error, doing));
  Metadata metadata(answer);
  if (answer->topic_cnt != 1) return Fail(ToError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing));
  const rd_kafka_metadata_topic_t& told = answer->topics[0];
  if (told.err != RD_KAFKA_RESP_ERR_NO_ERROR &&
      told.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {
    return Fail(ToError(told.err, doing));
  }
  if (told.partition_cnt == 0) {  // It is being made.
    return Fail(ToError(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, doing));
  }
  return TopicMetadata(std::move(metadata), &told);
}

std::int16_t TopicMetadata::replication() const {
  return static_cast<std::int16_t>(topic_->partitions[0].replica_cnt);
}

bool TopicMetadata::has_leader(std::int32_t partition) const {
  const std::span partitions(topic_->partitions, static_cast<std::size_t>(topic_->partition_cnt));
  return std::any_of(partitions.begin(), partitions.end(),
                     [&](const auto& told) { return told.id == partition && told.leader >= 0; });
}

bool TopicMetadata::has_leaders() const {
  const std::span partitions(topic_->partitions, static_cast<std::size_t>(topic_->partition_cnt));
  return std::all_of(partitions.begin(), partitions.end(),
                     [](const auto& partition) { return partition.leader >= 0; });
}

namespace {

std::string_view BytesOf(const void* bytes, std::size_t size) {
  return bytes == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(bytes), size);
}

std::vector<pipeline::Header> HeadersOf(const rd_kafka_message_t* message) {
  std::vector<pipeline::Header> headers;
  rd_kafka_headers_t* all = nullptr;
  if (rd_kafka_message_headers(message, &all) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(all, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    headers.push_back({name, std::string(BytesOf(value, size))});
  }
  return headers;
}

}  // namespace

void KeptMessages::Add(MessageHandle message) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t millis = rd_kafka_message_timestamp(message.get(), &type);
  batch_.messages.push_back(
      {.offset = message->offset,
       .broker_time = Instant(milliseconds(std::max<std::int64_t>(millis, 0))),
       .key = BytesOf(message->key, message->key_len),
       .value = BytesOf(message->payload, message->len),
       .headers = HeadersOf(message.get())});
  handles_.push_back(std::move(message));
}

pipeline::MessageBatch KeptMessages::Take(std::int64_t end) {
  batch_.end = end;
  if (!handles_.empty()) {
    batch_.bytes = std::make_shared<const std::vector<MessageHandle>>(std::move(handles_));
  }
  return std::move(batch_);
}

}  // namespace herdflow::log_kafka
