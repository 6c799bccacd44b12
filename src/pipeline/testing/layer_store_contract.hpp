#pragma once

// What every layer store promises, under the steps that work with it: the suite that each
// implementation of herdflow/pipeline/{layer_store,store_queries}.hpp runs unchanged. A test
// program includes it in one file and writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreContract, testing::Values(MakeSqliteFixture));
//   INSTANTIATE_TEST_SUITE_P(Sqlite, LayerStoreRevisions, testing::Values(MakeSqliteFixture));

#include "layer_store_contract/aggregates.hpp"      // IWYU pragma: export
#include "layer_store_contract/default_farm.hpp"    // IWYU pragma: export
#include "layer_store_contract/farm_changes.hpp"    // IWYU pragma: export
#include "layer_store_contract/farms.hpp"           // IWYU pragma: export
#include "layer_store_contract/herd_book.hpp"       // IWYU pragma: export
#include "layer_store_contract/judged_anew.hpp"     // IWYU pragma: export
#include "layer_store_contract/loading.hpp"         // IWYU pragma: export
#include "layer_store_contract/moved_readings.hpp"  // IWYU pragma: export
#include "layer_store_contract/queries.hpp"         // IWYU pragma: export
#include "layer_store_contract/readings.hpp"        // IWYU pragma: export
#include "layer_store_contract/revisions.hpp"       // IWYU pragma: export
#include "layer_store_contract/several_owners.hpp"  // IWYU pragma: export
#include "layer_store_contract/unit_changes.hpp"    // IWYU pragma: export
#include "layer_store_contract/waiting.hpp"         // IWYU pragma: export
