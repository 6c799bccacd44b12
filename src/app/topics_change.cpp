#include <unistd.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <vector>

#include "parts.hpp"
#include "terminal.hpp"
#include "topics.hpp"

namespace herdflow::app {
namespace {

struct ChangeOptions {
  std::vector<std::string> topics;  ///< Empty: all three.
  std::optional<std::int64_t> partitions, replication, retention_days;
  bool repair = false;
  bool yes = false;
};

std::optional<std::chrono::milliseconds> Days(std::int64_t days) {
  if (days == 0) return std::nullopt;
  return std::chrono::hours(24 * days);
}

Result<std::vector<pipeline::Topic>> TopicsOf(std::string_view doing,
                                              const ChangeOptions& options) {
  std::vector<pipeline::Topic> topics;
  for (const std::string& name : options.topics) {
    HERDFLOW_ASSIGN(const pipeline::Topic topic, TopicOf(doing, name));
    topics.push_back(topic);
  }
  if (topics.empty()) topics.assign(pipeline::kAllTopics.begin(), pipeline::kAllTopics.end());
  return topics;
}

Result<> Create(const ChangeOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto wanted, TopicsOf("making topics", options));
  HERDFLOW_ASSIGN(const auto topics, OpenTopicAdmin(configuration));
  HERDFLOW_ASSIGN(const auto before, topics->List());
  pipeline::TopicSettings settings = NewTopicSettings(configuration);
  if (options.partitions) settings.partitions = static_cast<std::int32_t>(*options.partitions);
  if (options.replication) settings.replication = static_cast<std::int16_t>(*options.replication);
  if (options.retention_days) settings.retention = Days(*options.retention_days);
  for (const pipeline::Topic topic : wanted) {
    HERDFLOW_CHECK(topics->Create(topic, settings));
    const bool was_there = std::any_of(before.begin(), before.end(),
                                       [&](const auto& known) { return known.topic == topic; });
    HERDFLOW_CHECK(Print(fmt::format(
        "{}: {}\n", Name(topic), was_there ? "was there already, and is left as it is" : "made")));
  }
  return {};
}

Result<> Alter(const ChangeOptions& options, const Configuration& configuration) {
  pipeline::TopicChange change;
  if (options.partitions) change.partitions = static_cast<std::int32_t>(*options.partitions);
  if (options.retention_days) change.retention = Days(*options.retention_days);
  change.repair_policies = options.repair;
  if (!change.partitions && !change.retention && !change.repair_policies) {
    return Fail(ErrorCode::kInvalidInput,
                "changing a topic: nothing to change; give --partitions, --retention-days or "
                "--repair");
  }
  HERDFLOW_ASSIGN(const auto wanted, TopicsOf("changing a topic", options));
  HERDFLOW_ASSIGN(const auto topics, OpenTopicAdmin(configuration));
  for (const pipeline::Topic topic : wanted) {
    HERDFLOW_CHECK(topics->Alter(topic, change));
    HERDFLOW_CHECK(Print(fmt::format("{}: changed\n", Name(topic))));
  }
  return {};
}

Result<bool> Confirmed(const ChangeOptions& options) {
  if (options.yes) return true;
  if (isatty(STDIN_FILENO) == 0) {
    return Fail(ErrorCode::kInvalidInput,
                "deleting a topic: no terminal to ask on; --yes deletes without asking");
  }
  HERDFLOW_CHECK(Print("Delete it? [y/N] "));
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Result<> Delete(const ChangeOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto wanted, TopicsOf("deleting a topic", options));
  HERDFLOW_ASSIGN(const auto topics, OpenTopicAdmin(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  for (const pipeline::Topic topic : wanted) {
    std::int64_t messages = 0;
    for (const auto& known : described) {
      if (known.topic != topic) continue;
      for (const auto& at : known.partitions) messages += at.end - at.begin;
    }
    HERDFLOW_CHECK(Print(fmt::format(
        "Topic {} with {} messages. What was loaded of it stays in bronze, silver and gold; what "
        "was not is lost.\nA topic made anew in its place is loaded only after `herdflow load "
        "--adopt`.\n",
        Name(topic), Thousands(messages))));
    HERDFLOW_ASSIGN(const bool yes, Confirmed(options));
    if (!yes) return Print("Nothing was deleted\n");
    HERDFLOW_CHECK(topics->Delete(topic));
    HERDFLOW_CHECK(Print(fmt::format("{}: deleted\n", Name(topic))));
  }
  return {};
}

using Change = Result<> (*)(const ChangeOptions&, const Configuration&);

CLI::App* AddChange(CLI::App& topics, Chosen& chosen, const char* name, const char* help,
                    const std::shared_ptr<ChangeOptions>& options, Change change) {
  auto* command = topics.add_subcommand(name, help);
  command->callback([&chosen, options, change] {
    chosen.run = [options, change](const Configuration& c) { return change(*options, c); };
  });
  return command;
}

}  // namespace

void AddTopicChanges(CLI::App& topics, Chosen& chosen) {
  constexpr const char* kTopicHelp = "cows, sensors or measurements";
  const auto options = std::make_shared<ChangeOptions>();
  auto* create =
      AddChange(topics, chosen, "create", "Make the topics that are missing", options, Create);
  auto* alter = AddChange(topics, chosen, "alter", "Change how a topic is kept", options, Alter);
  auto* remove =
      AddChange(topics, chosen, "delete", "Delete a topic with its messages", options, Delete);
  create->add_option("topic", options->topics, std::string(kTopicHelp) + " [all three]")
      ->type_name("TOPIC");
  for (auto* command : {alter, remove}) {
    command->add_option("topic", options->topics, kTopicHelp)->required()->type_name("TOPIC");
  }
  create->add_option("--replication", options->replication, "Copies [[topics] replication]")
      ->check(WholeNumber(1, 9))
      ->type_name("N");
  for (auto* command : {create, alter}) {
    command->add_option("--partitions", options->partitions, "Partitions; they only become more")
        ->check(WholeNumber(1, 1'000))
        ->type_name("N");
    command
        ->add_option("--retention-days", options->retention_days,
                     "How long messages are kept; 0: for ever")
        ->check(WholeNumber(0, 36'500))
        ->type_name("DAYS");
  }
  alter->add_flag("--repair", options->repair,
                  "Set cleanup.policy=delete and message.timestamp.type=LogAppendTime");
  remove->add_flag("--yes", options->yes, "Do not ask");
}

}  // namespace herdflow::app
