SELECT MIN((SELECT MIN(d.first_day) FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = g.cow_id)),
       MAX((SELECT MAX(d.first_day) FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = g.cow_id))
FROM {gold}cows_rows g
