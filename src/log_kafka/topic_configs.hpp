#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "client.hpp"

namespace herdflow::log_kafka {

using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Free<rd_kafka_AdminOptions_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, Free<rd_kafka_ConfigResource_destroy>>;

/// Sends a request of the driver's admin interface, waits for its answer, and gives it if it is no
/// error. `send` is called with the options and the queue for the answer.
template <class Send>
Result<Event> AdminRequest(rd_kafka_t* client, rd_kafka_admin_op_t what,
                           std::chrono::milliseconds timeout, std::string_view doing, Send send) {
  const AdminOptions options(rd_kafka_AdminOptions_new(client, what));
  const auto millis = static_cast<int>(timeout.count());
  rd_kafka_AdminOptions_set_request_timeout(options.get(), millis, nullptr, 0);
  const Queue answers(rd_kafka_queue_new(client));
  send(options.get(), answers.get());
  // The driver ends it in time by itself.
  Event answer(rd_kafka_queue_poll(answers.get(), 2 * millis));
  if (!answer) return Fail(ToError(RD_KAFKA_RESP_ERR__TIMED_OUT, doing));
  if (const auto error = rd_kafka_event_error(answer.get())) {
    return Fail(ToError(error, doing, rd_kafka_event_error_string(answer.get())));
  }
  return answer;
}

/// Values of settings by Kafka's names of them.
using TopicConfigs = std::map<std::string, std::string, std::less<>>;

/// Nothing, or why the brokers refused what was asked of this resource.
Result<> ErrorOfConfig(const rd_kafka_ConfigResource_t& resource, std::string_view doing);

/// Every setting of a topic by Kafka's name of it.
Result<TopicConfigs> AskTopicConfigs(rd_kafka_t* client, const std::string& kafka_name,
                                     std::chrono::milliseconds timeout);

}  // namespace herdflow::log_kafka
