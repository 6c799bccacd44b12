-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT DISTINCT first_day FROM {gold}measurements_daily_aggregations_rows
WHERE (farm, first_day, cow_id) IN ((?1, ?2, ?3))
