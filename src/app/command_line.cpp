#include "command_line.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "herdflow/core/text.hpp"
#include "herdflow/herd/farm.hpp"

namespace herdflow::app {
namespace {

/// From `herdflow` to the innermost command that was found.
std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  std::vector<const CLI::App*> commands{&app};
  for (;;) {
    const auto inner = commands.back()->get_subcommands();
    if (inner.empty()) return commands;
    commands.push_back(inner.front());
  }
}

/// `herdflow topics tail`.
std::string Path(const std::vector<const CLI::App*>& commands) {
  std::string path;
  for (const CLI::App* command : commands) {
    path += (path.empty() ? "" : " ") + command->get_name();
  }
  return path;
}

std::vector<std::string> SubcommandsOf(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* known : command.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(known->get_name());
  }
  return names;
}

/// `--to`, or `TOPIC`.
std::string NameOf(const CLI::Option& option) {
  return option.get_positional() ? option.get_type_name() : "--" + option.get_lnames().front();
}

/// An option by what somebody used to other programs calls it.
std::optional<std::string> OptionCalled(std::string_view word) {
  if (word == "help" || word == "-help") return "--help";
  if (word == "version" || word == "-version" || word == "-v" || word == "-V") return "--version";
  return std::nullopt;
}

/// The option that was meant by a word that nothing is known by, or the command.
std::optional<std::string> MeantBy(const std::string& word,
                                   const std::vector<const CLI::App*>& commands) {
  if (auto option = OptionCalled(word)) return option;
  if (!word.starts_with('-')) return Meant(word, SubcommandsOf(*commands.back()));
  std::vector<std::string> names;
  for (const CLI::App* command : commands) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return Meant(word, names);
}

std::string AboutUnknown(std::string word, const std::vector<const CLI::App*>& commands) {
  // Not what stands behind `=`: it may be a secret.
  if (word.starts_with('-')) word.erase(std::min(word.find('='), word.size()));
  const auto meant = MeantBy(word, commands);
  if (meant) return fmt::format("'{}' is no command or option; did you mean {}?", word, *meant);
  const CLI::App& command = *commands.back();
  const auto positional =
      command.get_options([](const CLI::Option* option) { return option->get_positional(); });
  const std::string help = fmt::format("see {} --help", Path(commands));
  if (word.starts_with('-') || !SubcommandsOf(command).empty()) {
    return fmt::format("'{}' is no command or option; {}", word, help);
  }
  if (positional.empty()) {
    return fmt::format("'{}' is too much: {} takes no words, only options; {}", word,
                       command.get_name(), help);
  }
  return fmt::format("'{}' is a word too many; {}", word, help);
}

std::string AboutMissing(const CLI::App& command, const std::string& help) {
  std::vector<std::string> missing;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_required() && option->count() == 0) missing.push_back(NameOf(*option));
  }
  if (missing.empty()) {
    return fmt::format("a command is missing; there are {}",
                       fmt::join(SubcommandsOf(command), ", "));
  }
  return fmt::format("{} {} missing; {}", fmt::join(missing, " and "),
                     missing.size() == 1 ? "is" : "are", help);
}

/// No value where one is needed, or several, or one of a flag.
std::string AboutCount(const CLI::ParseError& error, const std::vector<const CLI::App*>& commands,
                       const std::string& help) {
  const std::string_view text = error.what();
  for (const CLI::App* command : commands) {
    for (const CLI::Option* option : command->get_options()) {
      const std::string name = option->get_name();
      if (!text.starts_with(name + ":") && !text.starts_with(name + " ")) continue;
      const char* what = option->get_items_expected_max() == 0 ? "takes no value"
                         : option->count() > 1                 ? "is given more than once"
                                                               : "has no value";
      return fmt::format("{} {}; {}", name, what, help);
    }
  }
  return fmt::format("{}; {}", text, help);
}

/// Whoever runs it for the first time sees where to begin. It is no success: a script whose command
/// got lost has to notice.
constexpr std::string_view kFirstSteps =
    "a command is missing. What people do first:\n"
    "  herdflow serve          takes readings on port 5001, shows cows and reports on port 5000\n"
    "  herdflow seed FOLDER    sends cows.parquet, sensors.parquet and measurements.parquet\n"
    "  herdflow report         shows the newest complete day\n"
    "herdflow --help tells all commands and options.";

}  // namespace

std::string Complaint(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = CommandsOf(app);
  const std::string path = Path(commands);
  const std::string help = fmt::format("see {} --help", path);
  const auto unknown = app.remaining(/*recurse=*/true);
  if (!unknown.empty()) {
    return fmt::format("{}: {}\n", path, Visible(AboutUnknown(unknown.front(), commands)));
  }
  switch (static_cast<CLI::ExitCodes>(error.get_exit_code())) {
    case CLI::ExitCodes::RequiredError:
      if (commands.size() == 1) return fmt::format("{}: {}\n", path, kFirstSteps);
      return fmt::format("{}: {}\n", path, AboutMissing(*commands.back(), help));
    case CLI::ExitCodes::ArgumentMismatch:
      return fmt::format("{}: {}\n", path, Visible(AboutCount(error, commands, help)));
    default:  // Of another library's.
      return fmt::format("{}: {}; {}\n", path, Visible(error.what()), help);
  }
}

CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [read, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && read == end && number >= least && number <= most) return {};
    return fmt::format("'{}' is no whole number from {} to {}", text, least, most);
  };
  return {check, /*validator_desc=*/""};
}

CLI::Validator Something() {
  const auto check = [](const std::string& text) -> std::string {
    if (!herd::Field{herd::Field::Kind::kText, text}.IsMissing()) return {};
    return fmt::format("'{}' says nothing; leave the option out where there is nothing to say",
                       text);
  };
  return {check, /*validator_desc=*/""};
}

void AddFarmOption(CLI::App& command, std::string& farm, const std::string& help) {
  const auto check = [](const std::string& id) -> std::string {
    const auto rejection = herd::JudgeFarmId({herd::Field::Kind::kText, id}, "the farm's id");
    return rejection ? rejection->reason : std::string();
  };
  command.add_option("--farm", farm, help)
      ->check(CLI::Validator(check, /*validator_desc=*/""))
      ->type_name("ID");
}

void AddExamples(CLI::App& command, const std::string& lines) {
  command.footer("Examples:\n" + lines);
}

}  // namespace herdflow::app
