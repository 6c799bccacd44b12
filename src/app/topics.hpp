#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "commands.hpp"
#include "herdflow/pipeline/event_log.hpp"

namespace herdflow::app {

/// kNotFound: there is no such topic; `doing` is what was to be done with it.
Result<pipeline::Topic> TopicOf(std::string_view doing, const std::string& name);

/// `topics create|alter|delete`.
void AddTopicChanges(CLI::App& topics, Chosen& chosen);

}  // namespace herdflow::app
