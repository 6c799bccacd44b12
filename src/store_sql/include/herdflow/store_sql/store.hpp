#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/herd_queries.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_sql {

/// What every row depends on: recorded by the writer that was opened last to judge. Where that
/// changes something, all readings are asked for to be judged again.
struct StoreSettings {
  std::string rules_version;  ///< `herd::RulesVersion`.
  std::string time_zone;      ///< The farm's IANA zone.
  pipeline::StoreUse use = pipeline::StoreUse::kJudge;
};

/// The layers in an engine's tables, which its migrations have made.
/// kInvalidInput: the store was judged by the rules of a newer herdflow.
Result<std::unique_ptr<pipeline::LayerStore>> MakeSqlLayerStore(
    std::shared_ptr<WriteSessions> sessions, const StoreSettings& settings);

std::unique_ptr<pipeline::HerdQueries> MakeSqlHerdQueries(std::shared_ptr<ReadSessions> sessions);

/// The runs of tasks, in the tables beside the layers.
std::unique_ptr<pipeline::RunLedger> MakeSqlRunLedger(std::shared_ptr<WriteSessions> writers,
                                                      std::shared_ptr<ReadSessions> readers);

}  // namespace herdflow::store_sql
