-- The plain comparison of the cow tells every engine where to begin and to end.
SELECT cow_id, farm_day, sensor_id, timestamp, version, stream_id, topic_partition, topic_offset
FROM {silver}measurements_rows
WHERE cow_id BETWEEN ?1 AND ?8 AND (cow_id, farm_day, sensor_id, timestamp) > (?1, ?2, ?3, ?4)
  AND farm_day BETWEEN ?5 AND ?6
ORDER BY cow_id, farm_day, sensor_id, timestamp
LIMIT ?7
