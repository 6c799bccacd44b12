SELECT i.cow_id, g.name, m.farm_day, m.milk_count, m.milk_sum, m.weight_count, m.weight_sum,
       m.last_weight, m.last_weight_at
FROM {gold}cows_rows g
JOIN {ops}cow_ids i ON i.id = g.cow_id
JOIN {gold}cow_daily_metrics_rows m ON m.cow_id = g.cow_id AND m.farm_day BETWEEN ?1 AND ?2
ORDER BY i.cow_id, m.farm_day
