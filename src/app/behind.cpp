#include "behind.hpp"

#include <algorithm>

#include "herdflow/core/logging.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

/// How many messages of the log are not loaded.
Result<std::int64_t> Unloaded(const Configuration& configuration, pipeline::HerdQueries& queries) {
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
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
      const std::int64_t loaded = at == stands.end() ? partition.begin : at->next_offset;
      unloaded += std::max<std::int64_t>(partition.end - loaded, 0);
    }
  }
  return unloaded;
}

}  // namespace

void WarnIfBehind(const Configuration& configuration, pipeline::HerdQueries& queries) {
  if (configuration.log_engine != LogEngine::kSqlite) return;
  const auto unloaded = Unloaded(configuration, queries);
  if (!unloaded) {
    if (unloaded.error().code() == ErrorCode::kNotFound) return;
    Log(LogLevel::kWarning, "comparing the store with the log: {}", unloaded.error().message());
  } else if (*unloaded > 0) {
    Log(LogLevel::kWarning,
        "the store is behind the log: it lacks {} of the messages in log.db; `serve`, or `herdflow "
        "load` and `herdflow pipeline run`, bring them in",
        Thousands(*unloaded));
  }
}

}  // namespace herdflow::app
