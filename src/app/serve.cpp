#include <condition_variable>
#include <mutex>
#include <thread>

#include "commands.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/api/producer.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/http/server.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using namespace std::chrono_literals;

/// What the loader tells the pipelines.
class News {
 public:
  void Announce() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
      newest_ = std::chrono::steady_clock::now();
    }
    changed_.notify_all();
  }

  /// Waits until something is new and then was quiet for a moment (or has gone on for long), or
  /// until it is time to look anyway: another process may have loaded.
  void Wait() {
    constexpr auto kQuiet = 40ms;
    constexpr auto kLong = 2s;
    constexpr auto kLookAnyway = 1s;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kLookAnyway, [&] { return count_ != seen_ || StopRequested(); });
    const auto first = std::chrono::steady_clock::now();
    while (count_ != seen_ && !StopRequested()) {
      seen_ = count_;
      changed_.wait_until(lock, std::min(newest_ + kQuiet, first + kLong),
                          [&] { return StopRequested(); });
      if (std::chrono::steady_clock::now() >= first + kLong) break;
    }
    seen_ = count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t count_ = 0;
  std::int64_t seen_ = 0;
  std::chrono::steady_clock::time_point newest_;
};

/// Sleeps, unless the process is asked to stop.
void Pause(std::chrono::milliseconds duration) {
  const auto until = std::chrono::steady_clock::now() + duration;
  while (!StopRequested() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(duration, std::chrono::milliseconds(50)));
  }
}

/// How long to wait after the nth failure in a row.
std::chrono::milliseconds Backoff(int failures) {
  return std::min(100ms * (1 << std::min(failures, 7)), std::chrono::milliseconds(10'000));
}

/// Loads for as long as the process lives. A failure is never the messages' fault: it is told, and
/// tried again.
void RunLoader(pipeline::Loader& loader, News& news) {
  int failures = 0;
  while (!StopRequested()) {
    const auto loaded = loader.Step(100ms);
    if (!loaded) {
      Log(LogLevel::kError, "{}; trying again", loaded.error().message());
      Pause(Backoff(failures++));
      continue;
    }
    failures = 0;
    if (*loaded > 0) news.Announce();
  }
}

void RunPipelines(pipeline::CleanseContext& context, News& news) {
  int failures = 0;
  while (!StopRequested()) {
    for (const pipeline::Pipeline each : pipeline::kAllPipelines) {
      const auto rows = Run(each, context, StopRequested, [](std::string_view, std::int64_t) {});
      if (!rows) {
        Log(LogLevel::kError, "{}: {}; trying again", Name(each), rows.error().message());
        Pause(Backoff(failures++));
        break;
      }
      failures = 0;
      if (*rows > 0) Log(LogLevel::kInfo, "{}: {} rows", Name(each), *rows);
    }
    news.Wait();
  }
}

http::ServerOptions OptionsOf(const std::string& section, const std::string& address,
                              std::uint16_t port) {
  http::ServerOptions options;
  options.address = address;
  options.port = port;
  options.blocking_threads = 4;  // A new cow may wait for the log; reports should not wait for her.
  options.address_setting = fmt::format("[{0}] address (--{0}-address)", section);
  options.port_setting = fmt::format("[{0}] port (--{0}-port)", section);
  return options;
}

Result<> Serve(const Configuration& configuration) {
  CatchStopSignals();
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));
  HERDFLOW_ASSIGN(const auto writer, OpenWriter(configuration));
  HERDFLOW_ASSIGN(const auto store, OpenStore(configuration));
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto reader, OpenReader(configuration));
  HERDFLOW_ASSIGN(auto cleanse, OpenCleanse(configuration, *store));
  HERDFLOW_ASSIGN(const auto calendar, OpenCalendar(configuration));

  const auto create_cow = [&](const pipeline::NewCow& cow) {
    return pipeline::CreateCow(cow, *store, *writer, *topics, *queries);
  };
  const auto today = [&, mutex = std::make_shared<std::mutex>()] {
    const std::lock_guard lock(*mutex);
    return calendar.DayOf(Now());
  };
  HERDFLOW_ASSIGN(const auto producer,
                  http::Server::Start(OptionsOf("producer", configuration.producer_address,
                                                configuration.producer_port),
                                      api::ProducerRoutes({*writer})));
  HERDFLOW_ASSIGN(
      const auto backend,
      http::Server::Start(
          OptionsOf("backend", configuration.backend_address, configuration.backend_port),
          api::BackendRoutes({*queries, create_cow, today, configuration.health})));
  Log(LogLevel::kInfo, "back end on {}, producer on {}, data in {}", backend->url(),
      producer->url(), configuration.data_folder);

  News news;
  pipeline::Loader loader({*reader, *store, OwnerName()});
  std::thread loading([&] { RunLoader(loader, news); });
  std::thread running([&] { RunPipelines(cleanse, news); });
  while (!StopRequested()) std::this_thread::sleep_for(50ms);

  Log(LogLevel::kInfo, "stopping: no new requests; finishing those that were begun");
  producer->Drain(5s);
  backend->Drain(5s);
  loading.join();
  news.Announce();
  running.join();
  Log(LogLevel::kInfo, "stopped");
  return {};
}

}  // namespace

void AddServe(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "serve", "Run everything: producer, loader, pipelines and back end, until SIGTERM or Ctrl-C");
  AddExamples(*command,
              "  herdflow serve\n  herdflow serve --backend-port 8000 --producer-port 8001");
  command->callback([&chosen] { chosen.run = Serve; });
}

}  // namespace herdflow::app
