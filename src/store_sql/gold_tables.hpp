#pragma once

#include "herdflow/pipeline/layer_store.hpp"
#include "herdflow/store_sql/sql_files.hpp"

namespace herdflow::store_sql {

/// The statements of one aggregate task's table.
struct TableStatements {
  const Sql &write, &remove;
  const Sql& read_after;  ///< Rows in the order of their keys, after one of them.
};

[[nodiscard]] inline TableStatements StatementsOf(pipeline::AggregateTask task) {
  switch (task) {
    case pipeline::AggregateTask::kDaily:
      return {sql::kWriteDaily, sql::kDeleteDaily, sql::kReadDailyAfter};
    case pipeline::AggregateTask::kWeekly:
      return {sql::kWriteWeekly, sql::kDeleteWeekly, sql::kReadWeeklyAfter};
    case pipeline::AggregateTask::kMonthly:
      return {sql::kWriteMonthly, sql::kDeleteMonthly, sql::kReadMonthlyAfter};
    case pipeline::AggregateTask::kYearly:
      return {sql::kWriteYearly, sql::kDeleteYearly, sql::kReadYearlyAfter};
    case pipeline::AggregateTask::kCowDays:
      return {sql::kWriteCowDay, sql::kDeleteCowDay, sql::kReadCowDaysAfter};
  }
  return {sql::kWriteDaily, sql::kDeleteDaily, sql::kReadDailyAfter};
}

}  // namespace herdflow::store_sql
