REPLACE INTO {ops}dirty_days (farm, farm_day, cow_id, sensor_id, chunk)
SELECT DISTINCT farm, farm_day, 0, 0, ?1
FROM {silver}quarantine_rows WHERE farm IS NOT NULL AND farm_day IS NOT NULL
