DELETE FROM {gold}cow_daily_metrics_rows WHERE cow_id = ?1 AND farm_day = ?2
