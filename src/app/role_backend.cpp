#include <mutex>
#include <utility>
#include <vector>

#include "build_id.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/intake/write_farm.hpp"
#include "roles.hpp"

namespace herdflow::app {
namespace {

/// What the requests of the back end ask, which wait for less long than a step does.
struct RequestParts {
  std::shared_ptr<pipeline::TopicAdmin> topics;
  std::shared_ptr<pipeline::EventWriter> writer;
  std::unique_ptr<pipeline::LayerStore> store;
  std::unique_ptr<pipeline::RunLedger> ledger;
  pipeline::StoreQueries queries;
};

class Backend final : public Role {
 public:
  Backend(SharedParts& shared, RequestParts parts)
      : shared_(shared),
        parts_(std::move(parts)),
        cows_({*parts_.store, *parts_.writer, *parts_.topics, *parts_.queries.herd,
               *parts_.queries.operations, shared.stop}),
        farms_({*parts_.store, *parts_.writer, *parts_.topics, *parts_.queries.herd,
                *parts_.queries.operations}) {}

  [[nodiscard]] Result<> Check() const override { return CheckPort(shared_, PortOf({})); }
  Result<> Start() override {
    api::BackendDeps deps{*parts_.queries.herd,
                          *parts_.queries.report,
                          *parts_.queries.operations,
                          [this](const intake::NewCow& cow) { return cows_.Create(cow); },
                          [this](const herd::FarmFields& farm) { return farms_.Put(farm); },
                          [this](std::string_view zone) { return Today(zone); },
                          shared_.configuration.health,
                          *parts_.ledger,
                          shared_.definitions,
                          shared_.run_requested,
                          BuildId()};
    HERDFLOW_ASSIGN(server_, Listen(shared_, PortOf(api::BackendRoutes(std::move(deps)))));
    return {};
  }
  Result<> Ready() const override { return api::Ready(*parts_.queries.operations); }
  void Stop() override { Close(server_); }

 private:
  [[nodiscard]] Port PortOf(std::vector<http::Route> routes) const {
    const Configuration& configuration = shared_.configuration;
    return {"backend", configuration.backend_address, configuration.backend_port,
            std::move(routes)};
  }
  Result<FarmDay> Today(std::string_view zone) {
    const std::lock_guard lock(calendars_mutex_);
    HERDFLOW_ASSIGN(const herd::FarmCalendar* const calendar, calendars_.Of(zone));
    return calendar->DayOf(Now());
  }

  SharedParts& shared_;
  RequestParts parts_;
  intake::CowMaker cows_;
  intake::FarmMaker farms_;
  std::mutex calendars_mutex_;
  herd::FarmCalendars calendars_;
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
  return std::make_unique<Backend>(
      shared, RequestParts{std::move(topics), std::move(writer), std::move(store),
                           std::move(ledger), std::move(queries)});
}

}  // namespace herdflow::app
