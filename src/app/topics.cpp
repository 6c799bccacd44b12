#include "topics.hpp"

#include <algorithm>
#include <chrono>

#include "commands.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/http/json_writer.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

std::string RetentionText(const pipeline::TopicDescription& topic) {
  if (!topic.retention) return "for ever";
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(*topic.retention).count();
  return hours % 24 == 0 ? fmt::format("{} days", hours / 24) : fmt::format("{} hours", hours);
}

std::string ListJson(const std::vector<pipeline::TopicDescription>& topics) {
  http::JsonWriter json;
  json.BeginArray();
  for (const auto& topic : topics) {
    json.BeginObject().Key("topic").String(Name(topic.topic));
    json.Key("stream_id").String(topic.stream_id);
    json.Key("created_at");
    topic.created_at ? json.String(FormatInstant(*topic.created_at)) : json.Null();
    json.Key("replication").Integer(topic.replication);
    json.Key("retention_ms");
    topic.retention ? json.Integer(topic.retention->count()) : json.Null();
    json.Key("message_timestamp_type").String(topic.timestamp_type);
    json.Key("cleanup_policy").String(topic.cleanup_policy);
    json.Key("partitions").BeginArray();
    for (const auto& at : topic.partitions) {
      json.BeginObject().Key("partition").Integer(at.partition);
      json.Key("begin_offset").Integer(at.begin).Key("end_offset").Integer(at.end).EndObject();
    }
    json.EndArray().EndObject();
  }
  return json.EndArray().Take() + "\n";
}

Result<> List(bool as_json, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  if (as_json) return Print(ListJson(described));
  Table table({{"topic"},
               {"partition", Table::Align::kRight},
               {"first offset", Table::Align::kRight},
               {"next offset", Table::Align::kRight}});
  for (const auto& topic : described) {
    for (const auto& at : topic.partitions) {
      table.Add({std::string(Name(topic.topic)), std::to_string(at.partition),
                 at.away ? "away" : Thousands(at.begin), at.away ? "away" : Thousands(at.end)});
    }
  }
  return Print(table.Text());
}

Result<> Describe(bool as_json, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  if (as_json) return Print(ListJson(described));
  Table table({{"topic"},
               {"partitions", Table::Align::kRight},
               {"offsets", Table::Align::kRight},
               {"replication", Table::Align::kRight},
               {"kept"},
               {"message.timestamp.type"},
               {"cleanup.policy"},
               {"stream"}});
  for (const auto& topic : described) {
    std::int64_t offsets = 0;  // Those of a transaction's end hold no message.
    for (const auto& at : topic.partitions) offsets += at.end - at.begin;
    table.Add({std::string(Name(topic.topic)), std::to_string(topic.partitions.size()),
               Thousands(offsets), std::to_string(topic.replication), RetentionText(topic),
               topic.timestamp_type, topic.cleanup_policy, topic.stream_id});
  }
  return Print(table.Text());
}

struct TailOptions {
  std::string topic;
  std::int64_t count = 10;
  bool json = false;
};

/// What a terminal or a JSON text can take of a message's bytes.
std::string Shown(std::string_view bytes) {
  return IsUtf8(bytes) ? std::string(bytes)
                       : fmt::format("<{} bytes that are no UTF-8>", bytes.size());
}

void WriteMessage(http::JsonWriter& json, std::int32_t partition,
                  const pipeline::Message& message) {
  json.BeginObject().Key("partition").Integer(partition);
  json.Key("offset").Integer(message.offset);
  json.Key("received_at").String(FormatInstant(message.broker_time));
  json.Key("key").String(Shown(message.key)).Key("value").String(Shown(message.value));
  json.EndObject();
}

/// The messages of a partition from `offset` on. A read may give fewer than there are: it is
/// bounded in bytes.
Result<std::vector<pipeline::MessageBatch>> ReadFrom(pipeline::TopicAdmin& topics,
                                                     pipeline::TopicPartition partition,
                                                     std::int64_t offset, std::int64_t end) {
  std::vector<pipeline::MessageBatch> batches;
  while (offset < end) {
    HERDFLOW_ASSIGN(auto batch,
                    topics.Read(partition, offset, static_cast<std::size_t>(end - offset)));
    if (batch.messages.empty()) break;
    offset = batch.messages.back().offset + 1;
    batches.push_back(std::move(batch));
  }
  return batches;
}

/// The newest of a partition: begins further back for as long as too many offsets hold no message.
Result<std::vector<pipeline::MessageBatch>> ReadNewest(pipeline::TopicAdmin& topics,
                                                       pipeline::TopicPartition partition,
                                                       const pipeline::OffsetRange& range,
                                                       std::int64_t count) {
  for (std::int64_t back = count;; back *= 2) {
    const std::int64_t from = std::max(range.begin, range.end - back);
    HERDFLOW_ASSIGN(auto batches, ReadFrom(topics, partition, from, range.end));
    std::int64_t found = 0;
    for (const auto& batch : batches) found += static_cast<std::int64_t>(batch.messages.size());
    if (found < count && from > range.begin) continue;
    std::int64_t surplus = found - count;
    for (auto& batch : batches) {
      const auto cut =
          std::clamp<std::int64_t>(surplus, 0, static_cast<std::int64_t>(batch.messages.size()));
      batch.messages.erase(batch.messages.begin(), batch.messages.begin() + cut);
      surplus -= cut;
    }
    return batches;
  }
}

Result<> Tail(const TailOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const pipeline::Topic topic, TopicOf("reading a topic", options.topic));
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  http::JsonWriter json;
  json.BeginArray();
  Table table({{"partition", Table::Align::kRight},
               {"offset", Table::Align::kRight},
               {"received at"},
               {"message"}});
  for (const auto& each : described) {
    if (each.topic != topic) continue;
    for (const auto& at : each.partitions) {
      if (at.away) Log(LogLevel::kWarning, "{}", at.away->message());
      if (at.away || options.count == 0) continue;
      HERDFLOW_ASSIGN(const auto batches,
                      ReadNewest(*topics, {topic, at.partition}, at, options.count));
      for (const auto& batch : batches) {
        for (const auto& message : batch.messages) {
          table.Add({std::to_string(at.partition), std::to_string(message.offset),
                     FormatInstant(message.broker_time), Shown(message.value)});
          WriteMessage(json, at.partition, message);
        }
      }
    }
  }
  return Print(options.json ? json.EndArray().Take() + "\n" : table.Text());
}

}  // namespace

Result<pipeline::Topic> TopicOf(std::string_view doing, const std::string& name) {
  const auto topic = pipeline::TopicNamed(name);
  if (topic) return *topic;
  return Fail(ErrorCode::kNotFound,
              "{}: there is no topic named '{}'; there are cows, sensors, measurements", doing,
              name);
}

void AddTopics(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("topics", "Look at the topics of the event log, change them");
  command->require_subcommand(1);
  const auto add_look = [&](const char* name, const char* help, auto look) {
    auto* sub = command->add_subcommand(name, help);
    auto as_json = std::make_shared<bool>(false);
    sub->add_flag("--json", *as_json, "As JSON");
    sub->callback([&chosen, as_json, look] {
      chosen.run = [as_json, look](const Configuration& c) { return look(*as_json, c); };
    });
  };
  add_look("list", "The topics, their partitions and offsets", List);
  add_look("describe", "How the topics are kept: partitions, copies, retention, policies",
           Describe);
  auto* tail = command->add_subcommand("tail", "The newest messages of a topic");
  auto options = std::make_shared<TailOptions>();
  tail->add_option("topic", options->topic, "cows, sensors or measurements")
      ->required()
      ->type_name("TOPIC");
  tail->add_option("-n", options->count, "How many of each partition [10]")
      ->check(WholeNumber(0, 100'000))
      ->type_name("N");
  tail->add_flag("--json", options->json, "As JSON");
  tail->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return Tail(*options, c); };
  });
  AddTopicChanges(*command, chosen);
  AddExamples(*command,
              "  herdflow topics list\n  herdflow topics tail measurements -n 5\n"
              "  herdflow topics create --partitions 12 --replication 3\n"
              "  herdflow topics alter measurements --retention-days 30\n"
              "  herdflow topics delete measurements");
}

}  // namespace herdflow::app
