-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
DELETE FROM {gold}measurements_monthly_aggregations_rows
WHERE (cow_id, first_day, sensor_id) IN ((?1, ?2, ?3))
