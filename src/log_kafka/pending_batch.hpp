#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "client.hpp"

namespace herdflow::log_kafka {

/// One call of Append. The events stay where they are until the last of them has its outcome: the
/// driver keeps no copy of a value.
struct PendingBatch {
  PendingBatch(pipeline::Topic to, pipeline::EventBatch batch, pipeline::Completion completion,
               std::chrono::steady_clock::time_point until)
      : topic(to),
        events(std::move(batch)),
        done(std::move(completion)),
        deadline(until),
        outcomes(events.size()),
        owners(events.size(), this),
        undecided(events.size() + 1) {}

  void Refuse(std::size_t index, Error error) {
    outcomes[index].kind = pipeline::AppendOutcome::Kind::kRefused;
    outcomes[index].error = std::move(error);
    --undecided;
  }
  void RefuseFrom(std::size_t index, const Error& error) {
    for (; index < events.size(); ++index) Refuse(index, error);
  }

  const pipeline::Topic topic;
  const pipeline::EventBatch events;
  std::size_t bytes = 0;  ///< Of the events, while they wait for their topic.
  const pipeline::Completion done;
  const std::chrono::steady_clock::time_point deadline;
  std::vector<pipeline::AppendOutcome> outcomes;
  /// An event's tag at the driver is the address of its place here: it tells batch and index.
  std::vector<PendingBatch*> owners;
  /// Events without an outcome, and one for the thread that hands them to the driver.
  std::atomic<std::size_t> undecided;
};
using Pending = std::unique_ptr<PendingBatch>;

inline constexpr std::string_view kAppending = "appending to the log";

/// What a delivery report says of its event.
[[nodiscard]] pipeline::AppendOutcome OutcomeOf(const KafkaLogOptions& options,
                                                const rd_kafka_message_t& message,
                                                pipeline::Topic topic);
/// Whether it was too large for the topic, alone or together with others.
[[nodiscard]] bool IsTooLarge(rd_kafka_resp_err_t error);
/// What the driver counts of an event at least, with room for what frames a batch.
[[nodiscard]] std::size_t SizeInBatch(const pipeline::Event& event);
/// Why an event of the topic surely is not in the log, and what to do.
[[nodiscard]] Error ExplainRefusal(const KafkaLogOptions& options, rd_kafka_resp_err_t error,
                                   pipeline::Topic topic);

}  // namespace herdflow::log_kafka
