SELECT first_day FROM {gold}measurements_daily_aggregations_rows
WHERE farm = ?1 AND first_day = ?2 AND cow_id = ?3
LIMIT 1
