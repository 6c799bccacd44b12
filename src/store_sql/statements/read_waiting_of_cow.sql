-- What waits for nothing but the cow, after a day, a sensor and a time.
SELECT cow_id, farm_day, sensor_id, timestamp
FROM {ops}waiting_versions
WHERE cow_id = ?1 AND farm_day >= ?2 AND (farm_day, sensor_id, timestamp) > (?2, ?3, ?4)
  AND unit_known = 1
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?5
