// A configuration: lines NAME=value at the beginning are the environment, the rest is the TOML
// file.

#include <algorithm>
#include <map>
#include <string>

#include "config.hpp"
#include "fuzz.hpp"
#include "herdflow/core/logging.hpp"
#include "memory_file.hpp"

namespace herdflow::fuzz {
namespace {

/// Takes lines `HERDFLOW_…=value` off the front of `text`.
std::map<std::string, std::string> TakeEnvironment(std::string_view& text) {
  std::map<std::string, std::string> environment;
  while (text.starts_with("HERDFLOW_")) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) break;
    environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return environment;
}

/// Every setting says what gives it again, but what is not set, and what is never shown.
void RequireShown(const app::Configuration& configuration) {
  app::Configuration again;
  for (const app::ConfigField& field : app::ConfigFields()) {
    const std::string shown = field.show(configuration);
    if (shown.empty()) continue;
    Require(!field.set(again, shown), "a setting takes what it shows");
    Require(field.show(again) == shown, "a setting shows what it was given");
  }
}

}  // namespace
}  // namespace herdflow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace herdflow;
  using namespace herdflow::fuzz;
  SetLogLevel(LogLevel::kError);
  std::string_view text = Text(data, size);
  app::ConfigSources sources;
  sources.environment = TakeEnvironment(text);
  const MemoryFile file(text);
  sources.file = file.path();
  const auto configuration = app::ReadConfiguration(sources);
  if (configuration) {
    RequireShown(*configuration);
  } else {
    Require(configuration.error().code() == ErrorCode::kInvalidInput, "it is the reader's to mend");
    Require(configuration.error().message().starts_with("reading the configuration: "),
            "a refused configuration says why");
  }
  return 0;
}
