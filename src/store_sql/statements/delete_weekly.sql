DELETE FROM {gold}measurements_weekly_aggregations_rows
WHERE cow_id = ?1 AND first_day = ?2 AND sensor_id = ?3
