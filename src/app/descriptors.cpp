#include "descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "herdflow/core/logging.hpp"

namespace herdflow::app {
namespace {

/// For what is opened later: connections to brokers and databases, SQLite's own files.
constexpr std::size_t kReserve = 64;
constexpr std::size_t kLeastConnections = 16;
constexpr const char* kHowToRaise =
    "raise the limit: `ulimit -n 4096`, LimitNOFILE=4096 in a unit of systemd, `ulimits` in "
    "Compose";

std::size_t OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  return error ? kReserve : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace

Result<std::size_t> ConnectionsAPort(std::size_t ports, std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const std::size_t taken = OpenFiles() + kReserve;
  const std::size_t needed = taken + ports * wanted;
  if (limit.rlim_cur < needed && limit.rlim_cur < limit.rlim_max) {
    rlimit raised = limit;
    raised.rlim_cur = std::min<rlim_t>(limit.rlim_max, needed);
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= needed) return wanted;
  const std::size_t left = limit.rlim_cur > taken ? (limit.rlim_cur - taken) / ports : 0;
  if (left < kLeastConnections) {
    return Fail(ErrorCode::kInvalidInput,
                "serving: this process may open {} files, of which {} are needed beside "
                "connections, and each port needs {}; {}",
                limit.rlim_cur, taken, kLeastConnections, kHowToRaise);
  }
  Log(LogLevel::kWarning,
      "this process may open {} files: each port takes {} connections instead of {}; {}",
      limit.rlim_cur, left, wanted, kHowToRaise);
  return left;
}

}  // namespace herdflow::app
