#include "parts.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <mutex>

#include "connections.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/log_kafka/log_kafka.hpp"
#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/store_mysql/store.hpp"
#include "herdflow/store_sqlite/store.hpp"

namespace herdflow::app {
namespace {

constexpr std::chrono::seconds kRequestPatience{5};

std::chrono::milliseconds OfSqlite(Patience patience) {
  return patience == Patience::kStep ? store_sqlite::kUsualPatience : kRequestPatience;
}

Result<log_sqlite::SqliteLogOptions> LogOptions(const Configuration& configuration) {
  std::error_code error;
  std::filesystem::create_directories(configuration.data_folder, error);
  if (error) {
    return Fail(ErrorCode::kInvalidInput,
                "opening the log: cannot make the folder {}: {}; set [data] folder to one that may "
                "be written",
                configuration.data_folder, error.message());
  }
  log_sqlite::SqliteLogOptions options;
  options.folder = configuration.data_folder;
  return options;
}

/// A process opens many connections, and says of them the same.
void WarnOnce(std::once_flag& warned, const std::optional<std::string>& warning) {
  if (!warning) return;
  std::call_once(warned, [&] { Log(LogLevel::kWarning, "{}", *warning); });
}

Result<log_kafka::KafkaLogOptions> KafkaOptionsOf(const Configuration& configuration) {
  static std::once_flag warned;
  WarnOnce(warned, KafkaInClear(configuration));
  log_kafka::KafkaLogOptions options;
  options.brokers = configuration.kafka_brokers;
  options.topic_prefix = configuration.kafka_topic_prefix;
  HERDFLOW_ASSIGN(options.tls, KafkaTls(configuration));
  if (!configuration.kafka_user.empty()) {
    HERDFLOW_ASSIGN(std::string password, KafkaPassword(configuration));
    options.login = {configuration.kafka_user, std::move(password),
                     configuration.kafka_sasl_mechanism};
  }
  HERDFLOW_ASSIGN(options.client_options, WithSecrets(configuration.kafka_options));
  return options;
}

std::string HostName() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return "localhost";
  return host.data();
}

/// Whether the owner was a process of this host that is dead. This process owns nothing yet: its
/// name is that of one before it, as in a container that was started again.
bool IsGone(const std::string& owner) {
  const std::string host = HostName() + ":";
  if (!owner.starts_with(host)) return false;
  pid_t pid = 0;
  const char* const end = owner.data() + owner.size();
  const auto read = std::from_chars(owner.data() + host.size(), end, pid);
  if (read.ec != std::errc() || read.ptr != end || pid <= 0) return false;
  return pid == getpid() || (kill(pid, 0) != 0 && errno == ESRCH);
}

/// The partitions that killed processes of this host owned.
Result<std::vector<pipeline::TopicPartition>> LeftBehind(const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto stands, queries.operations->ReadProgress());
  std::vector<pipeline::TopicPartition> left;
  for (const pipeline::PartitionProgress& at : stands) {
    const auto topic = pipeline::TopicNamed(at.topic);
    if (topic && at.current && IsGone(at.owner)) left.push_back({*topic, at.partition});
  }
  return left;
}

tl::unexpected<Error> NoSuchEngine() {
  return Fail(ErrorCode::kInternal, "opening log or store: there is no such engine");
}

/// A topic that would drop readings, or let a sender's clock decide which is newer, is not used.
Result<> CheckPolicies(const std::vector<pipeline::TopicDescription>& topics) {
  for (const auto& topic : topics) {
    if (topic.timestamp_type == pipeline::kLogAppendTime &&
        topic.cleanup_policy == pipeline::kDeletePolicy) {
      continue;
    }
    return Fail(ErrorCode::kInvalidInput,
                "opening the log: topic {} has message.timestamp.type={} and cleanup.policy={}, "
                "it needs {} and {}: `herdflow topics alter {} --repair` sets them",
                Name(topic.topic), topic.timestamp_type, topic.cleanup_policy,
                pipeline::kLogAppendTime, pipeline::kDeletePolicy, Name(topic.topic));
  }
  return {};
}

Result<store_mysql::MysqlOptions> ServerOptions(const Configuration& configuration) {
  static std::once_flag warned;
  WarnOnce(warned, MysqlInClear(configuration));
  store_mysql::MysqlOptions options;
  options.host = configuration.mysql_host;
  options.port = configuration.mysql_port;
  options.socket = configuration.mysql_socket;
  options.user = configuration.mysql_user;
  HERDFLOW_ASSIGN(options.password, MysqlPassword(configuration));
  HERDFLOW_ASSIGN(options.tls, MysqlTls(configuration));
  options.prefix = configuration.mysql_prefix;
  options.connections = static_cast<std::size_t>(configuration.mysql_connections);
  options.statement_timeout = std::chrono::seconds(configuration.mysql_statement_timeout);
  options.owner = OwnerName();
  return options;
}

/// What the configuration makes of the farm `default`.
Result<herd::FarmRules> DefaultFarm(const Configuration& configuration) {
  herd::FarmRules rules;
  // Also a check: the zone's name must be known before it is written down.
  HERDFLOW_ASSIGN(const herd::FarmCalendar calendar, OpenCalendar(configuration));
  rules.time_zone = calendar.zone();
  rules.bounds = configuration.bounds;
  return rules;
}

}  // namespace

pipeline::TopicSettings NewTopicSettings(const Configuration& configuration) {
  constexpr std::int64_t kInKafka = 6;
  const std::int64_t usual = configuration.log_engine == LogEngine::kKafka ? kInKafka : 1;
  pipeline::TopicSettings settings;
  settings.partitions = static_cast<std::int32_t>(
      configuration.topics_partitions != 0 ? configuration.topics_partitions : usual);
  settings.replication = static_cast<std::int16_t>(configuration.topics_replication);
  if (configuration.topics_retention_days != 0) {
    settings.retention = std::chrono::hours(24 * configuration.topics_retention_days);
  }
  return settings;
}

Result<std::unique_ptr<pipeline::TopicAdmin>> OpenTopicAdmin(const Configuration& configuration,
                                                             std::chrono::milliseconds patience) {
  switch (configuration.log_engine) {
    case LogEngine::kSqlite: {
      HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
      return log_sqlite::MakeSqliteTopicAdmin(options);
    }
    case LogEngine::kKafka: {
      HERDFLOW_ASSIGN(auto options, KafkaOptionsOf(configuration));
      options.request_timeout = patience;
      return log_kafka::MakeKafkaTopicAdmin(options);
    }
  }
  return NoSuchEngine();
}

Result<std::unique_ptr<pipeline::TopicAdmin>> OpenTopics(const Configuration& configuration) {
  HERDFLOW_ASSIGN(auto topics, OpenTopicAdmin(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->Describe());
  HERDFLOW_CHECK(CheckPolicies(described));
  for (const pipeline::Topic topic : pipeline::kAllTopics) {
    const bool is_there = std::any_of(described.begin(), described.end(),
                                      [&](const auto& known) { return known.topic == topic; });
    if (is_there || !configuration.topics_create) continue;
    HERDFLOW_CHECK(topics->Create(topic, NewTopicSettings(configuration)));
  }
  return topics;
}

Result<std::unique_ptr<pipeline::TopicAdmin>> OpenExistingTopics(
    const Configuration& configuration, std::chrono::milliseconds patience) {
  const auto file = std::filesystem::path(configuration.data_folder) / "log.db";
  std::error_code error;
  if (configuration.log_engine == LogEngine::kSqlite && !std::filesystem::exists(file, error)) {
    return Fail(ErrorCode::kNotFound,
                "opening the log: there is no {}; `herdflow seed` or `herdflow serve` makes it, or "
                "set [data] folder",
                file.string());
  }
  return OpenTopicAdmin(configuration, patience);
}

Result<std::unique_ptr<pipeline::EventWriter>> OpenWriter(const Configuration& configuration) {
  switch (configuration.log_engine) {
    case LogEngine::kSqlite: {
      HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
      return log_sqlite::MakeSqliteEventWriter(options);
    }
    case LogEngine::kKafka: {
      HERDFLOW_ASSIGN(const auto options, KafkaOptionsOf(configuration));
      return log_kafka::MakeKafkaEventWriter(options);
    }
  }
  return NoSuchEngine();
}

Result<std::unique_ptr<pipeline::EventReader>> OpenReader(const Configuration& configuration,
                                                          const pipeline::LayerStore& store,
                                                          bool past_damage) {
  const std::vector<pipeline::Topic> all(pipeline::kAllTopics.begin(), pipeline::kAllTopics.end());
  // Stores that are filled from the same topics do not share their partitions out.
  const std::string group = "herdflow-" + store.id();
  switch (configuration.log_engine) {
    case LogEngine::kSqlite: {
      HERDFLOW_ASSIGN(auto options, LogOptions(configuration));
      options.past_damage = past_damage;
      return log_sqlite::MakeSqliteEventReader(options, group, all);
    }
    case LogEngine::kKafka: {
      HERDFLOW_ASSIGN(const auto options, KafkaOptionsOf(configuration));
      HERDFLOW_ASSIGN(const auto left_behind, LeftBehind(configuration));
      return log_kafka::MakeKafkaEventReader(options, configuration.kafka_topic_prefix + group, all,
                                             left_behind);
    }
  }
  return NoSuchEngine();
}

Result<std::unique_ptr<pipeline::LayerStore>> OpenStore(const Configuration& configuration,
                                                        pipeline::StoreUse use, Patience patience) {
  HERDFLOW_ASSIGN(const herd::FarmRules default_farm, DefaultFarm(configuration));
  switch (configuration.store_engine) {
    case StoreEngine::kSqlite: {
      store_sqlite::SqliteStoreOptions options;
      options.folder = configuration.data_folder;
      options.default_farm = default_farm;
      options.patience = OfSqlite(patience);
      options.use = use;
      return store_sqlite::MakeSqliteLayerStore(options);
    }
    case StoreEngine::kMysql: {
      store_mysql::MysqlStoreOptions options;
      HERDFLOW_ASSIGN(options.server, ServerOptions(configuration));
      if (patience == Patience::kRequest) {
        options.server.statement_timeout =
            std::min(options.server.statement_timeout, kRequestPatience);
      }
      options.default_farm = default_farm;
      options.use = use;
      return store_mysql::MakeMysqlLayerStore(options);
    }
  }
  return NoSuchEngine();
}

Result<pipeline::StoreQueries> OpenQueries(const Configuration& configuration) {
  switch (configuration.store_engine) {
    case StoreEngine::kSqlite:
      return store_sqlite::MakeSqliteQueries(configuration.data_folder);
    case StoreEngine::kMysql: {
      HERDFLOW_ASSIGN(const auto server, ServerOptions(configuration));
      return store_mysql::MakeMysqlQueries(server);
    }
  }
  return NoSuchEngine();
}

Result<std::unique_ptr<pipeline::RunLedger>> OpenLedger(const Configuration& configuration,
                                                        Patience patience) {
  switch (configuration.store_engine) {
    case StoreEngine::kSqlite:
      return store_sqlite::MakeSqliteRunLedger(configuration.data_folder, OfSqlite(patience));
    case StoreEngine::kMysql: {
      HERDFLOW_ASSIGN(auto server, ServerOptions(configuration));
      if (patience == Patience::kRequest) {
        server.statement_timeout = std::min(server.statement_timeout, kRequestPatience);
      }
      return store_mysql::MakeMysqlRunLedger(server);
    }
  }
  return NoSuchEngine();
}

Result<herd::FarmCalendar> OpenCalendar(const Configuration& configuration) {
  return herd::FarmCalendar::Make(configuration.time_zone);
}

Result<pipeline::FarmView> FindFarm(pipeline::HerdQueries& herd, const std::string& farm,
                                    std::string_view doing) {
  if (const auto rejection = herd::JudgeFarmId({herd::Field::Kind::kText, farm}, "the farm")) {
    return Fail(ErrorCode::kInvalidInput, "{}: {}", doing, rejection->reason);
  }
  HERDFLOW_ASSIGN(auto found, herd.FindFarm(farm));
  if (found) return *std::move(found);
  return Fail(ErrorCode::kNotFound, "{}: {}", doing, herd::NoSuchFarm(farm));
}

std::string DescribeEngines(const Configuration& configuration) {
  const auto folder = std::filesystem::path(configuration.data_folder);
  const std::string log = configuration.log_engine == LogEngine::kSqlite
                              ? (folder / "log.db").string()
                              : "Kafka at " + configuration.kafka_brokers;
  std::string store = (folder / "store.db").string();
  if (configuration.store_engine == StoreEngine::kMysql) {
    store = configuration.mysql_socket.empty()
                ? fmt::format("the database at {}:{}", configuration.mysql_host,
                              configuration.mysql_port)
                : "the database at " + configuration.mysql_socket;
  }
  return fmt::format("events in {}, layers in {}", log, store);
}

std::string OwnerName() { return fmt::format("{}:{}", HostName(), getpid()); }

}  // namespace herdflow::app
