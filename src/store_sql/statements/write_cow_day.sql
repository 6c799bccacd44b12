REPLACE INTO {gold}cow_daily_metrics_rows
  (cow_id, farm_day, milk_count, milk_sum, weight_count, weight_sum, last_weight, last_weight_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
