-- Own: for many keys. The shared text is for one, since SQLite knows no list of rows.
SELECT farm_day, cow_id, sensor_id, timestamp, value FROM {silver}measurements_rows
WHERE (farm, farm_day, cow_id) IN ((?1, ?2, ?3)) AND state = 0
