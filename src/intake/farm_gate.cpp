#include "farm_gate.hpp"

#include <utility>

namespace herdflow::intake {

void FarmGate::Ask(const std::vector<std::string>& farms, Then then) {
  const auto question = std::make_shared<Question>();
  question->open = farms.size();
  question->then = std::move(then);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(question);
  }
  for (const std::string& farm : farms) {
    book_.Find(farm, [self = shared_from_this(), question, farm](Result<FarmState> state) {
      self->Note(*question, farm, std::move(state));
      self->TellInOrder();
    });
  }
  TellInOrder();
}

void FarmGate::Note(Question& question, const std::string& farm, Result<FarmState> state) {
  const std::lock_guard lock(mutex_);
  --question.open;
  if (!state) {
    question.answer = Fail(std::move(state).error());
  } else if (question.answer) {
    question.answer->emplace(farm, *state);
  }
}

void FarmGate::TellInOrder() {
  std::unique_lock lock(mutex_);
  // Who tells already sees what came meanwhile.
  if (is_telling_) return;
  is_telling_ = true;
  while (!waiting_.empty() && waiting_.front()->open == 0) {
    const auto question = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    question->then(question->answer);
    lock.lock();
  }
  is_telling_ = false;
}

}  // namespace herdflow::intake
