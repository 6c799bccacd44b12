SELECT 'bronze_cows', COUNT(*) FROM {bronze}cows_rows
UNION ALL SELECT 'bronze_sensors', COUNT(*) FROM {bronze}sensors_rows
UNION ALL SELECT 'bronze_measurements', COUNT(*) FROM {bronze}measurements_rows
UNION ALL SELECT 'silver_measurements', COUNT(*) FROM {silver}measurements_rows
UNION ALL SELECT 'silver_quarantine', COUNT(*) FROM {silver}quarantine_rows
UNION ALL SELECT 'gold_cows', COUNT(*) FROM {gold}cows_rows
UNION ALL SELECT 'gold_sensors', COUNT(*) FROM {gold}sensors_rows
UNION ALL SELECT 'gold_measurements_daily_aggregations', COUNT(*)
          FROM {gold}measurements_daily_aggregations_rows
UNION ALL SELECT 'gold_measurements_weekly_aggregations', COUNT(*)
          FROM {gold}measurements_weekly_aggregations_rows
UNION ALL SELECT 'gold_measurements_monthly_aggregations', COUNT(*)
          FROM {gold}measurements_monthly_aggregations_rows
UNION ALL SELECT 'gold_measurements_yearly_aggregations', COUNT(*)
          FROM {gold}measurements_yearly_aggregations_rows
UNION ALL SELECT 'gold_cow_daily_metrics', COUNT(*) FROM {gold}cow_daily_metrics_rows
UNION ALL SELECT 'bronze_farms', COUNT(*) FROM {bronze}farms_rows
UNION ALL SELECT 'gold_farms', COUNT(*) FROM {gold}farms_rows WHERE state_version IS NOT NULL
