#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace herdflow::app {

/// What is wrong with the command line that `error` was thrown for, and what to do: lines for
/// people, which begin with the command. REQUIRES: it is no call for help or the version.
[[nodiscard]] std::string Complaint(const CLI::App& app, const CLI::ParseError& error);

/// Takes a whole number in these bounds alone.
[[nodiscard]] CLI::Validator WholeNumber(std::uint64_t least, std::uint64_t most);

/// Takes no text that the rules read as a missing value: nothing, "None", "nan".
[[nodiscard]] CLI::Validator Something();

/// `--farm`: whose data the command is about, an id of the form that farms have. `farm`: what it is
/// unless it is said.
void AddFarmOption(CLI::App& command, std::string& farm, const std::string& help);

/// `Examples:` below a command's help.
void AddExamples(CLI::App& command, const std::string& lines);

}  // namespace herdflow::app
