#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "herdflow/core/result.hpp"

namespace herdflow::golden {

using Lines = std::vector<std::string>;

/// Runs a script (README.md) and gives it back with its answers as they are now.
Result<Lines> Answer(const Lines& script);

}  // namespace herdflow::golden
