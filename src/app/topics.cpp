#include "commands.hpp"
#include "herdflow/core/text.hpp"
#include "herdflow/http/json_writer.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

std::string ListJson(const std::vector<pipeline::TopicDescription>& topics) {
  http::JsonWriter json;
  json.BeginArray();
  for (const auto& topic : topics) {
    json.BeginObject().Key("topic").String(Name(topic.topic));
    json.Key("stream_id").String(topic.stream_id);
    json.Key("created_at");
    topic.created_at ? json.String(FormatInstant(*topic.created_at)) : json.Null();
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
               {"next offset", Table::Align::kRight},
               {"made at"}});
  for (const auto& topic : described) {
    for (const auto& at : topic.partitions) {
      table.Add({std::string(Name(topic.topic)), std::to_string(at.partition), Thousands(at.begin),
                 Thousands(at.end), topic.created_at ? FormatInstant(*topic.created_at) : "-"});
    }
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

Result<> Tail(const TailOptions& options, const Configuration& configuration) {
  const auto topic = pipeline::TopicNamed(options.topic);
  if (!topic) {
    return Fail(ErrorCode::kNotFound,
                "reading a topic: there is none named '{}'; there are cows, sensors, measurements",
                options.topic);
  }
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  http::JsonWriter json;
  json.BeginArray();
  Table table({{"partition", Table::Align::kRight},
               {"offset", Table::Align::kRight},
               {"received at"},
               {"message"}});
  for (const auto& each : described) {
    if (each.topic != *topic) continue;
    for (const auto& at : each.partitions) {
      std::int64_t next = std::max(at.begin, at.end - options.count);
      while (next < at.end) {  // A read may give fewer than asked for: it is bounded in bytes.
        HERDFLOW_ASSIGN(const auto batch, topics->Read({*topic, at.partition}, next,
                                                       static_cast<std::size_t>(at.end - next)));
        if (batch.messages.empty()) break;
        for (const auto& message : batch.messages) {
          table.Add({std::to_string(at.partition), std::to_string(message.offset),
                     FormatInstant(message.broker_time), Shown(message.value)});
          WriteMessage(json, at.partition, message);
        }
        next = batch.messages.back().offset + 1;
      }
    }
  }
  return Print(options.json ? json.EndArray().Take() + "\n" : table.Text());
}

}  // namespace

void AddTopics(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("topics", "Look at the event log");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("list", "The topics, their partitions and offsets");
  auto as_json = std::make_shared<bool>(false);
  list->add_flag("--json", *as_json, "As JSON");
  list->callback([&chosen, as_json] {
    chosen.run = [as_json](const Configuration& c) { return List(*as_json, c); };
  });
  auto* tail = command->add_subcommand("tail", "The newest messages of a topic");
  auto options = std::make_shared<TailOptions>();
  tail->add_option("topic", options->topic, "cows, sensors or measurements")
      ->required()
      ->type_name("TOPIC");
  tail->add_option("-n", options->count, "How many of each partition [10]")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000}));
  tail->add_flag("--json", options->json, "As JSON");
  AddExamples(*command, "  herdflow topics list\n  herdflow topics tail measurements -n 5");
  tail->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return Tail(*options, c); };
  });
}

}  // namespace herdflow::app
