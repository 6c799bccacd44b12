#pragma once

#include <cstddef>

#include "herdflow/core/result.hpp"

namespace herdflow::app {

/// How many connections each of `ports` may have, up to `wanted`, with the files that this process
/// may open beside those that it has open: raises that limit as far as the system lets it. What
/// is less than wanted is logged. kInvalidInput: too few to serve anybody.
Result<std::size_t> ConnectionsAPort(std::size_t ports, std::size_t wanted);

}  // namespace herdflow::app
