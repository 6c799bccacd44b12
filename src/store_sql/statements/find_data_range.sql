-- Of the rows, as they stand. Ordered as the primary key is, with its cow: so each server reads a row at either end of a
-- cow's history. MIN and MAX of it would read all.
SELECT MIN((SELECT d.first_day FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id, d.first_day LIMIT 1)),
       MAX((SELECT d.first_day FROM {gold}measurements_daily_aggregations_rows d
            WHERE d.cow_id = i.id ORDER BY d.cow_id DESC, d.first_day DESC LIMIT 1))
FROM {ops}cow_ids i
WHERE i.farm = ?1
