#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "descriptors.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/stop.hpp"
#include "roles.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using namespace std::chrono_literals;

/// For all of it; Docker kills after 10 s.
constexpr std::chrono::milliseconds kTimeToStop{8'000};
/// After this a role that is not ready is told of.
constexpr std::chrono::seconds kSoon{5};

struct RoleKind {
  std::string_view name;
  Result<std::unique_ptr<Role>> (*make)(SharedParts&);
  bool listens;
};
/// In the order in which they begin: those first that may fail to.
constexpr std::array kRoles{
    RoleKind{"producer", MakeProducer, true}, RoleKind{"backend", MakeBackend, true},
    RoleKind{"loader", MakeLoader, false}, RoleKind{"pipelines", MakePipelines, false}};

/// By default everything; one role a process where there are many.
Result<std::vector<RoleKind>> Wanted(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (std::none_of(kRoles.begin(), kRoles.end(),
                     [&](const RoleKind& known) { return known.name == name; })) {
      return Fail(ErrorCode::kInvalidInput,
                  "serving: '{}' is no role; there are producer, loader, pipelines and backend",
                  name);
    }
  }
  std::vector<RoleKind> wanted;
  for (const RoleKind& known : kRoles) {
    if (names.empty() || std::find(names.begin(), names.end(), known.name) != names.end()) {
      wanted.push_back(known);
    }
  }
  return wanted;
}

struct NamedRole {
  std::string_view name;
  std::unique_ptr<Role> role;
};

/// Tells when each of them has done what it is there for, and until then what is in its way.
void AwaitReady(std::span<const NamedRole> roles, const std::stop_token& stop) {
  const auto soon = std::chrono::steady_clock::now() + kSoon;
  std::vector<const NamedRole*> awaited;
  for (const NamedRole& each : roles) awaited.push_back(&each);
  for (bool told = false; !stop.stop_requested(); SleepFor(told ? 1s : 50ms, stop)) {
    const bool is_late = std::chrono::steady_clock::now() > soon;
    std::erase_if(awaited, [&](const NamedRole* each) {
      const auto ready = each->role->Ready();
      if (!ready && is_late && !told) {
        Log(LogLevel::kWarning, "{} is not ready: {}", each->name, ready.error().message());
      }
      return ready.has_value();
    });
    told = told || is_late;
    if (awaited.empty()) return Log(LogLevel::kInfo, "ready");
  }
}

/// All at once: requests that were begun are given time to end.
void StopAll(std::span<const NamedRole> roles) {
  std::vector<std::thread> stopping;
  stopping.reserve(roles.size());
  for (const NamedRole& each : roles) stopping.emplace_back([&each] { each.role->Stop(); });
  for (std::thread& each : stopping) each.join();
}

/// All of them; where one fails to begin, those before it are stopped.
Result<> StartAll(std::span<const NamedRole> roles, PartialStop& serving) {
  for (std::size_t i = 0; i < roles.size(); ++i) {
    auto begun = roles[i].role->Start();
    if (begun) continue;
    serving.Request();
    StopAll(roles.first(i));
    return begun;
  }
  return {};
}

Result<> Serve(const std::vector<std::string>& role_names, const Configuration& configuration) {
  PartialStop serving(CatchStopSignals());
  const std::stop_token stop = serving.token();
  HERDFLOW_ASSIGN(const auto wanted, Wanted(role_names));
  HERDFLOW_ASSIGN(http::Access access, HttpAccess(configuration));
  SharedParts shared(configuration, std::move(access), stop);
  std::vector<NamedRole> roles;
  for (const RoleKind& kind : wanted) {
    HERDFLOW_ASSIGN(auto role, kind.make(shared));
    roles.push_back({kind.name, std::move(role)});
  }
  const auto ports = static_cast<std::size_t>(std::count_if(
      wanted.begin(), wanted.end(), [](const RoleKind& kind) { return kind.listens; }));
  if (ports > 0) {
    HERDFLOW_ASSIGN(shared.connections, ConnectionsAPort(ports, http::Limits().connections));
  }
  SetTimeToEnd(kTimeToStop);
  for (const NamedRole& each : roles) HERDFLOW_CHECK(each.role->Check());
  HERDFLOW_CHECK(StartAll(roles, serving));
  Log(LogLevel::kInfo, "{}", DescribeEngines(configuration));
  AwaitReady(roles, stop);
  while (!stop.stop_requested()) SleepFor(1h, stop);
  Log(LogLevel::kInfo, "stopping: no new requests; finishing those that were begun");
  StopAll(roles);
  roles.clear();
  Log(LogLevel::kInfo, "stopped");
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
