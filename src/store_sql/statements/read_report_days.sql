-- By cow alone, as an index has them: by their days too the servers would sort all rows.
SELECT i.text_id, g.name, m.farm_day, m.milk_count, m.milk_sum, m.weight_count, m.weight_sum,
       m.last_weight, m.last_weight_at
FROM {ops}cow_ids i
JOIN {gold}cows_rows g ON g.cow_id = i.id
JOIN {gold}cow_daily_metrics_rows m ON m.cow_id = i.id AND m.farm_day BETWEEN ?2 AND ?3
WHERE i.farm = ?1
ORDER BY i.text_id
