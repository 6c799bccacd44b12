-- A row at either end of the farm's days.
SELECT (SELECT first_day FROM {gold}measurements_daily_aggregations_rows
        WHERE farm = ?1 ORDER BY first_day LIMIT 1) AS oldest_day,
       (SELECT first_day FROM {gold}measurements_daily_aggregations_rows
        WHERE farm = ?1 ORDER BY first_day DESC LIMIT 1) AS newest_day
