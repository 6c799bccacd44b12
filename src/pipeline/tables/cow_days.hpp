#pragma once

#include "herdflow/herd/aggregates.hpp"
#include "herdflow/pipeline/derived_table.hpp"

namespace herdflow::pipeline {

/// The columns of CowDays, for the tables that are made from it.
[[nodiscard]] herd::CowDay CowDayIn(const DerivedRow& row);
[[nodiscard]] DerivedRow RowOf(const DerivedKey& key, const herd::CowDay& day);

}  // namespace herdflow::pipeline
