#include <thread>
#include <utility>

#include "herdflow/orchestration/runner.hpp"
#include "roles.hpp"

namespace herdflow::app {
namespace {

class Pipelines final : public Role {
 public:
  Pipelines(SharedParts& shared, std::shared_ptr<pipeline::LayerStore> store,
            std::unique_ptr<pipeline::RunLedger> ledger, herd::FarmCalendar calendar)
      : shared_(shared),
        store_(std::move(store)),
        ledger_(std::move(ledger)),
        context_{*store_},
        runner_({shared.definitions, context_, *ledger_, OwnerName(), shared.stop,
                 std::move(calendar)}),
        queue_(runner_) {
    shared_.run_requested = [this] { queue_.Wake(); };
  }

  Result<> Start() override {
    queue_.Start();
    if (shared_.definitions.scheduler == orchestration::SchedulerKind::kHerdflow) {
      scheduling_ =
          std::thread([this] { orchestration::Scheduler(runner_, queue_, shared_.loaded).Run(); });
    }
    return {};
  }
  void Stop() override {
    if (scheduling_.joinable()) scheduling_.join();
    queue_.Join();
    runner_.Finish();
  }

 private:
  SharedParts& shared_;
  const std::shared_ptr<pipeline::LayerStore> store_;
  const std::unique_ptr<pipeline::RunLedger> ledger_;
  pipeline::CleanseContext context_;
  orchestration::TaskRunner runner_;
  orchestration::QueueRunner queue_;
  std::thread scheduling_;
};

}  // namespace

Result<std::unique_ptr<Role>> MakePipelines(SharedParts& shared) {
  HERDFLOW_ASSIGN(auto store, shared.Store());
  HERDFLOW_ASSIGN(auto ledger, OpenLedger(shared.configuration));
  HERDFLOW_ASSIGN(auto calendar, OpenCalendar(shared.configuration));
  return std::make_unique<Pipelines>(shared, std::move(store), std::move(ledger),
                                     std::move(calendar));
}

}  // namespace herdflow::app
