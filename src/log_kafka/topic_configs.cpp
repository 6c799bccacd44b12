#include "topic_configs.hpp"

#include <span>

namespace herdflow::log_kafka {

Result<> ErrorOfConfig(const rd_kafka_ConfigResource_t& resource, std::string_view doing) {
  const auto error = rd_kafka_ConfigResource_error(&resource);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* reason = rd_kafka_ConfigResource_error_string(&resource);
  return Fail(ToError(error, doing, reason == nullptr ? "" : reason));
}

Result<TopicConfigs> AskTopicConfigs(rd_kafka_t* client, const std::string& kafka_name,
                                     std::chrono::milliseconds timeout) {
  const std::string doing = fmt::format("asking Kafka for the settings of topic {}", kafka_name);
  const ConfigResource asked(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, kafka_name.c_str()));
  rd_kafka_ConfigResource_t* list[] = {asked.get()};
  HERDFLOW_ASSIGN(const Event answer, AdminRequest(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
                                                   timeout, doing, [&](auto* options, auto* queue) {
                                                     rd_kafka_DescribeConfigs(client, list, 1,
                                                                              options, queue);
                                                   }));
  std::size_t count = 0;
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  if (count != 1) return Fail(ToError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing));
  HERDFLOW_CHECK(ErrorOfConfig(*resources[0], doing));
  const auto** entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  TopicConfigs configs;
  for (const auto* entry : std::span(entries, count)) {
    const char* value = rd_kafka_ConfigEntry_value(entry);
    configs[rd_kafka_ConfigEntry_name(entry)] = value == nullptr ? "" : value;
  }
  return configs;
}

}  // namespace herdflow::log_kafka
