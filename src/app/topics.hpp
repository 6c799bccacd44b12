#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "commands.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::app {

/// kNotFound: there is no such topic.
Result<pipeline::Topic> TopicOf(const std::string& name);

/// `topics create|alter|delete`.
void AddTopicChanges(CLI::App& topics, Chosen& chosen);

}  // namespace herdflow::app
