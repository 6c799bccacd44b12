#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "herdflow/orchestration/runner.hpp"

namespace herdflow::orchestration {
namespace {

using pipeline::RunState;
using pipeline::RunTrigger;

/// Does a round's tasks, up to kTasksAtOnce at once, each as soon as those before it succeeded.
class RoundRunner {
 public:
  RoundRunner(TaskRunner& runner, const PipelineDefinition& pipeline, const Round& round)
      : runner_(runner), pipeline_(pipeline), round_(round) {
    for (const TaskDefinition& task : pipeline.tasks) {
      if (round.only_task.empty() || round.only_task == task.id()) tasks_.push_back({&task});
    }
  }

  /// Of several tasks that fail, the first one tells.
  TaskRunner::Outcome Run() {
    std::vector<std::thread> others;
    const auto at_once = std::min<std::size_t>(tasks_.size(), kTasksAtOnce);
    for (std::size_t i = 1; i < at_once; ++i) others.emplace_back([this] { Work(); });
    Work();
    for (std::thread& other : others) other.join();
    TaskRunner::Outcome whole;
    for (const Task& task : tasks_) {
      if (!task.outcome) continue;  // What it comes after did not succeed.
      whole.rows += task.outcome->rows;
      if (whole.state != RunState::kSucceeded) continue;
      whole.state = task.outcome->state;
      whole.error = task.outcome->error;
    }
    return whole;
  }

 private:
  struct Task {
    const TaskDefinition* definition;
    bool begun = false;
    std::optional<TaskRunner::Outcome> outcome = {};
  };

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      const auto next =
          std::find_if(tasks_.begin(), tasks_.end(), [&](const Task& task) { return IsDue(task); });
      if (next != tasks_.end()) {
        next->begun = true;
        ++running_;
        lock.unlock();
        auto outcome = Do(*next->definition);
        lock.lock();
        next->outcome = std::move(outcome);
        --running_;
        done_.notify_all();
      } else if (running_ > 0) {
        done_.wait(lock);
      } else {
        return;
      }
    }
  }

  [[nodiscard]] bool IsDue(const Task& task) const {
    if (task.begun) return false;
    const auto& after = task.definition->after;
    return !round_.only_task.empty() ||
           std::all_of(after.begin(), after.end(), [&](const auto& before) {
             return std::any_of(tasks_.begin(), tasks_.end(), [&](const Task& other) {
               return other.definition->id() == before && other.outcome &&
                      other.outcome->state == RunState::kSucceeded;
             });
           });
  }

  TaskRunner::Outcome Do(const TaskDefinition& task) {
    TaskRunner::Work wanted;
    wanted.place = {&pipeline_, &task};
    wanted.run.trigger = round_.trigger;
    const bool is_command = round_.trigger == RunTrigger::kCommand;
    wanted.run.key = fmt::format("{}:{}:{}:{}", is_command ? "command" : "new",
                                 runner_.parts().owner, ToMicros(Now()), task.id());
    wanted.is_always_told = round_.is_always_told;
    wanted.progress = round_.progress;
    return runner_.Do(std::move(wanted));
  }

  TaskRunner& runner_;
  const PipelineDefinition& pipeline_;
  const Round& round_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<Task> tasks_;
  int running_ = 0;
};

}  // namespace

TaskRunner::Outcome RunRound(TaskRunner& runner, const PipelineDefinition& pipeline,
                             const Round& round) {
  return RoundRunner(runner, pipeline, round).Run();
}

}  // namespace herdflow::orchestration
