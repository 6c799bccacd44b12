#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "commands.hpp"
#include "descriptors.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/api/producer.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/http/server.hpp"
#include "herdflow/orchestration/runner.hpp"
#include "herdflow/orchestration/scheduler.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using namespace std::chrono_literals;

/// What requests that were begun are given to end.
constexpr std::chrono::milliseconds kDrain{5'000};
/// For all of it; Docker kills after 10 s.
constexpr std::chrono::milliseconds kTimeToStop{8'000};

/// Loads for as long as the process lives. A failure is never the messages' fault: it is told, and
/// tried again.
void RunLoader(pipeline::Loader& loader, orchestration::News& news) {
  // What keeps it from loading is mostly over within seconds, and each try is one connection.
  Retry retry("loader", {.longest = 2s});
  while (!StopRequested()) {
    const auto loaded = loader.Step(100ms);
    if (!loaded) {
      SleepUnless(StopRequested, retry.Failed(loaded.error()));
      continue;
    }
    retry.Succeeded();
    if (*loaded > 0) news.Announce();
  }
}

http::ServerOptions OptionsOf(const std::string& section, const std::string& address,
                              std::uint16_t port, const http::Access& access,
                              std::size_t connections) {
  http::ServerOptions options;
  options.access = access;
  options.address = address;
  options.port = port;
  options.limits.connections = connections;
  options.blocking_threads = 4;
  options.writing_threads = 4;  // New cows wait together for the log.
  options.address_setting = fmt::format("[{0}] address (--{0}-address)", section);
  options.port_setting = fmt::format("[{0}] port (--{0}-port)", section);
  options.token_setting = "[http] token_file (--http-token-file)";
  return options;
}

/// What a process does. By default everything; one role a process where there are many.
struct Roles {
  bool producer = true, loader = true, pipelines = true, backend = true;
};

Result<Roles> ParseRoles(const std::vector<std::string>& names) {
  if (names.empty()) return Roles();
  Roles roles{false, false, false, false};
  for (const std::string& name : names) {
    bool* const role = name == "producer"    ? &roles.producer
                       : name == "loader"    ? &roles.loader
                       : name == "pipelines" ? &roles.pipelines
                       : name == "backend"   ? &roles.backend
                                             : nullptr;
    if (role == nullptr) {
      return Fail(ErrorCode::kInvalidInput,
                  "serving: '{}' is no role; there are producer, loader, pipelines and backend",
                  name);
    }
    *role = true;
  }
  return roles;
}

/// The parts of a process, as far as its roles need them.
class Server {
 public:
  Server(const Configuration& configuration, Roles roles, http::Access access)
      : configuration_(configuration),
        roles_(roles),
        access_(std::move(access)),
        definitions_(configuration.pipelines) {}

  Result<> Open() {
    if (roles_.producer || roles_.loader || roles_.backend) {
      HERDFLOW_ASSIGN(topics_, OpenTopics(configuration_));
    }
    if (roles_.producer || roles_.backend) {
      HERDFLOW_ASSIGN(writer_, OpenWriter(configuration_));
    }
    if (roles_.loader || roles_.pipelines) {
      HERDFLOW_ASSIGN(store_, OpenStore(configuration_, pipeline::StoreUse::kJudge));
    }
    if (roles_.backend) {
      HERDFLOW_ASSIGN(request_store_,
                      OpenStore(configuration_, pipeline::StoreUse::kJudge, Patience::kRequest));
      HERDFLOW_ASSIGN(request_ledger_, OpenLedger(configuration_, Patience::kRequest));
      HERDFLOW_ASSIGN(queries_, OpenQueries(configuration_));
      HERDFLOW_ASSIGN(calendar_, OpenCalendar(configuration_));
    }
    if (roles_.loader) {
      HERDFLOW_ASSIGN(reader_, OpenReader(configuration_, *store_));
    }
    if (roles_.pipelines) {
      HERDFLOW_ASSIGN(ledger_, OpenLedger(configuration_));
      HERDFLOW_ASSIGN(auto cleanse, OpenCleanse(configuration_, *store_));
      cleanse_.emplace(std::move(cleanse));
      runner_ = std::make_unique<orchestration::TaskRunner>(orchestration::RunnerParts{
          definitions_, *cleanse_, *ledger_, OwnerName(), StopRequested});
      queue_ = std::make_unique<orchestration::QueueRunner>(*runner_);
    }
    return {};
  }

  Result<> Listen() {
    const std::size_t ports = (roles_.producer ? 1 : 0) + (roles_.backend ? 1 : 0);
    if (ports == 0) return {};
    HERDFLOW_ASSIGN(const std::size_t connections,
                    ConnectionsAPort(ports, http::Limits().connections));
    if (roles_.producer) {
      HERDFLOW_ASSIGN(producer_, http::Server::Start(
                                     OptionsOf("producer", configuration_.producer_address,
                                               configuration_.producer_port, access_, connections),
                                     api::ProducerRoutes({*writer_, *topics_})));
      Log(LogLevel::kInfo, "producer on {}", producer_->url());
    }
    if (roles_.backend) {
      cows_ = std::make_unique<pipeline::CowMaker>(
          pipeline::CowMakerParts{*request_store_, *writer_, *topics_, *queries_, StopRequested});
      const auto create_cow = [this](const pipeline::NewCow& cow) { return cows_->Create(cow); };
      const auto today = [this] {
        const std::lock_guard lock(calendar_mutex_);
        return calendar_->DayOf(Now());
      };
      const auto run_requested = [this] {
        if (queue_) queue_->Wake();  // Else another process looks within a second.
      };
      HERDFLOW_ASSIGN(backend_,
                      http::Server::Start(
                          OptionsOf("backend", configuration_.backend_address,
                                    configuration_.backend_port, access_, connections),
                          api::BackendRoutes({*queries_, create_cow, today, configuration_.health,
                                              *request_ledger_, definitions_, run_requested})));
      Log(LogLevel::kInfo, "back end on {}", backend_->url());
    }
    return {};
  }

  /// Until the process is asked to stop; then what was begun is finished.
  void Run() {
    std::thread loading, scheduling;
    if (roles_.loader) {
      loading = std::thread([this] {
        pipeline::Loader loader({*reader_, *store_, OwnerName()});
        RunLoader(loader, news_);
      });
    }
    if (queue_) queue_->Start();
    if (roles_.pipelines && definitions_.scheduler == orchestration::SchedulerKind::kHerdflow) {
      scheduling =
          std::thread([this] { orchestration::Scheduler(*runner_, *queue_, news_).Run(); });
    }
    while (!StopRequested()) std::this_thread::sleep_for(50ms);
    Log(LogLevel::kInfo, "stopping: no new requests; finishing those that were begun");
    std::thread draining([this] {
      if (producer_) producer_->Drain(kDrain);
    });
    if (backend_) backend_->Drain(kDrain);
    draining.join();
    if (loading.joinable()) loading.join();
    news_.Announce();
    if (scheduling.joinable()) scheduling.join();
    if (queue_) queue_->Join();
    runner_.reset();  // What the tasks did is written down.
    Log(LogLevel::kInfo, "stopped");
  }

 private:
  const Configuration& configuration_;
  const Roles roles_;
  const http::Access access_;
  std::unique_ptr<pipeline::TopicAdmin> topics_;
  std::unique_ptr<pipeline::EventWriter> writer_;
  std::unique_ptr<pipeline::LayerStore> store_;
  std::unique_ptr<pipeline::LayerStore> request_store_;  ///< Of requests, which wait for less long.
  std::unique_ptr<pipeline::RunLedger> request_ledger_;
  std::unique_ptr<pipeline::HerdQueries> queries_;
  std::unique_ptr<pipeline::EventReader> reader_;
  const orchestration::Definitions definitions_;
  std::unique_ptr<pipeline::RunLedger> ledger_;
  std::optional<pipeline::CleanseContext> cleanse_;
  std::unique_ptr<orchestration::TaskRunner> runner_;
  std::unique_ptr<orchestration::QueueRunner> queue_;
  std::mutex calendar_mutex_;
  std::optional<herd::FarmCalendar> calendar_;
  orchestration::News news_;
  std::unique_ptr<pipeline::CowMaker> cows_;
  std::unique_ptr<http::Server> producer_, backend_;
};

Result<> Serve(const std::vector<std::string>& role_names, const Configuration& configuration) {
  CatchStopSignals();
  HERDFLOW_ASSIGN(const Roles roles, ParseRoles(role_names));
  HERDFLOW_ASSIGN(http::Access access, HttpAccess(configuration));
  Server server(configuration, roles, std::move(access));
  HERDFLOW_CHECK(server.Open());
  HERDFLOW_CHECK(server.Listen());
  SetTimeToEnd(kTimeToStop);
  Log(LogLevel::kInfo, "{}", DescribeEngines(configuration));
  server.Run();
  return {};
}

}  // namespace

void AddServe(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "serve", "Run everything: producer, loader, pipelines and back end, until SIGTERM or Ctrl-C");
  auto roles = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("--roles", *roles,
                   "What this process does: producer, loader, pipelines, backend [all]")
      ->delimiter(',')
      ->type_name("ROLE,…");
  AddExamples(*command,
              "  herdflow serve\n  herdflow serve --backend-port 8000 --producer-port 8001\n"
              "  herdflow serve --roles loader,pipelines");
  command->callback([&chosen, roles] {
    chosen.run = [roles](const Configuration& c) { return Serve(*roles, c); };
  });
}

}  // namespace herdflow::app
