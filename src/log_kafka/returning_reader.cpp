#include "returning_reader.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace herdflow::log_kafka {

using pipeline::Polled;
using pipeline::TopicPartition;

Result<Polled> ReturningReader::Poll(const pipeline::PollLimits& limits) {
  if (!left_.empty()) return pipeline::Revoked{std::exchange(left_, {})};
  if (next_) {
    early_.reset();
    return *std::exchange(next_, std::nullopt);
  }
  if (early_ && taken_.empty()) early_.reset();
  return early_ ? PollBoth(limits) : member_->Poll(limits);
}

Result<Polled> ReturningReader::PollBoth(const pipeline::PollLimits& limits) {
  constexpr std::chrono::milliseconds kLook{20};
  auto of_group = limits;
  of_group.wait = std::chrono::milliseconds(0);
  HERDFLOW_ASSIGN(auto decided, member_->Poll(of_group));
  if (!std::holds_alternative<pipeline::Idle>(decided)) {
    next_ = std::move(decided);
    return pipeline::Revoked{std::exchange(taken_, {})};
  }
  auto of_early = limits;
  of_early.wait = std::min(limits.wait, kLook);
  return early_->Poll(of_early);
}

Result<> ReturningReader::Pause(TopicPartition partition) {
  HERDFLOW_CHECK(ReaderOf(partition).Pause(partition));
  if (early_ && std::erase(taken_, partition) > 0) left_.push_back(partition);
  return {};
}

pipeline::EventReader& ReturningReader::ReaderOf(TopicPartition partition) {
  const bool is_early =
      early_ && (std::find(taken_.begin(), taken_.end(), partition) != taken_.end() ||
                 std::find(left_.begin(), left_.end(), partition) != left_.end());
  return is_early ? *early_ : *member_;
}

}  // namespace herdflow::log_kafka
