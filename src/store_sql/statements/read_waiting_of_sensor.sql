-- What was judged without the sensor's unit, after a cow, a day and a time.
SELECT cow_id, farm_day, sensor_id, timestamp
FROM {ops}waiting_versions
WHERE sensor_id = ?1 AND unit_known = 0
  AND cow_id >= ?2 AND (cow_id, farm_day, timestamp) > (?2, ?3, ?4)
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?5
