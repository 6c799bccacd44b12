#include "roles.hpp"

#include <chrono>
#include <utility>

#include "herdflow/core/logging.hpp"

namespace herdflow::app {
namespace {

/// What requests that were begun are given to end.
constexpr std::chrono::milliseconds kDrain{5'000};

http::ServerOptions OptionsOf(const SharedParts& shared, const Port& port) {
  http::ServerOptions options;
  options.access = shared.access;
  options.address = port.address;
  options.port = port.number;
  options.limits.connections = shared.connections;
  options.blocking_threads = 4;
  options.writing_threads = 4;  // New cows wait together for the log.
  options.address_setting = fmt::format("[{0}] address (--{0}-address)", port.section);
  options.port_setting = fmt::format("[{0}] port (--{0}-port)", port.section);
  options.token_setting = "[http] token_file (--http-token-file)";
  return options;
}

}  // namespace

SharedParts::SharedParts(const Configuration& of, http::Access who, std::stop_token process)
    : configuration(of),
      access(std::move(who)),
      definitions(of.pipelines),
      stop(std::move(process)) {}

Result<std::shared_ptr<pipeline::TopicAdmin>> SharedParts::Topics() {
  if (!topics_) {
    HERDFLOW_ASSIGN(topics_, OpenTopics(configuration));
  }
  return topics_;
}

Result<std::shared_ptr<pipeline::EventWriter>> SharedParts::Writer() {
  if (!writer_) {
    HERDFLOW_ASSIGN(writer_, OpenWriter(configuration));
  }
  return writer_;
}

Result<std::shared_ptr<pipeline::LayerStore>> SharedParts::Store() {
  if (!store_) {
    HERDFLOW_ASSIGN(store_, OpenStore(configuration, pipeline::StoreUse::kJudge));
  }
  return store_;
}

Result<> CheckPort(const SharedParts& shared, const Port& port) {
  return http::Server::Check(OptionsOf(shared, port));
}

Result<std::unique_ptr<http::Server>> Listen(const SharedParts& shared, Port port) {
  HERDFLOW_ASSIGN(auto server,
                  http::Server::Start(OptionsOf(shared, port), std::move(port.routes)));
  Log(LogLevel::kInfo, "{} on {}", port.section, server->url());
  return server;
}

void Close(std::unique_ptr<http::Server>& server) {
  server->Drain(kDrain);
  server.reset();
}

}  // namespace herdflow::app
