#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/core/tls.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::log_kafka {

/// Who we are to brokers that ask by SASL.
struct SaslLogin {
  std::string user;
  std::string password;
  std::string mechanism = "SCRAM-SHA-512";  ///< By Kafka's name. PLAIN gives the password away.
};

/// Where Kafka is, and how its client is set.
struct KafkaLogOptions {
  std::string brokers;             ///< `host:port`, several with commas between.
  std::string topic_prefix;        ///< Before `cows`, `sensors` and `measurements`.
  std::optional<TlsOptions> tls;   ///< Nothing: in clear text.
  std::optional<SaslLogin> login;  ///< Nothing: brokers are not told who we are.
  /// Settings of librdkafka by its own names, secrets in clear. They go before herdflow's own; one
  /// that would break a promise of the log is refused with kInvalidInput. Values of secrets are
  /// never logged.
  std::vector<std::pair<std::string, std::string>> client_options;
  /// After so long, or up to a second more, an event that no broker has acknowledged has its
  /// outcome: refused where it was not sent, else unknown. Shorter than the deadline of the
  /// requests that wait for it.
  std::chrono::milliseconds message_timeout{10'000};
  /// What the writer holds at most of events that are not in the log yet; beyond either, events are
  /// refused with kUnavailable.
  std::size_t max_queued_events = 200'000;
  std::size_t max_queued_bytes = std::size_t{128} << 20;
  /// A message (key, value, headers, some 70 bytes more) larger than this is refused with
  /// kInvalidInput. A broker's own limit, `message.max.bytes`, is 1 MiB unless it is raised.
  std::size_t max_message_bytes = std::size_t{16} << 20;
  /// How long a question to a broker (partitions, offsets, changes of a topic) may take before it
  /// fails with kUnavailable.
  std::chrono::milliseconds request_timeout{5'000};
  /// How soon a new topic or partition is found.
  std::chrono::milliseconds metadata_interval{5'000};
};

/// kInvalidInput names the setting and why it cannot be. No broker needs to be there: that one is
/// away is told by the calls.
Result<std::unique_ptr<pipeline::EventWriter>> MakeKafkaEventWriter(const KafkaLogOptions& options);

/// A member of the consumer group `group`, which shares the partitions among its members. Topics
/// that do not exist yet are found when they are made.
///
/// A group gives up a member that was killed only after its session's time-out, and shares out
/// nothing before. `left_behind` are partitions whose reader is known to be dead: they are read at
/// once, beside the group, until it has decided or somebody else claims them in the store.
Result<std::unique_ptr<pipeline::EventReader>> MakeKafkaEventReader(
    const KafkaLogOptions& options, const std::string& group, std::vector<pipeline::Topic> topics,
    const std::vector<pipeline::TopicPartition>& left_behind = {});

Result<std::unique_ptr<pipeline::TopicAdmin>> MakeKafkaTopicAdmin(const KafkaLogOptions& options);

}  // namespace herdflow::log_kafka
