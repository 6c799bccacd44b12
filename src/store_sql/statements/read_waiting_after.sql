SELECT DISTINCT cow_id, farm_day, sensor_id, timestamp
FROM {ops}waiting_versions
WHERE cow_id BETWEEN ?1 AND ?8 AND (cow_id, farm_day, sensor_id, timestamp) > (?1, ?2, ?3, ?4)
  AND farm_day BETWEEN ?5 AND ?6
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?7
