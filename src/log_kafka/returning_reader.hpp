#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::log_kafka {

/// A member of the group, and beside it a reader of what dead processes left behind, until the
/// group has decided or somebody else has claimed it. The store's fence makes that safe.
class ReturningReader : public pipeline::EventReader {
 public:
  ReturningReader(std::unique_ptr<pipeline::EventReader> member,
                  std::unique_ptr<pipeline::EventReader> early,
                  std::vector<pipeline::TopicPartition> left_behind)
      : member_(std::move(member)), early_(std::move(early)), taken_(std::move(left_behind)) {}

  Result<pipeline::Polled> Poll(const pipeline::PollLimits& limits) override;
  Result<> Start(pipeline::TopicPartition partition, std::int64_t offset) override {
    return ReaderOf(partition).Start(partition, offset);
  }
  /// Who stops reading what was left behind leaves it to the group.
  Result<> Pause(pipeline::TopicPartition partition) override;
  Result<pipeline::OffsetRange> Range(pipeline::TopicPartition partition) override {
    return ReaderOf(partition).Range(partition);
  }
  Result<bool> Hides(pipeline::TopicPartition partition, pipeline::OffsetRange left_out,
                     Instant before) override {
    return ReaderOf(partition).Hides(partition, left_out, before);
  }
  void ReportLoaded(pipeline::TopicPartition partition, std::int64_t next_offset) override {
    ReaderOf(partition).ReportLoaded(partition, next_offset);
  }

 private:
  pipeline::EventReader& ReaderOf(pipeline::TopicPartition partition);
  Result<pipeline::Polled> PollBoth(const pipeline::PollLimits& limits);

  std::unique_ptr<pipeline::EventReader> member_;
  std::unique_ptr<pipeline::EventReader> early_;  ///< Null: it is over.
  std::vector<pipeline::TopicPartition> taken_;   ///< Which of them it reads still.
  std::vector<pipeline::TopicPartition> left_;    ///< The owner is to be told.
  std::optional<pipeline::Polled> next_;          ///< What the group has decided.
};

}  // namespace herdflow::log_kafka
