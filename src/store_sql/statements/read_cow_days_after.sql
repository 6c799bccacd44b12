SELECT cow_id, farm_day, milk_count, milk_sum, weight_count, weight_sum, last_weight, last_weight_at
FROM {gold}cow_daily_metrics_rows
WHERE cow_id BETWEEN ?1 AND ?7 AND (cow_id, farm_day) > (?1, ?2) AND farm_day BETWEEN ?4 AND ?5
ORDER BY cow_id, farm_day
LIMIT ?6
