#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "herdflow/core/retry.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "roles.hpp"

namespace herdflow::app {
namespace {

using namespace std::chrono_literals;

class Loader final : public Role {
 public:
  Loader(SharedParts& shared, std::shared_ptr<pipeline::LayerStore> store,
         std::unique_ptr<pipeline::EventReader> reader)
      : shared_(shared),
        store_(std::move(store)),
        reader_(std::move(reader)),
        loader_({*reader_, *store_, OwnerName()}) {}

  Result<> Start() override {
    loading_ = std::thread([this] { Load(); });
    return {};
  }
  Result<> Ready() const override {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  void Stop() override { loading_.join(); }

 private:
  /// A failure is never the messages' fault: it is told, and tried again.
  void Load() {
    // What keeps it from loading is mostly over within seconds, and each try is one connection.
    Retry retry("loader", {.longest = 2s});
    while (!shared_.stop.stop_requested()) {
      const auto loaded = retry.Until(shared_.stop, [this] { return Step(); });
      if (loaded && *loaded > 0) shared_.loaded.Announce();
    }
  }

  Result<std::int64_t> Step() {
    auto loaded = loader_.Step(100ms);
    const auto halted = loader_.halted();
    const std::lock_guard lock(mutex_);
    if (!loaded) {
      last_ = Fail(loaded.error());
    } else if (!halted.empty()) {
      last_ = Fail(halted.front().error);
    } else {
      last_ = {};
    }
    return loaded;
  }

  SharedParts& shared_;
  const std::shared_ptr<pipeline::LayerStore> store_;
  const std::unique_ptr<pipeline::EventReader> reader_;
  pipeline::Loader loader_;  ///< The loading thread's.
  mutable std::mutex mutex_;
  Result<> last_ = Fail(ErrorCode::kUnavailable, "loading: nothing was read of the log yet");
  std::thread loading_;
};

}  // namespace

Result<std::unique_ptr<Role>> MakeLoader(SharedParts& shared) {
  HERDFLOW_CHECK(shared.Topics());  // Those that are missing are made.
  HERDFLOW_ASSIGN(auto store, shared.Store());
  HERDFLOW_ASSIGN(auto reader, OpenReader(shared.configuration, *store));
  return std::make_unique<Loader>(shared, std::move(store), std::move(reader));
}

}  // namespace herdflow::app
