#include "behind.hpp"

#include <algorithm>

#include "herdflow/core/logging.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

/// A report is not to wait for a broker.
constexpr std::chrono::seconds kPatience{1};

/// How many messages of the log are not loaded.
Result<std::int64_t> Unloaded(const Configuration& configuration,
                              pipeline::OperationsQueries& queries) {
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration, kPatience));
  // In this order: what is loaded meanwhile counts.
  HERDFLOW_ASSIGN(const auto described, topics->List());
  HERDFLOW_ASSIGN(const auto stands, queries.ReadProgress());
  std::int64_t unloaded = 0;
  for (const auto& topic : described) {
    for (const auto& partition : topic.partitions) {
      const auto at = std::find_if(stands.begin(), stands.end(), [&](const auto& stand) {
        return stand.current && stand.log_id == topic.stream_id &&
               stand.partition == partition.partition;
      });
      const std::int64_t loaded = at == stands.end() ? 0 : at->next_offset;
      // Of a partition that nobody leads, nothing is known: its range is empty.
      unloaded += std::max<std::int64_t>(partition.end - std::max(loaded, partition.begin), 0);
    }
  }
  return unloaded;
}

}  // namespace

void WarnIfBehind(const Configuration& configuration, pipeline::OperationsQueries& queries) {
  const bool on_kafka = configuration.log_engine == LogEngine::kKafka;
  const auto unloaded = Unloaded(configuration, queries);
  if (!unloaded) {
    if (unloaded.error().code() == ErrorCode::kNotFound) return;
    if (on_kafka && IsPassing(unloaded.error())) return;  // The report needs no broker.
    Log(LogLevel::kWarning, "comparing the store with the log: {}", unloaded.error().message());
  } else if (*unloaded > 0) {
    Log(LogLevel::kWarning,
        "the store is behind the log: it lacks {} of the messages in {}; `serve`, or "
        "`herdflow load` and `herdflow pipeline run`, bring them in",
        Thousands(*unloaded), on_kafka ? "its topics" : "log.db");
  }
}

}  // namespace herdflow::app
