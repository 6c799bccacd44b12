#include "herdflow/store_sql/statements.hpp"

#include <array>
#include <cassert>
#include <utility>

namespace herdflow::store_sql {

std::string Text(const Sql& sql, const Schemas& schemas) { return WithSchemas(sql.text, schemas); }

std::string WithSchemas(std::string_view text, const Schemas& schemas) {
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

std::string ForManyRows(std::string_view statement, std::size_t columns, std::size_t rows) {
  const std::size_t begin = statement.rfind("(?1");
  assert(begin != std::string_view::npos && "no row of parameters");
  const std::size_t end = statement.find(')', begin) + 1;
  std::string out(statement.substr(0, begin));
  for (std::size_t row = 0; row < rows; ++row) {
    out += row == 0 ? "(" : ", (";
    for (std::size_t column = 1; column <= columns; ++column) {
      if (column != 1) out += ", ";
      out += '?' + std::to_string(row * columns + column);
    }
    out += ')';
  }
  out += statement.substr(end);
  return out;
}

}  // namespace herdflow::store_sql
