#pragma once

#include <string>

namespace herdflow::app {

/// What tells this build from every other one: the version, and the linker's hash of the
/// executable. The same on every machine that runs it.
[[nodiscard]] std::string BuildId();

}  // namespace herdflow::app
