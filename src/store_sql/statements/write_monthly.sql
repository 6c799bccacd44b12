REPLACE INTO {gold}measurements_monthly_aggregations_rows
  (cow_id, first_day, sensor_id, value_sum, value_min, value_max, records_count)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
