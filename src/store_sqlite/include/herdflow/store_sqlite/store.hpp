#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "herdflow/core/result.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/pipeline/run_ledger.hpp"
#include "herdflow/pipeline/store_queries.hpp"

namespace herdflow::store_sqlite {

/// How long a transaction waits for its turn to write before it fails with kUnavailable.
inline constexpr std::chrono::milliseconds kUsualPatience{60'000};

struct SqliteStoreOptions {
  std::string folder;            ///< Holds `store.db`; made if missing.
  herd::FarmRules default_farm;  ///< What `default` is made with.
  std::chrono::milliseconds patience = kUsualPatience;
  pipeline::StoreUse use = pipeline::StoreUse::kJudge;
  std::int64_t rules_code = herd::RulesCode();  ///< A higher one judges all again.
};

/// The layers in `store.db`. One connection writes, every commit is synced to disk; other processes
/// may read and write the same file meanwhile.
///
/// kInvalidInput: the store is that of a newer herdflow.
Result<std::unique_ptr<pipeline::LayerStore>> MakeSqliteLayerStore(
    const SqliteStoreOptions& options);

/// Queries over the `store.db` of a folder, of which four read at the same time; more wait for one
/// of these. kNotFound: there is none yet.
Result<pipeline::StoreQueries> MakeSqliteQueries(const std::string& folder);

/// The runs of tasks in the `store.db` of a folder, which is brought to the newest schema. It
/// writes on a connection of its own, in turn with all others. kNotFound: there is none yet.
Result<std::unique_ptr<pipeline::RunLedger>> MakeSqliteRunLedger(
    const std::string& folder, std::chrono::milliseconds patience = kUsualPatience);

}  // namespace herdflow::store_sqlite
