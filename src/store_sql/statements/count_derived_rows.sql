-- Of gold's tables whose counts nobody keeps.
SELECT 'gold_measurements_daily_aggregations', COUNT(*)
FROM {gold}measurements_daily_aggregations_rows
UNION ALL SELECT 'gold_measurements_weekly_aggregations', COUNT(*)
          FROM {gold}measurements_weekly_aggregations_rows
UNION ALL SELECT 'gold_measurements_monthly_aggregations', COUNT(*)
          FROM {gold}measurements_monthly_aggregations_rows
UNION ALL SELECT 'gold_measurements_yearly_aggregations', COUNT(*)
          FROM {gold}measurements_yearly_aggregations_rows
UNION ALL SELECT 'gold_cow_daily_metrics', COUNT(*) FROM {gold}cow_daily_metrics_rows
UNION ALL SELECT 'gold_farms', COUNT(*) FROM {gold}farms_rows WHERE state_version IS NOT NULL
