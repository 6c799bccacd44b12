#include "herdflow/sql/sql.hpp"

#include <array>
#include <cassert>
#include <utility>

#include "statements.hpp"

namespace herdflow::sql {

std::string Statement(std::string_view name, const Schemas& schemas) {
  const std::string_view text = FindStatement(name);
  assert(!text.empty() && "no such statement");
  const std::array<std::pair<std::string_view, std::string_view>, 4> replacements{
      {{"{bronze}", schemas.bronze},
       {"{silver}", schemas.silver},
       {"{gold}", schemas.gold},
       {"{ops}", schemas.ops}}};
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    bool replaced = false;
    for (const auto& [pattern, replacement] : replacements) {
      if (text.substr(at, pattern.size()) == pattern) {
        out += replacement;
        at += pattern.size();
        replaced = true;
        break;
      }
    }
    if (!replaced) out.push_back(text[at++]);
  }
  return out;
}

std::string ForManyRows(std::string_view statement, int columns, int rows) {
  constexpr std::string_view kValues = "VALUES";
  const std::size_t values = statement.rfind(kValues);
  assert(values != std::string_view::npos && "no VALUES");
  std::string out(statement.substr(0, values + kValues.size()));
  for (int row = 0; row < rows; ++row) {
    out += row == 0 ? " (" : ", (";
    for (int column = 1; column <= columns; ++column) {
      if (column != 1) out += ", ";
      out += '?' + std::to_string(row * columns + column);
    }
    out += ')';
  }
  return out;
}

}  // namespace herdflow::sql
