SELECT MIN((SELECT MIN(d.first_day) FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = g.cow_id)),
       MAX((SELECT MAX(d.first_day) FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = g.cow_id))
FROM {ops}cow_ids i JOIN {gold}cows_rows g ON g.cow_id = i.id
WHERE i.farm = ?1
