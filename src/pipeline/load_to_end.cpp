#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "herdflow/core/logging.hpp"
#include "herdflow/core/retry.hpp"
#include "herdflow/pipeline/pipelines.hpp"

namespace herdflow::pipeline {
namespace {

using TopicEnds = std::vector<TopicDescription>;

bool IsIn(const std::vector<TopicPartition>& all, TopicPartition partition) {
  return std::find(all.begin(), all.end(), partition) != all.end();
}

/// The partitions that cannot be loaded now, and why the first of them cannot.
class GivenUp {
 public:
  void Note(TopicPartition partition, const Error& error) {
    if (!why_) why_ = error;
    if (!Has(partition)) partitions_.push_back(partition);
  }
  void NoteAway(const TopicEnds& ends, const std::vector<TopicPartition>& of) {
    for (const TopicDescription& topic : ends) {
      for (const TopicDescription::Partition& at : topic.partitions) {
        const TopicPartition partition{topic.topic, at.partition};
        if (at.away && IsIn(of, partition)) Note(partition, *at.away);
      }
    }
  }
  [[nodiscard]] bool Has(TopicPartition partition) const { return IsIn(partitions_, partition); }
  [[nodiscard]] const std::optional<Error>& why() const { return why_; }

 private:
  std::vector<TopicPartition> partitions_;
  std::optional<Error> why_;
};

/// The partitions that are to be loaded still, or to be compared with what was loaded before.
std::vector<TopicPartition> NotLoaded(const TopicEnds& ends,
                                      const std::vector<PartitionProgress>& stands,
                                      const std::vector<TopicPartition>& checking,
                                      const GivenUp& given_up) {
  std::vector<TopicPartition> all;
  for (const TopicDescription& topic : ends) {
    for (const TopicDescription::Partition& at : topic.partitions) {
      const TopicPartition partition{topic.topic, at.partition};
      if (given_up.Has(partition)) continue;
      const bool is_loaded =
          at.end == at.begin ||
          std::any_of(stands.begin(), stands.end(), [&](const PartitionProgress& stand) {
            return stand.current && stand.log_id == topic.stream_id &&
                   stand.partition == at.partition && stand.next_offset >= at.end;
          });
      if (!is_loaded || IsIn(checking, partition)) all.push_back(partition);
    }
  }
  return all;
}

/// Notices that nothing is loaded any more, and tells a person whom they wait for.
class Watch {
 public:
  explicit Watch(std::string owner) : owner_(std::move(owner)) {}

  /// Whether nothing was loaded of what is left for a while, by whomever. Once a while.
  bool IsSilent(const std::vector<PartitionProgress>& stands,
                const std::vector<TopicPartition>& left) {
    std::int64_t sum = 0;
    for (const TopicPartition partition : left) {
      if (const auto* stand = StandOf(partition, stands)) sum += stand->next_offset;
    }
    const auto now = std::chrono::steady_clock::now();
    if (sum == sum_ && now - since_ <= kSilence) return false;
    since_ = now;
    return std::exchange(sum_, sum) == sum;
  }
  void Tell(const std::vector<PartitionProgress>& stands,
            const std::vector<TopicPartition>& left) const {
    Log(LogLevel::kWarning, "load: nothing was loaded for {} s; {}/{}{} held by {}",
        kSilence.count(), Name(left[0].topic), left[0].partition,
        left.size() == 1 ? " is" : fmt::format(" and {} more are", left.size() - 1),
        HolderOf(StandOf(left[0], stands)));
  }

 private:
  static const PartitionProgress* StandOf(TopicPartition partition,
                                          const std::vector<PartitionProgress>& stands) {
    const auto found = std::find_if(stands.begin(), stands.end(), [&](const PartitionProgress& at) {
      return at.current && at.topic == Name(partition.topic) && at.partition == partition.partition;
    });
    return found == stands.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::string HolderOf(const PartitionProgress* stand) const {
    if (stand != nullptr && stand->owner == owner_) {
      return "this process, and the log gives nothing of it; trying on (Ctrl-C ends that)";
    }
    std::string holder = "another process that loads this store";
    if (stand != nullptr && !stand->owner.empty()) {
      holder = "process " + stand->owner;
      if (stand->claimed_at) holder += " since " + FormatInstant(*stand->claimed_at);
    }
    return holder +
           "; waiting for it, or until the log has given up a process that was killed (Ctrl-C ends "
           "the wait)";
  }

  static constexpr std::chrono::seconds kSilence{5};
  const std::string owner_;
  std::int64_t sum_ = -1;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace

Result<std::int64_t> LoadToEnd(Loader& loader, TopicAdmin& topics, OperationsQueries& queries,
                               const std::stop_token& stop, const StepProgress& progress) {
  HERDFLOW_ASSIGN(const auto conflicts, FindLogConflicts(topics, queries));
  HERDFLOW_ASSIGN(const TopicEnds ends, topics.List());
  GivenUp given_up;
  for (const LogConflict& each : conflicts) given_up.Note(each.partition.partition, each.error);
  for (const TopicDescription& topic : ends) {
    for (const auto& at : topic.partitions) {
      if (at.away) given_up.Note({topic.topic, at.partition}, *at.away);
    }
  }
  std::int64_t loaded = 0;
  bool is_over = false;
  Watch watch(loader.owner());
  const auto step = [&]() -> Result<> {
    HERDFLOW_ASSIGN(const std::int64_t count, loader.Step(std::chrono::milliseconds(50)));
    loaded += count;
    if (count != 0) progress("load", loaded);
    for (const Loader::Halted& each : loader.halted()) {
      if (!IsPassing(each.error)) given_up.Note(each.partition, each.error);
    }
    HERDFLOW_ASSIGN(const std::vector<PartitionProgress> stands, queries.ReadProgress());
    auto left = NotLoaded(ends, stands, loader.checking(), given_up);
    if (!left.empty() && watch.IsSilent(stands, left)) {
      // A broker may have gone since. Who reads is not told of it: nothing comes, that is all.
      HERDFLOW_ASSIGN(const TopicEnds now, topics.List());
      given_up.NoteAway(now, left);
      std::erase_if(left, [&](TopicPartition partition) { return given_up.Has(partition); });
      if (!left.empty()) watch.Tell(stands, left);
    }
    is_over = left.empty();
    return {};
  };
  Retry retry("load", {.only_passing = true});
  while (!is_over && !stop.stop_requested()) HERDFLOW_CHECK(retry.Until(stop, step));
  if (given_up.why() && !stop.stop_requested()) return Fail(*given_up.why());
  return loaded;
}

}  // namespace herdflow::pipeline
