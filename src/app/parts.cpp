#include "parts.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "herdflow/log_sqlite/log_sqlite.hpp"
#include "herdflow/store_sqlite/store.hpp"

namespace herdflow::app {
namespace {

/// Partitions of a topic of the embedded log.
constexpr std::int32_t kPartitions = 1;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");

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

}  // namespace

Result<std::unique_ptr<pipeline::TopicAdmin>> OpenTopics(const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
  HERDFLOW_ASSIGN(auto topics, log_sqlite::MakeSqliteTopicAdmin(options));
  for (const pipeline::Topic topic : pipeline::kAllTopics) {
    HERDFLOW_CHECK(topics->Create(topic, {.partitions = kPartitions}));
  }
  return topics;
}

Result<std::unique_ptr<pipeline::TopicAdmin>> OpenExistingTopics(
    const Configuration& configuration) {
  const auto file = std::filesystem::path(configuration.data_folder) / "log.db";
  std::error_code error;
  if (!std::filesystem::exists(file, error)) {
    return Fail(ErrorCode::kNotFound,
                "opening the log: there is no {}; `herdflow seed` or `herdflow serve` makes it, or "
                "set [data] folder",
                file.string());
  }
  HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
  return log_sqlite::MakeSqliteTopicAdmin(options);
}

Result<std::unique_ptr<pipeline::EventWriter>> OpenWriter(const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
  return log_sqlite::MakeSqliteEventWriter(options);
}

Result<std::unique_ptr<pipeline::EventReader>> OpenReader(const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto options, LogOptions(configuration));
  return log_sqlite::MakeSqliteEventReader(
      options, "herdflow", {pipeline::kAllTopics.begin(), pipeline::kAllTopics.end()});
}

Result<std::unique_ptr<pipeline::LayerStore>> OpenStore(const Configuration& configuration) {
  // Also a check: the zone's name must be known before it is recorded.
  HERDFLOW_ASSIGN(const herd::FarmCalendar calendar, OpenCalendar(configuration));
  return store_sqlite::MakeSqliteLayerStore(
      {configuration.data_folder, herd::RulesVersion(configuration.bounds), calendar.zone()});
}

Result<std::unique_ptr<pipeline::HerdQueries>> OpenQueries(const Configuration& configuration) {
  return store_sqlite::MakeSqliteHerdQueries(configuration.data_folder);
}

Result<herd::FarmCalendar> OpenCalendar(const Configuration& configuration) {
  return herd::FarmCalendar::Make(configuration.time_zone);
}

Result<pipeline::CleanseContext> OpenCleanse(const Configuration& configuration,
                                             pipeline::LayerStore& store) {
  HERDFLOW_ASSIGN(auto calendar, OpenCalendar(configuration));
  return pipeline::CleanseContext{store, std::move(calendar), configuration.bounds};
}

std::string OwnerName() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) std::strcpy(host.data(), "localhost");
  return fmt::format("{}:{}", host.data(), getpid());
}

void CatchStopSignals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_requested = true; };
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool StopRequested() { return stop_requested; }

}  // namespace herdflow::app
