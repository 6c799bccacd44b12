#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/intake/farm_book.hpp"
#include "herdflow/pipeline/herd_queries.hpp"

namespace herdflow::intake {

/// The book of a store's farms: it remembers what the store said last, and looks again while it is
/// asked.
///
/// What it remembers is told at once for a second, and for as long as the store does not answer;
/// a farm that it does not know is looked for first, with all others that are asked for in that
/// tenth of a second.
class CachedFarms final : public FarmBook {
 public:
  using Open = std::function<Result<std::unique_ptr<pipeline::HerdQueries>>()>;

  /// `open` is called by the book's own thread, when a farm is asked for first, until it succeeds.
  explicit CachedFarms(Open open);
  /// Whoever waits still is told kUnavailable.
  ~CachedFarms() override;
  CachedFarms(const CachedFarms&) = delete;
  CachedFarms& operator=(const CachedFarms&) = delete;

  void Find(std::string_view farm, Found found) override;

 private:
  using Clock = std::chrono::steady_clock;
  using Farms = std::map<std::string, FarmState, std::less<>>;
  struct Question {
    std::string farm;
    Found found;
  };

  [[nodiscard]] std::optional<FarmState> Remembered(std::string_view farm);
  [[nodiscard]] bool IsFresh(Clock::time_point now) const;
  void LookWhileAsked();
  Result<Farms> Look();
  void Answer(const std::vector<Question>& questions, const Result<>& looked) const;

  const Open open_;
  std::unique_ptr<pipeline::HerdQueries> queries_;  ///< The thread's.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  Farms farms_;  ///< Written by the thread alone.
  std::vector<Question> waiting_;
  bool is_old_ = false;  ///< Somebody was told what a new look should bear out.
  bool is_looking_ = false;
  bool is_ending_ = false;
  Clock::time_point begun_;  ///< The newest look,
  Clock::time_point done_;   ///< and when the newest that has ended was begun.
  std::thread thread_;
};

}  // namespace herdflow::intake
