#include <algorithm>
#include <utility>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

using TopicEnds = std::vector<TopicDescription>;

/// The partitions that are to be loaded still, halted ones left out.
std::vector<TopicPartition> NotLoaded(const TopicEnds& ends,
                                      const std::vector<PartitionProgress>& stands,
                                      const std::vector<TopicPartition>& halted) {
  std::vector<TopicPartition> all;
  for (const TopicDescription& topic : ends) {
    for (const TopicDescription::Partition& at : topic.partitions) {
      const TopicPartition partition{topic.topic, at.partition};
      const bool is_loaded =
          at.end == at.begin ||
          std::find(halted.begin(), halted.end(), partition) != halted.end() ||
          std::any_of(stands.begin(), stands.end(), [&](const PartitionProgress& stand) {
            return stand.current && stand.log_id == topic.stream_id &&
                   stand.partition == at.partition && stand.next_offset >= at.end;
          });
      if (!is_loaded) all.push_back(partition);
    }
  }
  return all;
}

/// Tells a person who waits for another process's loader whom they wait for.
class Watch {
 public:
  void Look(const std::vector<PartitionProgress>& stands, const std::vector<TopicPartition>& left) {
    std::int64_t sum = 0;
    for (const PartitionProgress& at : stands) sum += at.next_offset;
    const auto now = std::chrono::steady_clock::now();
    if (sum != sum_) {
      sum_ = sum;
      since_ = now;
    } else if (now - since_ > kSilence && !left.empty()) {
      Log(LogLevel::kWarning,
          "load: nothing was loaded for {} s; {}/{}{} held by {}; waiting for it, or until the log "
          "has given up a process that was killed (Ctrl-C ends the wait)",
          kSilence.count(), Name(left[0].topic), left[0].partition,
          left.size() == 1 ? " is" : fmt::format(" and {} more are", left.size() - 1),
          HolderOf(left[0], stands));
      since_ = now;
    }
  }

 private:
  static std::string HolderOf(TopicPartition partition,
                              const std::vector<PartitionProgress>& stands) {
    for (const PartitionProgress& at : stands) {
      if (!at.current || at.topic != Name(partition.topic)) continue;
      if (at.partition != partition.partition || at.owner.empty()) continue;
      return at.claimed_at
                 ? fmt::format("process {} since {}", at.owner, FormatInstant(*at.claimed_at))
                 : "process " + at.owner;
    }
    return "another process that loads this store";
  }

  static constexpr std::chrono::seconds kSilence{5};
  std::int64_t sum_ = -1;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace

Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, HerdQueries& queries,
                               const StopRequested& stop, const StepProgress& progress) {
  HERDFLOW_ASSIGN(const auto conflicts, FindLogConflicts(topics, queries));
  HERDFLOW_ASSIGN(const TopicEnds ends, topics.List());
  std::vector<TopicPartition> halted;
  std::optional<Error> failed;
  const auto note = [&](TopicPartition partition, const Error& error) {
    if (!failed) failed = error;
    if (std::find(halted.begin(), halted.end(), partition) == halted.end()) {
      halted.push_back(partition);
    }
  };
  for (const LogConflict& each : conflicts) note(each.partition.partition, each.error);
  for (const TopicDescription& topic : ends) {
    for (const auto& at : topic.partitions) {
      if (at.away) note({topic.topic, at.partition}, *at.away);
    }
  }
  std::int64_t loaded = 0;
  Watch watch;
  Retry retry("load");
  while (!stop()) {
    const auto count = loader.Step(std::chrono::milliseconds(50));
    if (!count) {
      if (!IsPassing(count.error())) return Fail(count.error());
      SleepUnless(stop, retry.Failed(count.error()));
      continue;
    }
    retry.Succeeded();
    loaded += *count;
    if (*count != 0) progress("load", loaded);
    for (const Loader::Halted& each : loader.halted()) {
      if (!IsPassing(each.error)) note(each.partition, each.error);
    }
    HERDFLOW_ASSIGN(const std::vector<PartitionProgress> stands, queries.ReadProgress());
    const auto left = NotLoaded(ends, stands, halted);
    if (left.empty() && !loader.IsChecking()) break;
    watch.Look(stands, left);
  }
  if (failed && !stop()) return Fail(*std::move(failed));
  return loaded;
}

}  // namespace herdflow::pipeline
