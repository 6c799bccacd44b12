#include "pending_batch.hpp"

namespace herdflow::log_kafka {
namespace {

Error ErrorOf(const KafkaLogOptions& options, const rd_kafka_message_t& message,
              pipeline::Topic topic) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    // The driver takes what a broker refused for acknowledged once it has taken what came after,
    // which the leader of a new partition does.
    return Error(ErrorCode::kTimeout,
                 fmt::format("{}: no broker said that the event is in topic {}, only that a later "
                             "one is; sending it again is harmless",
                             kAppending, KafkaName(options, topic)));
  }
  if (rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
    return Error(ErrorCode::kTimeout,
                 fmt::format("{}: no acknowledgement for topic {} within {} ms ({}); the event may "
                             "be there, sending it again is harmless",
                             kAppending, KafkaName(options, topic), options.message_timeout.count(),
                             rd_kafka_err2str(message.err)));
  }
  return ExplainRefusal(options, message.err, topic);
}

}  // namespace

pipeline::AppendOutcome OutcomeOf(const KafkaLogOptions& options, const rd_kafka_message_t& message,
                                  pipeline::Topic topic) {
  using Kind = pipeline::AppendOutcome::Kind;
  pipeline::AppendOutcome outcome;
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset >= 0) {
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    outcome.kind = Kind::kDurable;
    outcome.partition = message.partition;
    outcome.offset = message.offset;
    outcome.broker_time =
        Instant(std::chrono::milliseconds(rd_kafka_message_timestamp(&message, &type)));
    return outcome;
  }
  const bool not_there = rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED;
  outcome.kind = not_there ? Kind::kRefused : Kind::kUnknown;
  outcome.error = ErrorOf(options, message, topic);
  return outcome;
}

bool IsTooLarge(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

std::size_t SizeInBatch(const pipeline::Event& event) {
  constexpr std::size_t kFraming = 200;
  std::size_t size = kFraming + event.key.size() + event.value.size();
  for (const auto& header : event.headers) size += header.name.size() + header.value.size();
  return size;
}

Error ExplainRefusal(const KafkaLogOptions& options, rd_kafka_resp_err_t error,
                     pipeline::Topic topic) {
  const std::string doing = fmt::format("{}, topic {}", kAppending, KafkaName(options, topic));
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{}: {} events or {} bytes wait for the brokers already; try again "
                             "later",
                             doing, options.max_queued_events, options.max_queued_bytes));
  }
  if (error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{}: not sent within {} ms; try again later, and look whether the "
                             "brokers {} run",
                             doing, options.message_timeout.count(), options.brokers));
  }
  if (IsTooLarge(error)) {
    return Error(ErrorCode::kInvalidInput,
                 fmt::format("{}: the event is larger than the client's limit of {} bytes, or than "
                             "max.message.bytes of the topic",
                             doing, options.max_message_bytes));
  }
  const Error told = ToError(error, IsForbidden(error) ? doing + ": no right to write" : doing);
  // Whose events they are cannot mend it: they come again when the operator has.
  return told.code() == ErrorCode::kInvalidInput ? Error(ErrorCode::kUnavailable, told.message())
                                                 : told;
}

}  // namespace herdflow::log_kafka
