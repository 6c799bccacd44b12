-- They lie together.
SELECT cow_id, farm_day, milk_count, milk_sum, weight_count, weight_sum, last_weight, last_weight_at
FROM {gold}cow_daily_metrics_rows
WHERE farm = ?1 AND farm_day BETWEEN ?2 AND ?3
