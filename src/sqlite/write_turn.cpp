#include "herdflow/sqlite/write_turn.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace herdflow::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

/// Between two looks at a lock: short beside a transaction, long beside the look.
constexpr std::chrono::microseconds kLook{300};
/// A process that was stopped while it held the turn must not stop all others.
constexpr std::chrono::milliseconds kTurnPatience{1'000};

}  // namespace

Result<WriteTurn> WriteTurn::Open(const std::string& path) {
  HERDFLOW_ASSIGN(auto lock, FileLock::Open(path + "-turn"));
  return WriteTurn(std::move(lock));
}

Result<Transaction> WriteTurn::Begin(Database& database, std::chrono::milliseconds patience,
                                     const std::function<void()>& waiting) {
  const auto start = Clock::now();
  const auto without_turn = start + std::min(kTurnPatience, patience / 2);
  bool mine = false;
  for (;;) {
    mine = mine || lock_.TryLock();
    const auto now = Clock::now();
    if (mine || now >= without_turn) {
      auto transaction = Transaction::BeginImmediate(database);
      const bool again = !transaction && transaction.error().code() == ErrorCode::kUnavailable &&
                         now < start + patience;
      if (!again) {
        if (mine) lock_.Unlock();
        // Now that the write-ahead log is open, and nothing can be lost yet.
        if (transaction) HERDFLOW_CHECK(database.CheckPlace());
        return transaction;
      }
    }
    waiting();
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace herdflow::sqlite
