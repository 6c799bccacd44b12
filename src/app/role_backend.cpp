#include <mutex>
#include <utility>
#include <vector>

#include "herdflow/api/backend.hpp"
#include "roles.hpp"

namespace herdflow::app {
namespace {

/// What the requests of the back end ask, which wait for less long than a step does.
struct RequestParts {
  std::shared_ptr<pipeline::TopicAdmin> topics;
  std::shared_ptr<pipeline::EventWriter> writer;
  std::unique_ptr<pipeline::LayerStore> store;
  std::unique_ptr<pipeline::RunLedger> ledger;
  std::unique_ptr<pipeline::HerdQueries> queries;
  herd::FarmCalendar calendar;
};

class Backend final : public Role {
 public:
  Backend(SharedParts& shared, RequestParts parts)
      : shared_(shared),
        parts_(std::move(parts)),
        cows_({*parts_.store, *parts_.writer, *parts_.topics, *parts_.queries, shared.stop}) {}

  [[nodiscard]] Result<> Check() const override { return CheckPort(shared_, PortOf({})); }
  Result<> Start() override {
    api::BackendDeps deps{*parts_.queries,
                          [this](const intake::NewCow& cow) { return cows_.Create(cow); },
                          [this] { return Today(); },
                          shared_.configuration.health,
                          *parts_.ledger,
                          shared_.definitions,
                          shared_.run_requested};
    HERDFLOW_ASSIGN(server_, Listen(shared_, PortOf(api::BackendRoutes(std::move(deps)))));
    return {};
  }
  Result<> Ready() const override { return api::Ready(*parts_.queries); }
  void Stop() override { Close(server_); }

 private:
  [[nodiscard]] Port PortOf(std::vector<http::Route> routes) const {
    const Configuration& configuration = shared_.configuration;
    return {"backend", configuration.backend_address, configuration.backend_port,
            std::move(routes)};
  }
  FarmDay Today() {
    const std::lock_guard lock(calendar_);
    return parts_.calendar.DayOf(Now());
  }

  SharedParts& shared_;
  RequestParts parts_;
  intake::CowMaker cows_;
  std::mutex calendar_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Role>> MakeBackend(SharedParts& shared) {
  const Configuration& configuration = shared.configuration;
  HERDFLOW_ASSIGN(auto topics, shared.Topics());
  HERDFLOW_ASSIGN(auto writer, shared.Writer());
  HERDFLOW_ASSIGN(auto store,
                  OpenStore(configuration, pipeline::StoreUse::kJudge, Patience::kRequest));
  HERDFLOW_ASSIGN(auto ledger, OpenLedger(configuration, Patience::kRequest));
  HERDFLOW_ASSIGN(auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(auto calendar, OpenCalendar(configuration));
  return std::make_unique<Backend>(
      shared, RequestParts{std::move(topics), std::move(writer), std::move(store),
                           std::move(ledger), std::move(queries), std::move(calendar)});
}

}  // namespace herdflow::app
