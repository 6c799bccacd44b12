#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/http/access.hpp"
#include "herdflow/http/server.hpp"
#include "herdflow/orchestration/definitions.hpp"
#include "herdflow/orchestration/scheduler.hpp"
#include "parts.hpp"

/// What `serve` does: everything in one process, or a role a process where there are many.
namespace herdflow::app {

/// One role of a process. Made, it has all that it needs, and does nothing yet.
///
/// Threads: one, but `Ready`.
class Role {
 public:
  virtual ~Role() = default;

  /// What is known from the settings to be in its way.
  [[nodiscard]] virtual Result<> Check() const { return {}; }
  /// Begin.
  virtual Result<> Start() = 0;
  /// Whether it does what it is there for, once it is begun, and why not. Threads: any; blocks.
  [[nodiscard]] virtual Result<> Ready() const { return {}; }
  /// Finish what was begun. REQUIRES: Start went well, and the process was asked to stop.
  virtual void Stop() = 0;
};

/// What the roles of one process have in common: opened by the first that asks for it.
///
/// Threads: one, but for `loaded`, `run_requested` and what is constant.
class SharedParts {
 public:
  /// The configuration outlives it.
  SharedParts(const Configuration& configuration, http::Access access, std::stop_token stop);

  Result<std::shared_ptr<pipeline::TopicAdmin>> Topics();
  Result<std::shared_ptr<pipeline::EventWriter>> Writer();
  Result<std::shared_ptr<pipeline::LayerStore>> Store();

  const Configuration& configuration;
  const http::Access access;
  const orchestration::Definitions definitions;
  const std::stop_token stop;  ///< Of the process.
  orchestration::News loaded;  ///< From the loader to the pipelines.
  /// From the back end to the pipelines. Set before anything starts; other processes look within a
  /// second.
  std::function<void()> run_requested = [] {};
  /// How many each port may have. Set before anything starts.
  std::size_t connections = 0;

 private:
  std::shared_ptr<pipeline::TopicAdmin> topics_;
  std::shared_ptr<pipeline::EventWriter> writer_;
  std::shared_ptr<pipeline::LayerStore> store_;
};

/// A port that a role listens on.
struct Port {
  std::string_view section;  ///< Of the configuration, which has its address and its number.
  std::string address;
  std::uint16_t number = 0;
  std::vector<http::Route> routes;
};
Result<> CheckPort(const SharedParts& shared, const Port& port);
Result<std::unique_ptr<http::Server>> Listen(const SharedParts& shared, Port port);
/// Answers what was begun, and nothing new. When it returns no handler runs any more.
void Close(std::unique_ptr<http::Server>& server);

/// HTTP → event log.
Result<std::unique_ptr<Role>> MakeProducer(SharedParts& shared);
/// Event log → bronze.
Result<std::unique_ptr<Role>> MakeLoader(SharedParts& shared);
/// Bronze → silver → gold.
Result<std::unique_ptr<Role>> MakePipelines(SharedParts& shared);
/// Gold → HTTP.
Result<std::unique_ptr<Role>> MakeBackend(SharedParts& shared);

}  // namespace herdflow::app
