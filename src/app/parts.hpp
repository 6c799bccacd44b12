#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "config.hpp"
#include "herdflow/core/result.hpp"
#include "herdflow/herd/farm_calendar.hpp"
#include "herdflow/pipeline/event_log.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/pipeline/store_queries.hpp"

/// The parts of one herdflow as the configuration wants them: the only place that names engines.
namespace herdflow::app {

/// As [topics] says a missing topic is made.
[[nodiscard]] pipeline::TopicSettings NewTopicSettings(const Configuration& configuration);
/// The data folder is made, and every topic that is missing, unless [topics] create forbids it.
Result<std::unique_ptr<pipeline::TopicAdmin>> OpenTopics(const Configuration& configuration);
/// How long a broker is waited for.
inline constexpr std::chrono::seconds kBrokerPatience{5};
/// No topic is made.
Result<std::unique_ptr<pipeline::TopicAdmin>> OpenTopicAdmin(
    const Configuration& configuration, std::chrono::milliseconds patience = kBrokerPatience);
/// To look only: nothing is made. kNotFound: there is no log in the data folder.
Result<std::unique_ptr<pipeline::TopicAdmin>> OpenExistingTopics(
    const Configuration& configuration, std::chrono::milliseconds patience = kBrokerPatience);
Result<std::unique_ptr<pipeline::EventWriter>> OpenWriter(const Configuration& configuration);
/// A member of the group of this store, which begins at once with what killed processes of this
/// host left behind. `past_damage`: leave out what the embedded log does not hold as it was
/// written.
Result<std::unique_ptr<pipeline::EventReader>> OpenReader(const Configuration& configuration,
                                                          const pipeline::LayerStore& store,
                                                          bool past_damage = false);
/// How long somebody waits who writes: others hold their locks for milliseconds, unless they hang.
enum class Patience : std::uint8_t {
  kStep,     ///< Of a step, which has time.
  kRequest,  ///< Of a request by HTTP, whose client waits.
};
Result<std::unique_ptr<pipeline::LayerStore>> OpenStore(const Configuration& configuration,
                                                        pipeline::StoreUse use,
                                                        Patience patience = Patience::kStep);
/// kNotFound: nothing was loaded yet.
Result<pipeline::StoreQueries> OpenQueries(const Configuration& configuration);
/// kNotFound: nothing was loaded yet.
Result<std::unique_ptr<pipeline::RunLedger>> OpenLedger(const Configuration& configuration,
                                                        Patience patience = Patience::kStep);
/// Of the configuration's zone, by whose clock schedules are.
Result<herd::FarmCalendar> OpenCalendar(const Configuration& configuration);
/// The farm of this id. kNotFound: there is none. `doing`: what the message begins with.
Result<pipeline::FarmView> FindFarm(pipeline::HerdQueries& herd, const std::string& farm,
                                    std::string_view doing);

/// `events in data/log.db, layers in data/store.db`: for people.
[[nodiscard]] std::string DescribeEngines(const Configuration& configuration);

/// `<host>:<pid>`: who holds a claim, for people.
[[nodiscard]] std::string OwnerName();

}  // namespace herdflow::app
