SELECT cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count
FROM {gold}measurements_daily_aggregations_rows
WHERE cow_id BETWEEN ?1 AND ?7 AND (cow_id, first_day, sensor_id) > (?1, ?2, ?3)
  AND first_day BETWEEN ?4 AND ?5
ORDER BY cow_id, first_day, sensor_id
LIMIT ?6
