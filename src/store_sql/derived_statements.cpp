#include "derived_statements.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <unordered_map>
#include <vector>

namespace herdflow::store_sql {
namespace {

using pipeline::DerivedTable;

std::vector<std::string> KeyColumns(const DerivedTable::Shape& shape) {
  std::vector<std::string> columns{"farm", std::string(shape.day_column)};
  if (shape.by_cow) columns.emplace_back("cow_id");
  if (shape.by_sensor) columns.emplace_back("sensor_id");
  return columns;
}

std::string TableOf(const DerivedTable::Shape& shape) {
  return fmt::format("{{gold}}{}_rows", shape.table);
}

/// `(?1, ?2)`
std::string Parameters(std::size_t count) {
  std::string out = "(";
  for (std::size_t i = 1; i <= count; ++i) out += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
  return out + ")";
}

/// `… WHERE a = ?1 AND b = ?2`, and for many keys at once `… WHERE (a, b) IN ((?1, ?2))`.
OwnedSql ByKey(std::string name, std::string_view what, const std::vector<std::string>& key) {
  std::string where;
  for (std::size_t i = 0; i < key.size(); ++i) {
    where += fmt::format("{}{} = ?{}", i == 0 ? "" : " AND ", key[i], i + 1);
  }
  return {std::move(name), fmt::format("{} WHERE {}", what, where),
          fmt::format("{} WHERE ({}) IN ({})", what, fmt::join(key, ", "), Parameters(key.size()))};
}

}  // namespace

DaysSql::DaysSql(std::string_view name, std::string_view table, std::string_view day, bool by_cow)
    // MIN and MAX: where the table has just been filled, MySQL sorts all that an ORDER BY … LIMIT 1
    // ranges over.
    : next_day{fmt::format("{}: next day", name),
               fmt::format("SELECT MIN({0}) FROM {1} WHERE farm = ?1 AND {0} >= ?2", day, table),
               {}},
      last_day{fmt::format("{}: last day", name),
               fmt::format("SELECT MAX({}) FROM {} WHERE farm = ?1", day, table),
               {}},
      next_farm{fmt::format("{}: next farm", name),
                fmt::format("SELECT farm, {0} FROM {1} WHERE farm > ?1 AND {0} IS NOT NULL "
                            "ORDER BY farm, {0} LIMIT 1",
                            day, table),
                {}} {
  if (!by_cow) return;
  nth_cow = {fmt::format("{}: nth cow", name),
             fmt::format("SELECT cow_id FROM {1} WHERE farm = ?1 AND {0} = ?2 AND cow_id > ?3 "
                         "ORDER BY cow_id LIMIT 1 OFFSET ?4",
                         day, table),
             {}};
}

DerivedSql::DerivedSql(const DerivedTable& derived)
    : key_columns(KeyColumns(derived.shape()).size()),
      columns(key_columns + derived.shape().values.size()),
      days(derived.shape().table, TableOf(derived.shape()), derived.shape().day_column,
           derived.shape().by_cow) {
  const auto& shape = derived.shape();
  const std::string table = TableOf(shape);
  const std::vector<std::string> key = KeyColumns(shape);
  std::vector<std::string> all = key;
  all.insert(all.end(), shape.values.begin(), shape.values.end());
  const auto named = [&](std::string_view what) {
    return fmt::format("{}: {}", shape.table, what);
  };
  const std::string select = fmt::format("SELECT {} FROM {}", fmt::join(all, ", "), table);
  const std::string order = fmt::format(" ORDER BY {}", fmt::join(key, ", "));
  write = {named("write"),
           fmt::format("REPLACE INTO {} ({}) VALUES {}", table, fmt::join(all, ", "),
                       Parameters(all.size())),
           {}};
  remove = ByKey(named("remove"), fmt::format("DELETE FROM {}", table), key);
  read_row = ByKey(named("read row"), select, key);
  const std::vector<std::string> to_cow(key.begin(), key.begin() + (shape.by_cow ? 3 : 2));
  read_cow = ByKey(named("read cow"), select, to_cow);
  if (shape.by_cow) {
    read_cows = {named("read cows"),
                 fmt::format("{} WHERE farm = ?1 AND {} = ?2 AND cow_id BETWEEN ?3 AND ?4{}",
                             select, shape.day_column, order),
                 {}};
  }
  std::string sums;
  for (const std::string_view value : shape.summed) {
    sums += fmt::format("{0}COALESCE(SUM({1}), 0), COALESCE(SUM({1} > 0), 0)",
                        sums.empty() ? "" : ", ", value);
  }
  if (!sums.empty()) {
    sum_day = {
        named("sum day"),
        fmt::format("SELECT {} FROM {} WHERE farm = ?1 AND {} = ?2", sums, table, shape.day_column),
        {}};
  }
  count = {named("count"), fmt::format("SELECT farm, COUNT(*) FROM {} GROUP BY farm", table), {}};
  read_misplaced = {named("read misplaced"),
                    fmt::format("{} WHERE farm = ?1 AND {} > ?2 AND {} <= ?3{}", select,
                                shape.day_column, shape.day_column, order),
                    {}};
}

const DerivedSql& StatementsOf(const DerivedTable& table) {
  static const auto kAll = [] {
    std::unordered_map<const DerivedTable*, std::unique_ptr<const DerivedSql>> all;
    for (const DerivedTable* each : pipeline::DerivedTables()) {
      all.emplace(each, std::make_unique<const DerivedSql>(*each));
    }
    return all;
  }();
  return *kAll.at(&table);
}

const DaysSql& SilverDays() {
  static const DaysSql kDays("silver", "{silver}measurements_rows", "farm_day", true);
  return kDays;
}

const DaysSql& RefusedDays() {
  static const DaysSql kDays("refused", "{silver}quarantine_rows", "farm_day", false);
  return kDays;
}

}  // namespace herdflow::store_sql
