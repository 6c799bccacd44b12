#pragma once

#include <string_view>

#include "herdflow/pipeline/layer_store.hpp"

namespace herdflow::store_sql {

/// The statements of one aggregate task's table.
struct TableStatements {
  std::string_view write, remove;
  std::string_view read_after;  ///< Rows in the order of their keys, after one of them.
};

[[nodiscard]] constexpr TableStatements StatementsOf(pipeline::AggregateTask task) {
  switch (task) {
    case pipeline::AggregateTask::kDaily:
      return {"write_daily", "delete_daily", "read_daily_after"};
    case pipeline::AggregateTask::kWeekly:
      return {"write_weekly", "delete_weekly", "read_weekly_after"};
    case pipeline::AggregateTask::kMonthly:
      return {"write_monthly", "delete_monthly", "read_monthly_after"};
    case pipeline::AggregateTask::kYearly:
      return {"write_yearly", "delete_yearly", "read_yearly_after"};
    case pipeline::AggregateTask::kCowDays:
      return {"write_cow_day", "delete_cow_day", "read_cow_days_after"};
  }
  return {};
}

}  // namespace herdflow::store_sql
