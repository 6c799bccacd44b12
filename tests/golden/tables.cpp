#include "tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace herdflow::golden {
namespace {

using pipeline::testing::Cells;

struct View {
  std::string_view name;
  std::string_view columns;  ///< With blanks between. The rows are sorted by them.
};

constexpr std::string_view kAggregate = " average_value min_value max_value records_count";
constexpr std::array<View, 14> kViews{{
    {"bronze_cows", "topic_partition topic_offset id name birthdate deleted received_at"},
    {"bronze_sensors", "topic_partition topic_offset id unit deleted kind received_at"},
    {"bronze_measurements",
     "topic_partition topic_offset sensor_id cow_id timestamp value deleted received_at"},
    {"silver_measurements",
     "cow_id sensor_id timestamp value state farm_day topic_partition topic_offset created_at "
     "updated_at"},
    {"silver_quarantine",
     "topic topic_partition topic_offset code field status cow_id sensor_id reason original"},
    {"gold_cows", "id name birthdate retired_at created_at updated_at"},
    {"gold_sensors", "id unit retired_at created_at updated_at kind"},
    {"gold_measurements_daily_aggregations", "cow_id sensor_id date"},
    {"gold_measurements_weekly_aggregations", "cow_id sensor_id year month week"},
    {"gold_measurements_monthly_aggregations", "cow_id sensor_id year month"},
    {"gold_measurements_yearly_aggregations", "cow_id sensor_id year"},
    {"gold_cow_daily_metrics",
     "cow_id date milk_sum milk_count weight_sum weight_count last_weight last_weight_at"},
    {"gold_herd_days", "date milk_sum cows_milked average_weight cows_weighed readings refused"},
    {"gold_cow_milk_means", "cow_id date average_milk milk_days"},
}};

Cells ColumnsOf(const View& view) {
  std::string text(view.columns);
  if (view.name.ends_with("aggregations")) text += kAggregate;
  Cells columns;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    columns.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return columns;
}

/// Code points, so that columns line up.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// Numbers by their size, all else by its bytes.
bool Before(const Cells& a, const Cells& b) {
  const auto is_number = [](const std::string& cell) {
    return !cell.empty() && cell.find_first_not_of("0123456789") == std::string::npos;
  };
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(), [&](const std::string& one, const std::string& two) {
        const bool shorter = one.size() < two.size();
        if (is_number(one) && is_number(two) && one.size() != two.size()) return shorter;
        return one < two;
      });
}

/// `{silver}measurements` of `silver_measurements`, for LayerStoreFixture::Query.
std::string WithSchema(std::string_view name) {
  const std::size_t end = name.find('_');
  return fmt::format("{{{}}}{}", name.substr(0, end), name.substr(end + 1));
}

bool IsTime(std::string_view column) { return column.ends_with("_at") || column == "timestamp"; }

bool IsNumber(std::string_view column) {
  constexpr std::array<std::string_view, 9> kNumbers{
      "value",      "average_value", "min_value",      "max_value",   "milk_sum",
      "weight_sum", "last_weight",   "average_weight", "average_milk"};
  return std::find(kNumbers.begin(), kNumbers.end(), column) != kNumbers.end();
}

/// As SQLite shows it; others show times with a blank and without a zone, and more digits.
std::string InOneNotation(std::string_view column, std::string cell) {
  if (cell == "-") return cell;
  if (IsTime(column) && !cell.ends_with('Z')) {
    std::replace(cell.begin(), cell.end(), ' ', 'T');
    return cell + "Z";
  }
  if (IsNumber(column)) {
    cell = fmt::format("{:.15g}", std::strtod(cell.c_str(), nullptr));
    if (cell.find_first_of(".e") == std::string::npos) cell += ".0";
  }
  return cell;
}

/// A cell on one line: control characters as `\x0a`.
std::string Printable(std::string_view cell) {
  if (cell.empty()) return "\"\"";
  std::string text;
  for (const char c : cell) {
    if (static_cast<unsigned char>(c) < 0x20) {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::vector<std::string_view> TablesOf(std::string_view word) {
  std::vector<std::string_view> tables;
  for (const View& view : kViews) {
    const bool of_layer =
        view.name.starts_with(word) && view.name.substr(word.size()).starts_with('_');
    if (view.name == word || of_layer) tables.push_back(view.name);
  }
  return tables;
}

std::vector<std::string> ShowTable(pipeline::testing::LayerStoreFixture& layers,
                                   std::string_view table) {
  const auto* const view = std::find_if(kViews.begin(), kViews.end(),
                                        [&](const View& known) { return known.name == table; });
  const Cells columns = ColumnsOf(*view);
  std::vector<Cells> rows =
      layers.Query(fmt::format("SELECT {} FROM {}", fmt::join(columns, ", "), WithSchema(table)),
                   static_cast<int>(columns.size()));
  // The fields of bronze are texts as they came.
  const bool is_bronze = table.starts_with("bronze_");
  for (Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (is_bronze && columns[i] != "received_at") continue;
      row[i] = InOneNotation(columns[i], std::move(row[i]));
    }
  }
  std::sort(rows.begin(), rows.end(), Before);
  std::vector<std::string> lines{std::string(table)};
  if (rows.empty()) {
    lines.emplace_back("  (no rows)");
    return lines;
  }
  rows.insert(rows.begin(), columns);
  std::vector<std::size_t> widths(columns.size(), 0);
  for (Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = Printable(row[i]);
      widths[i] = std::max(widths[i], Width(row[i]));
    }
  }
  for (const Cells& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += " " + row[i] + std::string(widths[i] - Width(row[i]) + 1, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> ShowJson(std::string_view json) {
  constexpr int kDeepestBroken = 2;
  std::vector<std::string> lines(1);
  int depth = 0;
  bool in_text = false;
  const auto new_line = [&] {
    lines.emplace_back(std::string(static_cast<std::size_t>(2 * depth), ' '));
  };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"' && (i == 0 || json[i - 1] != '\\')) in_text = !in_text;
    const bool opens = !in_text && (c == '{' || c == '[');
    const bool closes = !in_text && (c == '}' || c == ']');
    const bool empty = opens && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']');
    if (closes) {
      --depth;
      const bool was_empty = json[i - 1] == '{' || json[i - 1] == '[';
      if (depth < kDeepestBroken && !was_empty) new_line();
    }
    lines.back() += c;
    if (opens) {
      ++depth;
      if (depth <= kDeepestBroken && !empty) new_line();
    }
    if (!in_text && c == ',' && depth <= kDeepestBroken) new_line();
    if (!in_text && (c == ':' || (c == ',' && depth > kDeepestBroken))) lines.back() += ' ';
  }
  return lines;
}

}  // namespace herdflow::golden
