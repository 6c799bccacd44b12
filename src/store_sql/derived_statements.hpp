#pragma once

#include <string>

#include "herdflow/pipeline/derived_table.hpp"
#include "herdflow/store_sql/sql.hpp"

/// The statements of tables whose keys begin with farm and day, made from what they are called.
namespace herdflow::store_sql {

/// A statement that owns its texts.
struct OwnedSql {
  std::string name, text, list_text;

  [[nodiscard]] Sql sql() const { return {name, text, list_text}; }
};

/// Finds where the rows of a table lie.
struct DaysSql {
  /// `table`: with its schema in braces.
  DaysSql(std::string_view name, std::string_view table, std::string_view day, bool by_cow);

  /// The day of the farm's first row from a day on: ?1 the farm, ?2 the day; and of its last row.
  OwnedSql next_day, last_day;
  /// The first row of the farms behind one: ?1. Farm and day.
  OwnedSql next_farm;
  /// The cow of the row which so many rows follow behind a cow: ?1 the farm, ?2 the day, ?3 the
  /// cow, ?4 how many.
  OwnedSql nth_cow;
};

/// Those of one derived table. Its key's columns stand first, `farm`, the day, `cow_id` and
/// `sensor_id` as far as it has them, then its values.
struct DerivedSql {
  explicit DerivedSql(const pipeline::DerivedTable& table);

  std::size_t key_columns;
  std::size_t columns;
  DaysSql days;
  OwnedSql write, remove;
  OwnedSql read_row;   ///< Of a key.
  OwnedSql read_cow;   ///< Of a farm, a day and a cow; where the table has no cows: and a day.
  OwnedSql read_cows;  ///< Of a farm, a day and the cows ?3 to ?4, in the order of the key.
  /// Of a farm and a day: of each `summed` value the sum, and in how many rows it is more than 0.
  OwnedSql sum_day;
  OwnedSql count;           ///< How many rows each farm has.
  OwnedSql read_misplaced;  ///< Of a farm and the days behind ?2 up to ?3.
};

/// Made once.
[[nodiscard]] const DerivedSql& StatementsOf(const pipeline::DerivedTable& table);
/// Of silver's readings, and of its refused ones.
[[nodiscard]] const DaysSql& SilverDays();
[[nodiscard]] const DaysSql& RefusedDays();

}  // namespace herdflow::store_sql
