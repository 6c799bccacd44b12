-- The plain comparison of the cow tells every engine where to begin.
SELECT cow_id, farm_day, sensor_id FROM {ops}dirty_days
WHERE cow_id >= ?1 AND (cow_id, farm_day, sensor_id) > (?1, ?2, ?3) AND chunk > ?4 AND chunk <= ?5
ORDER BY cow_id, farm_day, sensor_id
LIMIT ?6
