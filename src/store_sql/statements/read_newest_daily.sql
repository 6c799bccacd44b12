SELECT MAX(first_day) FROM {gold}measurements_daily_aggregations_rows WHERE cow_id = ?1
