#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "herdflow/core/result.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/pipeline/store_queries.hpp"
#include "herdflow/store_sql/session.hpp"

namespace herdflow::store_sql {

/// What a store is opened with.
struct StoreSettings {
  /// What `default` is made with where the store has it not yet. Later its events alone change it:
  /// who is opened with other rules, that are not as built in either, warns of that, and names
  /// `herdflow farm change`.
  herd::FarmRules default_farm;
  /// Where the code's number is a higher one than that of whoever judged last, all readings are
  /// asked for to be judged again.
  std::int64_t rules_code = herd::RulesCode();
  pipeline::StoreUse use = pipeline::StoreUse::kJudge;
};

/// The layers in an engine's tables, which its migrations have made.
/// kInvalidInput: the store was judged by the rules of a newer herdflow.
Result<std::unique_ptr<pipeline::LayerStore>> MakeSqlLayerStore(
    std::shared_ptr<WriteSessions> sessions, std::shared_ptr<ReadSessions> readers,
    const StoreSettings& settings);

pipeline::StoreQueries MakeSqlQueries(const std::shared_ptr<ReadSessions>& sessions);

/// The runs of tasks, in the tables beside the layers.
std::unique_ptr<pipeline::RunLedger> MakeSqlRunLedger(std::shared_ptr<WriteSessions> writers,
                                                      std::shared_ptr<ReadSessions> readers);

}  // namespace herdflow::store_sql
