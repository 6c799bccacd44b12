-- The days of the farm lie together.
SELECT i.text_id, g.name, m.farm_day, m.milk_count, m.milk_sum, m.weight_count, m.weight_sum,
       m.last_weight, m.last_weight_at
FROM {gold}cow_daily_metrics_rows m
JOIN {gold}cows_rows g ON g.cow_id = m.cow_id
JOIN {ops}cow_ids i ON i.id = m.cow_id
WHERE m.farm = ?1 AND m.farm_day BETWEEN ?2 AND ?3
ORDER BY i.text_id
