#pragma once

#include <chrono>
#include <stop_token>

namespace herdflow::app {

/// From now on SIGINT and SIGTERM ask who has this token to stop, instead of ending the process.
/// What has not ended within 2 s, because it stands in a call that does not return, is ended all
/// the same, with the exit code of kShuttingDown; so it is by a second signal.
[[nodiscard]] std::stop_token CatchStopSignals();
/// From now on a signal gives it so long instead. REQUIRES: CatchStopSignals.
void SetTimeToEnd(std::chrono::milliseconds patience);

/// From now on a write beyond the limit of a file's size fails and is told, instead of ending the
/// process.
void SurviveFileLimits();

}  // namespace herdflow::app
