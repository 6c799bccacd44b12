#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "herdflow/core/result.hpp"
#include "herdflow/intake/farm_book.hpp"

namespace herdflow::intake {

using FarmStates = std::map<std::string, FarmState, std::less<>>;

/// Asks a book about farms, and tells in the order in which it was asked.
///
/// Threads: any.
class FarmGate : public std::enable_shared_from_this<FarmGate> {
 public:
  using Then = std::function<void(const Result<FarmStates>&)>;

  /// The book outlives every question.
  explicit FarmGate(FarmBook& book) : book_(book) {}

  /// `then` is called once: at once, where nothing waits before it and the book remembers all of
  /// `farms`; else from the book's thread. None at a time. Errors: as of FarmBook::Find.
  void Ask(const std::vector<std::string>& farms, Then then);

 private:
  struct Question {
    Result<FarmStates> answer;
    std::size_t open = 0;  ///< Farms of which nothing is known yet.
    Then then;
  };

  void Note(Question& question, const std::string& farm, Result<FarmState> state);
  void TellInOrder();

  FarmBook& book_;
  std::mutex mutex_;  ///< Guards what follows, and the questions.
  std::deque<std::shared_ptr<Question>> waiting_;
  bool is_telling_ = false;
};

}  // namespace herdflow::intake
