#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"
#include "layer_dump.hpp"

namespace herdflow::golden {

using Lines = std::vector<std::string>;

/// Runs a script (README.md) on an empty store and gives it back with its answers as they are now.
Result<Lines> Answer(const Lines& script, pipeline::testing::LayerStoreFixture& store);

}  // namespace herdflow::golden
